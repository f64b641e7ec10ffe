#pragma once

/// Random numbers that are the same on every machine and with every standard library.
///
///     generate::Random random(42, 7);              // stream 7 of seed 42
///     std::uint64_t die = 1 + random.below(6);

#include "common/mix.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace generate {

using apps::mix;

/// A xoshiro256++ generator. Streams of one seed are independent of each other, so that the parts
/// of a file can be made in any order and by any thread.
class Random {
 public:
    Random(std::uint64_t seed, std::uint64_t stream) noexcept {
        std::uint64_t start = mix(seed ^ mix(stream + golden));
        for (std::uint64_t& word : state_) word = mix(start += golden);
    }

    [[nodiscard]] std::uint64_t next() noexcept {
        const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// A number in [0, bound). The multiplication favours some results by at most bound / 2^32.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }

    /// A number in [0, 1) with 53 random bits.
    [[nodiscard]] double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
    static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace generate
