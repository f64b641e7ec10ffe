/// The number below LIMIT with the most Collatz steps by hand, the yardstick for the library's.
/// Every number goes all its way to 1: nothing is remembered of the others. Prints `steps<TAB>n`.
///
///     baseline_collatz 10000000 --threads 2 --json
///     baseline_collatz 10000000 --output longest.tsv

#include <algorithm>
#include <atomic>
#include <bit>
#include <vector>

#include "shared/output_file.hpp"
#include "shared/program.hpp"
#include "shared/thread_team.hpp"

namespace {

using namespace baseline;

/// 12,327,829,503 is the first number whose way does not fit into 64 bits.
constexpr std::uint64_t largest_limit = 12'327'829'503;

struct Longest {
    std::uint64_t steps = 0;
    std::uint64_t number = 1;

    /// More steps, or as many from a smaller number.
    [[nodiscard]] bool beats(const Longest& other) const noexcept {
        return steps != other.steps ? steps > other.steps : number < other.number;
    }
};

Longest longest_in(std::uint64_t first, std::uint64_t end) {
    Longest longest{0, first};
    for (std::uint64_t start = first; start < end; ++start) {
        std::uint64_t number = start >> std::countr_zero(start);
        auto steps = static_cast<std::uint64_t>(std::countr_zero(start));
        while (number != 1) {
            // An odd number is followed by an even one, and that by its halves.
            number = 3 * number + 1;
            const int halves = std::countr_zero(number);
            number >>= halves;
            steps += static_cast<std::uint64_t>(halves) + 1;
        }
        if (steps > longest.steps) longest = {steps, start};
    }
    return longest;
}

Longest longest_below(std::uint64_t limit, unsigned threads) {
    constexpr std::uint64_t block = 1 << 14;
    std::atomic<std::uint64_t> next{1};
    std::vector<Longest> of_threads(threads);
    ThreadTeam(threads).run([&](unsigned thread) {
        Longest longest;
        while (true) {
            const std::uint64_t first = next.fetch_add(block);
            if (first >= limit) break;
            const Longest found = longest_in(first, std::min(first + block, limit));
            if (found.beats(longest)) longest = found;
        }
        of_threads[thread] = longest;
    });
    Longest longest = of_threads.front();
    for (const Longest& found : of_threads) {
        if (found.beats(longest)) longest = found;
    }
    return longest;
}

Summary find_longest(std::uint64_t limit, const Request& request) {
    OutputFile output(request.output);
    const Stopwatch stopwatch;
    const Longest longest = longest_below(limit, request.threads);
    const double seconds = stopwatch.seconds();

    const std::string steps = std::to_string(longest.steps);
    const std::string number = std::to_string(longest.number);
    if (output.wanted()) output.write(steps + '\t' + number + '\n');
    return {.text = steps + '\t' + number,
            .seconds = seconds,
            .items = limit - 1,
            .result = steps + ' ' + number};
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t limit = 0;
    Program program("baseline_collatz", "Finds the longest Collatz way by hand-written code.");
    program.arguments()
        .add_option("LIMIT", limit, "numbers below this one are looked at")
        ->required()
        ->check(CLI::Range(std::uint64_t{2}, largest_limit));
    program.describe_output("the line steps<TAB>n");
    return program.run(argc, argv,
                       [&](const Request& request) { return find_longest(limit, request); });
}
