#pragma once

/// What all programs have in common: arguments, errors and the lines that they end with.
///
///     baseline::Program program("baseline_sum", "Sums numbers by hand-written code.");
///     program.arguments().add_option("COUNT", count, "numbers")->required();
///     return program.run(argc, argv, [&](const baseline::Request& request) { ... });

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace baseline {

/// The options that every program has.
struct Request {
    std::string output;
    unsigned threads = 0;
};

/// What a program has to tell.
struct Summary {
    std::string text;         ///< for people, without the seconds
    double seconds = 0;       ///< reading included, the output file not
    std::uint64_t items = 0;  ///< rows of the input
    std::string result;       ///< equal for two programs that computed the same; may be empty
};

class Program {
 public:
    Program(const std::string& name, const std::string& description);

    /// For the options of its own.
    [[nodiscard]] CLI::App& arguments() noexcept { return arguments_; }

    /// Adds --output for a file of such lines.
    void describe_output(const std::string& lines);

    /// Reads the command line, works, prints the summary and returns the exit code.
    [[nodiscard]] int run(int argc, char** argv,
                          const std::function<Summary(const Request&)>& work);

 private:
    void print(const Summary& summary) const;

    std::string name_;
    CLI::App arguments_;
    Request request_;
    bool json_ = false;
};

/// Runs from its making on.
class Stopwatch {
 public:
    [[nodiscard]] double seconds() const {
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin_;
        return taken.count();
    }

 private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace baseline
