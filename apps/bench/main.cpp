// Small benchmarks of the runtime, one row at a time; scripts/bench runs them all.
//
//     microbench shuffle --local 2 --records 100000000 --json
//     microbench latency --rate 1000000 --duration 2 --json
//
//   shuffle  16-byte records through one shuffle into a sum
//   maps     ten maps into a sum
//   mixed    five maps and five filters in turn into a sum
//   join     16-byte records with spread keys joined with fewer of them into a sum
//   rounds   rounds of a loop without items
//   latency  from when a record is due to the sink behind a shuffle, at a fixed rate
//   idle     processor time of a job that waits on a quiet channel
//   ranks    one exchange of 16-byte records among up to hundreds of simulated ranks
//
// Among the ranks of mpirun also
//
//     mpirun -np 2 microbench stream --workers-per-rank 1 --records 2000000 --json
//
//   stream       1 KiB records from the last rank to rank 0
//   slow         the same beside a channel whose consumer is slow; needs two workers on each rank
//   far-latency  latency from the last rank to rank 0

#include "microbench.hpp"

#include <renoir/config/cli.hpp>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <string>

namespace {

using Row = bench::Answer (*)(renoir::StreamContext&, const bench::Request&);

constexpr std::uint64_t most = 1'000'000'000'000'000;

const std::map<std::string, Row> rows = {
    {"shuffle", bench::run_shuffle}, {"maps", bench::run_maps},
    {"mixed", bench::run_mixed},     {"join", bench::run_join},
    {"rounds", bench::run_rounds},   {"latency", bench::run_latency},
    {"idle", bench::run_idle},       {"stream", bench::run_stream},
    {"slow", bench::run_slow},       {"far-latency", bench::run_far_latency},
    {"ranks", bench::run_ranks}};

void print_json(const std::string& row, const bench::Answer& answer) {
    std::cout << R"({"app":"microbench","row":")" << row << R"(","seconds":)" << answer.seconds
              << R"(,"items":)" << answer.items << R"(,"ranks":)" << answer.ranks
              << R"(,"workers":)" << answer.workers;
    for (const auto& [name, value] : answer.figures) std::cout << ",\"" << name << "\":" << value;
    std::cout << "}\n";
}

void print_text(const std::string& row, const bench::Answer& answer) {
    std::cout << row << ": " << answer.items << " items in " << answer.seconds << " s";
    for (const auto& [name, value] : answer.figures) std::cout << ", " << name << ' ' << value;
    std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Small benchmarks of the runtime.", "microbench");
    bench::Request request;
    std::string row;
    bool json = false;
    app.add_option("ROW", row, "What to measure")->required()->check(CLI::IsMember(rows));
    app.add_option(
           "--records", request.records,
           "Records of shuffle, maps, mixed, stream and ranks, of the left side of join, and "
           "of the quick channel of slow")
        ->check(CLI::Range(std::uint64_t{0}, most))
        ->capture_default_str();
    app.add_option("--right-records", request.right_records, "Records of the right side of join")
        ->check(CLI::Range(std::uint64_t{1}, most))
        ->capture_default_str();
    app.add_option("--slow-records", request.slow_records,
                   "Records of the slow channel of slow; 0: the other channel alone")
        ->check(CLI::Range(std::uint64_t{0}, most))
        ->capture_default_str();
    app.add_option("--first", request.first, "First number of the input")
        ->check(CLI::Range(std::uint64_t{0}, most))
        ->capture_default_str();
    app.add_option("--rate", request.rate, "Records in a second, for the latencies")
        ->check(CLI::Range(1, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--rounds", request.rounds, "Rounds of rounds")
        ->check(CLI::Range(std::uint64_t{0}, most))
        ->capture_default_str();
    app.add_option("--duration", request.duration_seconds, "Seconds of the latencies and of idle")
        ->check(CLI::Range(0.001, 3600.0))
        ->capture_default_str();
    app.add_option("--ranks", request.ranks, "Simulated ranks of ranks")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    app.add_option("--levels", request.levels,
                   "Levels of the exchange of ranks; 0: as many as the library finds right")
        ->check(CLI::Range(0, 2))
        ->capture_default_str();
    app.add_flag("--json", json, "End with one line of JSON");
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);

    const renoir::RuntimeConfig config = runtime.config();
    request.workers_per_rank =
        static_cast<std::uint32_t>(config.workers_per_rank().value_or(request.workers_per_rank));
    renoir::StreamContext ctx(config);
    bench::Answer answer = rows.at(row)(ctx, request);
    if (!ctx.is_root()) return 0;
    if (answer.ranks == 0) {
        answer.ranks = ctx.ranks();
        answer.workers = ctx.workers();
    }
    print_text(row, answer);
    if (json) print_json(row, answer);
}
