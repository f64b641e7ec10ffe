#pragma once

/// The two sides of the join. Right row j has the key splitmix(1, j), which is another for each j;
/// left row i has the key of right row scaled(splitmix(2, i), right rows), so that each left row
/// has one partner. Payloads are splitmix(3, i) of the left and splitmix(4, j) of the right row.

#include "shared/mix.hpp"

namespace baseline {

/// No key is zero: the first right row that had that key would be number 10^18.
struct Row {
    std::uint64_t key;
    std::uint64_t payload;
};

/// The keys of other inputs are not random, so they are multiplied.
[[nodiscard]] constexpr std::uint64_t hash_of(std::uint64_t key) noexcept {
    return key * 0x9e3779b97f4a7c15;
}

[[nodiscard]] constexpr Row right_row(std::uint64_t index) noexcept {
    return {splitmix(1, index), splitmix(4, index)};
}

[[nodiscard]] constexpr Row left_row(std::uint64_t index, std::uint64_t right_rows) noexcept {
    return {splitmix(1, scaled(splitmix(2, index), right_rows)), splitmix(3, index)};
}

}  // namespace baseline
