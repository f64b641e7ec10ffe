#pragma once

// Shares of work for sources that make their own items.

#include <cstddef>
#include <cstdint>
#include <ranges>

namespace apps {

/// For stream_par_iter: of the blocks 0, 1, ..., every n-th for each of n replicas, so that all of
/// them work on the same part of the input at the same time.
[[nodiscard]] inline auto interleaved(std::uint64_t blocks) {
    return [blocks](std::size_t replica, std::size_t replicas) {
        const std::uint64_t share = (blocks + replicas - 1 - replica) / replicas;
        return std::views::iota(std::uint64_t{0}, share) |
               std::views::transform([=](std::uint64_t i) { return replica + i * replicas; });
    };
}

}  // namespace apps
