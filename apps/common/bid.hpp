#pragma once

// The bids in an auction house that the window programs count: the same everywhere.

#include "common/mix.hpp"

#include <cstdint>

namespace apps {

inline constexpr std::uint64_t bids_per_millisecond = 100;
/// So many bids one after the other have the same hot auction.
inline constexpr std::uint64_t bids_of_a_hot_auction = 4096;

/// What is random about a bid.
struct BidValues {
    std::uint64_t auction;
    std::uint64_t bidder;
    std::uint64_t price;
};

/// The auction that is hot when this bid is made.
[[nodiscard]] constexpr std::uint64_t hot_auction_at(std::uint64_t number) noexcept {
    return number / bids_of_a_hot_auction % 997;
}

/// Bid `number`, from 0. Seven in eight are for the auction that is hot then, the others for any.
[[nodiscard]] constexpr BidValues bid_values(std::uint64_t number, std::uint64_t hot) noexcept {
    const std::uint64_t random = mix(number * 0x9e3779b97f4a7c15 + 1);
    const std::uint64_t any = mix(random) % 10'000;
    return {(random & 7) != 0 ? hot : any, (random >> 3) % 100'000, 100 + (random >> 20) % 10'000};
}

}  // namespace apps
