/// Word count by hand, the yardstick for the library's: threads, a flat table and nothing else.
/// Words are maximal runs of ASCII letters, lower-cased.
///
///     baseline_wordcount FILE --threads 2 --json
///     baseline_wordcount FILE --variant fold --output counts.tsv

#include <sched.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>

#include "failure.hpp"
#include "report.hpp"

namespace {

using namespace baseline;

struct Request {
    std::string file;
    std::string output;
    std::string variant = "assoc";
    unsigned threads = 0;
    bool json = false;
};

unsigned usable_cores() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

/// Returns the exit code if the program is to end at once (--help).
std::optional<int> read_command_line(int argc, char** argv, Request& request) {
    CLI::App app{"Counts the words of a text file by hand-written code.", "baseline_wordcount"};
    app.add_option("FILE", request.file, "text to count")->required()->type_name("");
    app.add_option("--threads", request.threads, "threads, by default one for each core")
        ->check(CLI::Range(1, 1024));
    app.add_option("--variant", request.variant,
                   "assoc: count ranges, then merge; fold: send every word to its owner")
        ->check(CLI::IsMember({"assoc", "fold"}))
        ->capture_default_str();
    app.add_option("--output", request.output, "file for word<TAB>count lines, sorted by word");
    app.add_flag("--json", request.json, "end with a line for programs");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) return app.exit(problem);
        throw Failure(2, std::string(problem.what()) + "; see 'baseline_wordcount --help'");
    }
    if (request.threads == 0) request.threads = usable_cores();
    return std::nullopt;
}

void count_words(const Request& request) {
    const InputFile file(request.file);
    std::optional<CountsFile> output;
    if (!request.output.empty()) output.emplace(request.output);

    const auto begin = std::chrono::steady_clock::now();
    const Counts counts = request.variant == "fold" ? count_fold(file, request.threads)
                                                    : count_assoc(file, request.threads);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;

    if (output) output->write(counts);
    const Totals totals = totals_of(counts);
    std::printf("%ju words, %ju distinct, %.3f s\n", std::uintmax_t{totals.words},
                std::uintmax_t{totals.distinct}, taken.count());
    if (request.json) {
        std::printf(
            R"({"app":"baseline_wordcount","seconds":%.6f,"items":%ju,"ranks":1,"workers":%u})"
            "\n",
            taken.count(), std::uintmax_t{totals.words}, request.threads);
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Request request;
        if (const auto exit_code = read_command_line(argc, argv, request)) return *exit_code;
        count_words(request);
        return 0;
    } catch (const Failure& failure) {
        std::cerr << "error: " << failure.what() << '\n';
        return failure.exit_code();
    } catch (const std::exception& problem) {
        std::cerr << "error: " << problem.what() << "; try fewer threads or a smaller file\n";
        return 1;
    }
}
