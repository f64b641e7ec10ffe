#pragma once

/// Makes windows from panes.

#include <span>
#include <vector>

#include "window.hpp"

namespace baseline {

/// Windows of the auctions that one thread owns. Each pane is added to all windows of its block of
/// as many panes as a window has; at the end of a block the aggregates of its last one, two, ...
/// panes are taken. A window is the end of one block and the begin of the next, two aggregates for
/// each auction, however many panes it has.
class WindowMerger {
 public:
    explicit WindowMerger(const Windows& windows);

    /// Adds bids of the pane that comes next; an auction may come several times.
    void add(std::span<const Bids> bids);

    /// Ends the pane. Calls `take(start_ms, bids)` if a window ends with it, which may be empty.
    void end_pane(auto&& take) {
        const std::int64_t start_ms = (pane_ + 1) * windows_.pane_ms() - windows_.size_ms;
        if (start_ms % windows_.slide_ms == 0) take(start_ms, window());
        start_next_pane();
    }

 private:
    /// For each number of the index.
    struct Aggregates {
        std::vector<std::uint32_t> counts;
        std::vector<std::uint32_t> highest;

        void resize(std::size_t size) {
            counts.resize(size);
            highest.resize(size);
        }
        void add(std::uint32_t number, const Bids& bids) noexcept;
    };

    std::span<const Bids> window();
    void start_next_pane();
    void start_next_block();
    [[nodiscard]] std::uint32_t number_of(Auction auction);

    Windows windows_;
    std::size_t panes_;         ///< of a window
    std::int64_t pane_ = 0;     ///< that is being added
    std::size_t in_block_ = 0;  ///< place of that pane in its block
    AuctionIndex index_;
    std::size_t room_ = 0;                 ///< numbers that the aggregates have room for
    Aggregates begin_;                     ///< of this block so far
    std::vector<Aggregates> ends_;         ///< of the block before, from each of its panes on
    std::vector<std::vector<Bids>> bids_;  ///< of each pane of this block
    std::vector<Bids> result_;
};

}  // namespace baseline
