#pragma once

// Bids, made from their numbers.

#include "common/bid.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace apps {

struct Bid {
    std::int64_t time;      // milliseconds
    std::int64_t in_order;  // the time before it was moved back
    std::uint32_t auction;
    std::uint32_t price;
};

inline constexpr std::uint64_t bids_in_block = 256;

/// Makes a block of bids from its number. As a function of a pipeline it has a buffer for each
/// replica.
class BidMaker {
 public:
    BidMaker(std::uint64_t bids, std::uint32_t keys, std::int64_t disorder)
        : bids_(bids), keys_(keys), disorder_(disorder) {}

    std::span<const Bid> operator()(std::uint64_t block) {
        const std::uint64_t first = block * bids_in_block;
        const std::uint64_t count = std::min(bids_in_block, bids_ - first);
        // A block lies within a run of bids with one hot auction.
        static_assert(bids_of_a_hot_auction % bids_in_block == 0);
        const std::uint64_t hot = hot_auction_at(first);
        for (std::uint64_t i = 0; i < count; ++i) buffer_[i] = make(first + i, hot);
        if (disorder_ != 0) move_back(first, count);
        if (keys_ != 0) {
            for (Bid& bid : buffer_) bid.auction %= keys_;
        }
        return {buffer_.data(), count};
    }

 private:
    static Bid make(std::uint64_t number, std::uint64_t hot) {
        const BidValues values = bid_values(number, hot);
        const auto time = static_cast<std::int64_t>(number / bids_per_millisecond);
        return {time, time, static_cast<std::uint32_t>(values.auction),
                static_cast<std::uint32_t>(values.price)};
    }

    void move_back(std::uint64_t first, std::uint64_t count) {
        const auto range = static_cast<std::uint64_t>(disorder_) + 1;
        for (std::uint64_t i = 0; i < count; ++i)
            buffer_[i].time -= static_cast<std::int64_t>(mix(first + i) % range);
    }

    std::uint64_t bids_;
    std::uint32_t keys_;
    std::int64_t disorder_;
    std::array<Bid, bids_in_block> buffer_{};
};

}  // namespace apps
