// Counts the bids of an auction house and finds the highest one, for each auction and window of
// event time. The bids are made in the program, the same for any number of workers.
//
//     bids 100000000
//     bids 1000000 --window 10000 --slide 1000 --output windows.tsv
//     bids 1000000 --disorder 500 --delay 100 --late output --output windows.tsv

#include "bids/bid.hpp"
#include "common/report.hpp"
#include "common/shares.hpp"

#include <renoir/config/cli.hpp>
#include <renoir/renoir.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace {

using apps::Bid;

struct Options {
    std::uint64_t bids = 0;
    std::uint32_t keys = 0;
    std::int64_t window = 1000;
    std::int64_t slide = 0;
    std::int64_t disorder = 0;
    std::optional<std::int64_t> delay;
    std::uint64_t watermark = 1000;
    std::string late = "drop";
    std::filesystem::path output;
    bool json = false;
};

/// Number of the bids of an auction in a window, and the highest price.
struct Tally {
    std::uint64_t count;
    std::uint32_t highest;
};

struct CountAndHighest {
    using State = Tally;
    static State create(const Bid& bid) { return {1, bid.price}; }
    static void add(State& tally, const Bid& bid) {
        ++tally.count;
        tally.highest = std::max(tally.highest, bid.price);
    }
    static void combine(State& tally, const State& other) {
        tally.count += other.count;
        tally.highest = std::max(tally.highest, other.highest);
    }
    static Tally result(const State& tally) { return tally; }
};

using Row = std::pair<std::uint32_t, renoir::Windowed<Tally>>;

struct Results {
    std::vector<Row> rows;  // where they are written
    std::uint64_t count = 0;
    std::uint64_t late = 0;
    double seconds = 0;
};

/// Each worker makes every n-th block of bids, so that all of them see every window.
auto bids_of(renoir::StreamContext& ctx, const Options& options) {
    const std::uint64_t blocks = (options.bids + apps::bids_in_block - 1) / apps::bids_in_block;
    const std::int64_t delay = options.delay.value_or(options.disorder);
    return ctx.stream_par_iter(apps::interleaved(blocks))
        .flat_map(apps::BidMaker(options.bids, options.keys, options.disorder))
        .add_timestamps(
            [](const Bid& bid) { return bid.time; },
            [every = options.watermark, left = options.watermark, delay](
                const Bid& bid, renoir::Timestamp) mutable -> std::optional<renoir::Timestamp> {
                if (--left != 0) return std::nullopt;
                left = every;
                return bid.in_order - delay - 1;
            });
}

template <class WindowKind>
Results run_in(renoir::StreamContext& ctx, const Options& options, WindowKind kind) {
    auto windows =
        bids_of(ctx, options).group_by([](const Bid& bid) { return bid.auction; }).window(kind);
    if (options.late == "output") {
        windows.late_output()
            .map([](const Bid& bid) {
                return std::to_string(bid.time) + '\t' + std::to_string(bid.auction) + '\t' +
                       std::to_string(bid.price);
            })
            .write_text(options.output.string() + ".late");
    }
    auto tallies = std::move(windows).with_window().aggregate(CountAndHighest());
    Results results;
    if (options.output.empty()) {
        auto count = tallies.collect_count();
        results.seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
        results.count = count.get().value_or(0);
    } else {
        auto rows = tallies.collect_vec();
        results.seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
        results.rows = rows.get().value_or(std::vector<Row>());
        results.count = results.rows.size();
    }
    results.late = ctx.late_items();
    return results;
}

Results run(renoir::StreamContext& ctx, const Options& options) {
    using std::chrono::milliseconds;
    const milliseconds size(options.window);
    if (options.slide == 0) return run_in(ctx, options, renoir::EventTimeWindow::tumbling(size));
    return run_in(ctx, options,
                  renoir::EventTimeWindow::sliding(size, milliseconds(options.slide)));
}

void write_sorted(std::vector<Row> rows, const std::filesystem::path& path) {
    std::ranges::sort(rows, {},
                      [](const Row& row) { return std::pair(row.second.window.start, row.first); });
    renoir::AtomicFile file(path);
    for (const auto& [auction, tally] : rows)
        file.write_row(tally.window.start, auction, tally.value.count, tally.value.highest);
    file.commit();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Counts bids and finds the highest one, per auction and window of event time.");
    Options options;
    app.add_option("BIDS", options.bids, "Number of bids, 100 for each millisecond")
        ->required()
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 60));
    app.add_option("--keys", options.keys, "Number of auctions; by default as many as come up")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--window", options.window, "Size of a window in milliseconds")
        ->capture_default_str();
    app.add_option(
        "--slide", options.slide,
        "Milliseconds from the start of a window to that of the next; by default its size");
    app.add_option("--disorder", options.disorder,
                   "Moves the time of each bid back by up to this many milliseconds")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--delay", options.delay,
                   "Milliseconds that watermarks wait for bids; by default the disorder")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--watermark", options.watermark, "Bids of a worker between two watermarks")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option(
           "--late", options.late,
           "What becomes of late bids: output writes them to the output file's name + .late")
        ->check(CLI::IsMember({"drop", "output"}))
        ->capture_default_str();
    app.add_option("--output", options.output,
                   "Write window start<TAB>auction<TAB>count<TAB>highest, sorted, to this file");
    app.add_flag("--json", options.json, "End with one line of JSON");
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);
    if (options.late == "output" && options.output.empty()) {
        throw renoir::Error(renoir::ErrorKind::usage,
                            "--late output needs --output FILE; the late bids go to FILE.late");
    }

    renoir::StreamContext ctx(runtime.config());
    const Results results = run(ctx, options);
    if (!ctx.is_root()) return 0;
    if (!options.output.empty()) write_sorted(results.rows, options.output);
    std::cout << results.count << " rows, " << results.late << " late bids dropped\n";
    if (options.json) {
        apps::print_json("bids", results.seconds, options.bids, ctx, std::to_string(results.count));
    }
}
