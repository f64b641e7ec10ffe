// The number below a limit that takes the most steps to reach 1, where an even number is halved and
// an odd one tripled and incremented. The smallest of several such numbers.
//
//     collatz 10000000

#include "common/report.hpp"
#include "common/shares.hpp"

#include <renoir/config/cli.hpp>
#include <renoir/renoir.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <ranges>
#include <string>

namespace {

constexpr std::uint64_t numbers_in_block = 1024;

struct Longest {
    std::uint32_t steps = 0;
    std::uint64_t number = 1;

    void keep_longer(const Longest& other) {
        const bool longer = other.steps > steps;
        if (longer || (other.steps == steps && other.number < number)) *this = other;
    }
};

/// All halvings in a row are one shift, so the loop has no branch but its own.
std::uint32_t steps_of(std::uint64_t number) {
    int halvings = std::countr_zero(number);
    auto steps = static_cast<std::uint32_t>(halvings);
    number >>= halvings;
    while (number != 1) {
        number = 3 * number + 1;
        halvings = std::countr_zero(number);
        number >>= halvings;
        steps += static_cast<std::uint32_t>(halvings) + 1;
    }
    return steps;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Finds the number below a limit that takes the most Collatz steps.");
    // No number below this passes the range of 64 bits on its way (Oliveira e Silva, 2010).
    constexpr std::uint64_t largest_limit = std::uint64_t{1} << 37;
    std::uint64_t limit = 0;
    std::filesystem::path output;
    bool json = false;
    app.add_option("LIMIT", limit, "The first number that is not tried")
        ->required()
        ->check(CLI::Range(std::uint64_t{2}, largest_limit));
    app.add_option("--output", output, "Write steps<TAB>number to this file as well");
    app.add_flag("--json", json, "End with one line of JSON");
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);

    renoir::StreamContext ctx(runtime.config());
    // Numbers take longer the larger they are: interleaved shares let the workers end together.
    const std::uint64_t blocks = (limit + numbers_in_block - 1) / numbers_in_block;
    auto longest =
        ctx.stream_par_iter(apps::interleaved(blocks))
            .flat_map([limit](std::uint64_t block) {
                const std::uint64_t first = block * numbers_in_block;
                return std::views::iota(std::max(first, std::uint64_t{1}),
                                        std::min(first + numbers_in_block, limit));
            })
            .map([](std::uint64_t number) {
                return Longest{steps_of(number), number};
            })
            .reduce_assoc([](Longest& best, const Longest& other) { best.keep_longer(other); })
            .collect_vec();
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });

    const auto found = longest.get();
    if (!found) return 0;  // only one rank has it
    const auto [steps, number] = found->front();
    std::cout << steps << '\t' << number << '\n';
    if (!output.empty()) {
        renoir::AtomicFile file(output);
        file.write_row(steps, number);
        file.commit();
    }
    if (json) {
        apps::print_json("collatz", seconds, limit - 1, ctx,
                         std::to_string(steps) + ' ' + std::to_string(number));
    }
}
