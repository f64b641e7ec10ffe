#pragma once

// Bids, made from their numbers.

#include "common/mix.hpp"

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

inline constexpr std::uint64_t bids_in_block = 1024;
inline constexpr std::uint64_t bids_per_millisecond = 100;

/// Makes a block of bids from its number. Seven of eight bids are for the auction that is hot at
/// the time, the others for any. As a function of a pipeline it has a buffer for each replica.
class BidMaker {
 public:
    BidMaker(std::uint64_t bids, std::uint32_t keys, std::int64_t disorder)
        : bids_(bids), keys_(keys), disorder_(disorder) {}

    std::span<const Bid> operator()(std::uint64_t block) {
        const std::uint64_t first = block * bids_in_block;
        const std::uint64_t count = std::min(bids_in_block, bids_ - first);
        // A block lies within a run of bids with one hot auction.
        static_assert(bids_of_a_hot_auction % bids_in_block == 0);
        const auto hot = static_cast<std::uint32_t>(first / bids_of_a_hot_auction % hot_auctions);
        for (std::uint64_t i = 0; i < count; ++i) buffer_[i] = make(first + i, hot);
        if (disorder_ != 0) move_back(first, count);
        if (keys_ != 0) {
            for (Bid& bid : buffer_) bid.auction %= keys_;
        }
        return {buffer_.data(), count};
    }

 private:
    static constexpr std::uint64_t bids_of_a_hot_auction = 4096;
    static constexpr std::uint64_t hot_auctions = 997;
    static constexpr std::uint64_t all_auctions = 10'000;

    static Bid make(std::uint64_t number, std::uint32_t hot) {
        const std::uint64_t random = mix(number * 0x9e3779b97f4a7c15 + 1);
        const auto any = static_cast<std::uint32_t>(mix(random) % all_auctions);
        const auto time = static_cast<std::int64_t>(number / bids_per_millisecond);
        return {time, time, (random & 7) != 0 ? hot : any,
                static_cast<std::uint32_t>(100 + (random >> 20) % 10'000)};
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
