/// A hash join by hand, the yardstick for the library's: both sides are sorted into
/// parts by key, each with a table of its right rows that stays in the cache. The rows are made in
/// the program, see rows.hpp. The result is the number of pairs and the sum of the payloads of both
/// sides over all pairs, modulo 2^64.
///
///     baseline_join --left 10000000 --right 1000000 --threads 2 --json

#include <algorithm>
#include <atomic>
#include <bit>
#include <optional>
#include <vector>

#include "key_table.hpp"
#include "shared/output_file.hpp"
#include "shared/parts.hpp"
#include "shared/program.hpp"
#include "shared/share.hpp"
#include "shared/thread_team.hpp"

namespace {

using namespace baseline;

struct Sizes {
    std::uint64_t left = 10'000'000;
    std::uint64_t right = 1'000'000;
};

struct Joined {
    std::uint64_t pairs = 0;
    std::uint64_t payloads = 0;
};

/// Right rows of a part; the table of so many takes 256 KB.
constexpr std::uint64_t part_rows = 8192;
constexpr std::uint64_t most_parts = 1024;

using Side = std::vector<std::optional<Parts<Row>>>;  // of each thread

/// `count` is a power of two.
void scatter(std::optional<Parts<Row>>& parts, std::uint64_t count, std::uint64_t first,
             std::uint64_t end, auto&& make) {
    parts.emplace(end - first, count);
    // A shift by 64 for one part would be undefined.
    const int shift = 63 - std::countr_zero(count);
    for (std::uint64_t i = first; i < end; ++i) {
        const Row row = make(i);
        parts->add(hash_of(row.key) >> 1 >> shift, row);
    }
}

Joined join_part(KeyTable& table, const Side& left, const Side& right, std::uint64_t part) {
    std::uint64_t rows = 0;
    for (const auto& parts : right) rows += parts->size(part);
    table.clear(rows);
    for (const auto& parts : right) {
        parts->for_each(part, [&](const Row& row) { table.insert(row); });
    }
    Joined joined;
    for (const auto& parts : left) {
        parts->for_each(part, [&](const Row& row) {
            const KeyTable::Found found = table.find(row.key);
            joined.pairs += found.rows;
            joined.payloads += found.rows * row.payload + found.payloads;
        });
    }
    return joined;
}

Joined join(const Sizes& sizes, unsigned threads) {
    const std::uint64_t parts = std::bit_ceil(std::min(most_parts, sizes.right / part_rows + 1));
    Side left(threads);
    Side right(threads);
    ThreadTeam(threads).run([&](unsigned thread) {
        const auto share = [&](std::uint64_t rows, unsigned of) {
            return share_begin(rows, of, threads);
        };
        scatter(right[thread], parts, share(sizes.right, thread), share(sizes.right, thread + 1),
                right_row);
        scatter(left[thread], parts, share(sizes.left, thread), share(sizes.left, thread + 1),
                [&](std::uint64_t index) { return left_row(index, sizes.right); });
    });

    std::atomic<std::uint64_t> next_part{0};
    std::vector<Joined> of_threads(threads);
    ThreadTeam(threads).run([&](unsigned thread) {
        KeyTable table;
        Joined sum;
        for (std::uint64_t part = next_part++; part < parts; part = next_part++) {
            const Joined joined = join_part(table, left, right, part);
            sum.pairs += joined.pairs;
            sum.payloads += joined.payloads;
        }
        of_threads[thread] = sum;
    });
    Joined all;
    for (const Joined& joined : of_threads) {
        all.pairs += joined.pairs;
        all.payloads += joined.payloads;
    }
    return all;
}

Summary count_pairs(const Sizes& sizes, const Request& request) {
    OutputFile output(request.output);
    const Stopwatch stopwatch;
    const Joined joined = join(sizes, request.threads);
    const double seconds = stopwatch.seconds();

    const std::string pairs = std::to_string(joined.pairs);
    const std::string payloads = std::to_string(joined.payloads);
    if (output.wanted()) output.write(pairs + '\t' + payloads + '\n');
    return {.text = pairs + " pairs, payloads " + payloads,
            .seconds = seconds,
            .items = sizes.left,
            .result = pairs + ' ' + payloads};
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::uint64_t most_rows = 1'000'000'000'000;
    Sizes sizes;
    Program program("baseline_join", "Joins two sets of rows by hand-written code.");
    program.arguments()
        .add_option("--left", sizes.left, "rows of the left side")
        ->check(CLI::Range(std::uint64_t{0}, most_rows))
        ->capture_default_str();
    program.arguments()
        .add_option("--right", sizes.right, "rows of the right side")
        ->check(CLI::Range(std::uint64_t{1}, most_rows))
        ->capture_default_str();
    program.describe_output("the line pairs<TAB>payloads");
    return program.run(argc, argv,
                       [&](const Request& request) { return count_pairs(sizes, request); });
}
