#pragma once

/// Windows of event time and the panes that they consist of.

#include <cstdint>
#include <numeric>

#include "auction_index.hpp"

namespace baseline {

/// Number and highest price of the bids for one auction.
struct Bids {
    Auction auction;
    std::uint32_t count;
    std::uint32_t highest;
};

/// Windows [start, start + size) with starts that are multiples of the slide. A pane is the longest
/// time that no window begins or ends within.
struct Windows {
    std::int64_t size_ms = 1000;
    std::int64_t slide_ms = 1000;

    [[nodiscard]] std::int64_t pane_ms() const noexcept { return std::gcd(size_ms, slide_ms); }
    [[nodiscard]] std::int64_t panes() const noexcept { return size_ms / pane_ms(); }
};

}  // namespace baseline
