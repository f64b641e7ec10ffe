#include "window_merger.hpp"

#include <algorithm>

namespace baseline {

WindowMerger::WindowMerger(const Windows& windows)
    : windows_(windows),
      panes_(static_cast<std::size_t>(windows.panes())),
      ends_(panes_ + 1),
      bids_(panes_) {}

inline void WindowMerger::Aggregates::add(std::uint32_t number, const Bids& bids) noexcept {
    counts[number] += bids.count;
    highest[number] = std::max(highest[number], bids.highest);
}

inline std::uint32_t WindowMerger::number_of(Auction auction) {
    const std::uint32_t number = index_.number_of(auction);
    if (number == room_) [[unlikely]] {
        room_ = std::max<std::size_t>(1024, 2 * room_);
        begin_.resize(room_);
        for (Aggregates& end : ends_) end.resize(room_);
        result_.resize(room_);
    }
    return number;
}

void WindowMerger::add(std::span<const Bids> bids) {
    for (const Bids& of_auction : bids) begin_.add(number_of(of_auction.auction), of_auction);
    // No window has the first pane of a block together with the next block.
    if (in_block_ == 0) return;
    std::vector<Bids>& kept = bids_[in_block_];
    kept.insert(kept.end(), bids.begin(), bids.end());
}

std::span<const Bids> WindowMerger::window() {
    const Aggregates& end = ends_[in_block_ + 1];
    std::size_t size = 0;
    for (std::uint32_t number = 0; number < index_.size(); ++number) {
        const std::uint32_t count = begin_.counts[number] + end.counts[number];
        result_[size] = {index_[number], count,
                         std::max(begin_.highest[number], end.highest[number])};
        size += count != 0 ? 1 : 0;
    }
    return {result_.data(), size};
}

void WindowMerger::start_next_pane() {
    ++pane_;
    if (++in_block_ == panes_) start_next_block();
}

void WindowMerger::start_next_block() {
    const std::size_t used = index_.size();
    const auto forget = [used](Aggregates& aggregates) {
        std::fill_n(aggregates.counts.begin(), used, 0);
        std::fill_n(aggregates.highest.begin(), used, 0);
    };
    forget(begin_);
    for (Aggregates& end : ends_) forget(end);
    index_.clear();
    in_block_ = 0;

    for (std::size_t pane = panes_ - 1; pane > 0; --pane) {
        for (const Bids& bids : bids_[pane]) ends_[pane].add(number_of(bids.auction), bids);
        bids_[pane].clear();
        // What the later panes have counts for this one too.
        const Aggregates& later = ends_[pane + 1];
        for (std::uint32_t number = 0; number < index_.size(); ++number) {
            ends_[pane].counts[number] += later.counts[number];
            ends_[pane].highest[number] =
                std::max(ends_[pane].highest[number], later.highest[number]);
        }
    }
}

}  // namespace baseline
