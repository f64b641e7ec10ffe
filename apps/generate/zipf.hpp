#pragma once

/// Draws from a Zipf distribution in constant time.
///
///     const generate::Zipf zipf(200'000, 1.0);
///     std::uint32_t rank = zipf.rank(random.next());   // 0 is the most frequent

#include <cstdint>
#include <vector>

namespace generate {

/// The ranks 0 to n-1, rank r with a probability proportional to 1 / (r + 1)^exponent. An alias
/// table: one comparison per draw whatever the exponent.
class Zipf {
 public:
    Zipf(std::uint32_t ranks, double exponent);

    /// The rank that belongs to 64 random bits.
    [[nodiscard]] std::uint32_t rank(std::uint64_t bits) const noexcept {
        const auto column = static_cast<std::uint32_t>(((bits >> 32) * columns_.size()) >> 32);
        const Column& found = columns_[column];
        return static_cast<std::uint32_t>(bits) < found.threshold ? column : found.alias;
    }

 private:
    struct Column {
        std::uint32_t threshold;  ///< share of the column that is its own, in 2^-32
        std::uint32_t alias;      ///< the rank that owns the rest
    };

    std::vector<Column> columns_;
};

}  // namespace generate
