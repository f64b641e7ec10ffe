#pragma once

/// Cuts work in parts of nearly the same size.

#include <cstdint>

namespace baseline {

/// Where part `part` of `parts` of [0, total) begins; it ends where the next one begins.
[[nodiscard]] constexpr std::uint64_t share_begin(std::uint64_t total, std::uint64_t part,
                                                  std::uint64_t parts) noexcept {
    return total / parts * part + total % parts * part / parts;
}

}  // namespace baseline
