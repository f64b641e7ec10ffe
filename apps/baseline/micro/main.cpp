/// Shuffle and chains of maps by hand, the yardstick for `microbench`.
///
///     baseline_microbench shuffle --threads 2 --records 100000000 --json

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "micro/rows.hpp"

namespace {

using Row = workload::Number (*)(const baseline::Input&);

constexpr std::uint64_t most = 1'000'000'000'000'000;

const std::map<std::string, Row> rows = {{"shuffle", baseline::sum_of_shuffled},
                                         {"maps", baseline::sum_of_mapped},
                                         {"mixed", baseline::sum_of_kept}};

void run(const std::string& row, const baseline::Input& input, bool json) {
    const auto begin = std::chrono::steady_clock::now();
    const std::uintmax_t result = rows.at(row)(input);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;

    const std::uintmax_t records = input.records;
    std::printf("%s: %ju items in %.3f s, result %ju\n", row.c_str(), records, taken.count(),
                result);
    if (!json) return;
    std::printf(R"({"app":"baseline_microbench","row":"%s","seconds":%.6f,"items":%ju,"ranks":1,)"
                R"("workers":%u,"result":%ju})"
                "\n",
                row.c_str(), taken.count(), records, input.threads, result);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Small benchmarks by hand-written code.", "baseline_microbench");
    baseline::Input input{.records = 100'000'000,
                          .threads = std::max(1U, std::thread::hardware_concurrency())};
    std::string row;
    bool json = false;
    app.add_option("ROW", row, "what to do")->required()->check(CLI::IsMember(rows));
    app.add_option("--records", input.records, "records")
        ->check(CLI::Range(std::uint64_t{0}, most))
        ->capture_default_str();
    app.add_option("--first", input.first, "first number of the input")
        ->check(CLI::Range(std::uint64_t{0}, most))
        ->capture_default_str();
    app.add_option("--threads", input.threads, "threads, by default one for each core")
        ->check(CLI::Range(1, 1024));
    app.add_flag("--json", json, "end with a line for programs");
    try {
        app.parse(argc, argv);
        run(row, input, json);
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) return app.exit(problem);
        std::cerr << "error: " << problem.what() << "; see 'baseline_microbench --help'\n";
        return 2;
    } catch (const std::exception& problem) {
        std::cerr << "error: " << problem.what() << "; try fewer threads\n";
        return 1;
    }
}
