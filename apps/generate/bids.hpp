#pragma once

/// Bids in an auction house, for windows over event time.

#include "chunk_source.hpp"
#include "random.hpp"

namespace generate {

struct Bid {
    std::uint64_t auction;
    std::uint64_t bidder;
    std::uint64_t price;
    std::uint64_t time_ms;
};

/// Bid `index`, from 0. There is no seed: the same bids everywhere, 100 in a millisecond, seven in
/// eight of them for an auction that is hot for 4096 bids.
[[nodiscard]] constexpr Bid bid_at(std::uint64_t index) noexcept {
    const std::uint64_t random = mix(index * 0x9e3779b97f4a7c15 + 1);
    return {
        .auction = (random & 7) != 0 ? (index / 4096) % 997 : mix(random) % 10'000,
        .bidder = (random >> 3) % 100'000,
        .price = 100 + (random >> 20) % 10'000,
        .time_ms = index / 100,
    };
}

/// `auction,bidder,price,time_ms` lines in the order of time.
class Bids final : public ChunkSource {
 public:
    explicit Bids(std::uint64_t bids) : bids_(bids) {}

    [[nodiscard]] std::uint64_t chunk_count() const override;
    [[nodiscard]] std::size_t max_chunk_bytes() const override;
    [[nodiscard]] std::size_t fill(std::uint64_t chunk, char* out) const override;

 private:
    std::uint64_t bids_;
};

}  // namespace generate
