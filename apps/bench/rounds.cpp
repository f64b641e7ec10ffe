// What a round of a loop costs in which there is nothing to do.

#include "microbench.hpp"

#include "common/report.hpp"

#include <renoir/renoir.hpp>

#include <stdexcept>

namespace bench {

Answer run_rounds(renoir::StreamContext& ctx, const Request& request) {
    auto [state, items] = ctx.stream_par_iter(std::uint64_t{0}, std::uint64_t{0})
                              .iterate(
                                  request.rounds, std::uint64_t{0},
                                  [](auto nothing, auto) { return nothing.shuffle(); },
                                  std::uint64_t{0}, [](std::uint64_t& sum, auto) { ++sum; },
                                  [](std::uint64_t& sum, std::uint64_t other) { sum += other; },
                                  [](std::uint64_t& rounds) { return ++rounds > 0; });
    auto counted = state.collect_vec();
    items.for_each([](auto) {});
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    if (ctx.is_root() && counted.get() != std::vector{request.rounds})
        throw std::runtime_error("the loop has lost rounds");
    return {seconds, request.rounds, {}};
}

}  // namespace bench
