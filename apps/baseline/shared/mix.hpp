#pragma once

/// The random numbers of the inputs that programs make themselves.

#include <cstdint>

namespace baseline {

/// The finaliser of splitmix64: a bijection that spreads every input bit over all output bits.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

/// Number `index` of splitmix64 started with `seed`.
[[nodiscard]] constexpr std::uint64_t splitmix(std::uint64_t seed, std::uint64_t index) noexcept {
    return mix(seed + (index + 1) * 0x9e3779b97f4a7c15);
}

/// A random 64-bit number scaled to [0, bound).
[[nodiscard]] constexpr std::uint64_t scaled(std::uint64_t random, std::uint64_t bound) noexcept {
    __extension__ using Product = unsigned __int128;
    return static_cast<std::uint64_t>(Product{random} * bound >> 64);
}

}  // namespace baseline
