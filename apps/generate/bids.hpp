#pragma once

/// Bids in an auction house, for windows over event time.

#include "chunk_source.hpp"
#include "common/bid.hpp"

namespace generate {

struct Bid {
    std::uint64_t auction;
    std::uint64_t bidder;
    std::uint64_t price;
    std::uint64_t time_ms;
};

/// Bid `index`, from 0. There is no seed: the same bids everywhere.
[[nodiscard]] constexpr Bid bid_at(std::uint64_t index) noexcept {
    const apps::BidValues values = apps::bid_values(index, apps::hot_auction_at(index));
    return {values.auction, values.bidder, values.price, index / apps::bids_per_millisecond};
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
