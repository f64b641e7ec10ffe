#pragma once

/// The hash table of one part of the right rows, small enough for the second-level cache.

#include <algorithm>
#include <array>
#include <bit>

#include "rows.hpp"
#include "shared/huge_memory.hpp"

namespace baseline {

/// Buckets of four rows, each bucket a cache line; a row that finds its bucket full goes to the
/// next. At most half of the places are in use. A key may be there several times.
class KeyTable {
 public:
    /// Makes room for as many rows, and forgets those it has.
    void clear(std::uint64_t rows) {
        buckets_ = std::bit_ceil(std::max<std::uint64_t>(2, 2 * rows / bucket_rows + 1));
        shift_ = 64 - std::countr_zero(buckets_);
        if (buckets_ > capacity_) {
            memory_ = HugeMemory(buckets_ * sizeof(Bucket));
            capacity_ = buckets_;
        } else {
            std::fill_n(&bucket(0), buckets_, Bucket{});
        }
    }

    void insert(const Row& row) noexcept {
        for (std::uint64_t i = place(row.key);; i = after(i)) {
            for (Row& place : bucket(i)) {
                if (place.key != free_key) continue;
                place = row;
                return;
            }
        }
    }

    struct Found {
        std::uint64_t rows = 0;
        std::uint64_t payloads = 0;  ///< sum of theirs
    };

    /// Looks at all rows of a bucket without a branch: none could be predicted.
    [[nodiscard]] Found find(std::uint64_t key) const noexcept {
        Found found;
        for (std::uint64_t i = place(key);; i = after(i)) {
            const Bucket& rows = bucket(i);
            for (const Row& row : rows) {
                const std::uint64_t same = row.key == key ? 1 : 0;
                found.rows += same;
                found.payloads += -same & row.payload;
            }
            if (rows.back().key == free_key) [[likely]]
                return found;
        }
    }

 private:
    static constexpr std::uint64_t free_key = 0;
    static constexpr std::size_t bucket_rows = 4;

    using Bucket = std::array<Row, bucket_rows>;

    [[nodiscard]] Bucket& bucket(std::uint64_t index) const noexcept {
        return static_cast<Bucket*>(memory_.data())[index];
    }

    /// Below the bits that chose the part.
    [[nodiscard]] std::uint64_t place(std::uint64_t key) const noexcept {
        return hash_of(key) * 0xd6e8feb86659fd93 >> shift_;
    }

    [[nodiscard]] std::uint64_t after(std::uint64_t place) const noexcept {
        return (place + 1) & (buckets_ - 1);
    }

    std::uint64_t buckets_ = 0;
    std::uint64_t capacity_ = 0;
    int shift_ = 0;
    HugeMemory memory_;
};

}  // namespace baseline
