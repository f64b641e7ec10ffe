#pragma once

/// Numbers auctions in the order in which they come.

#include <cstdint>
#include <vector>

namespace baseline {

using Auction = std::uint32_t;

/// Open addressing with linear probing; at most half of the slots are in use.
class AuctionIndex {
 public:
    AuctionIndex();

    [[nodiscard]] std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(auctions_.size());
    }

    /// The auction with that number.
    [[nodiscard]] Auction operator[](std::uint32_t number) const noexcept {
        return auctions_[number];
    }

    /// The number of an auction; it is size() before the call if the auction is new.
    [[nodiscard]] std::uint32_t number_of(Auction auction) {
        for (std::uint32_t i = place(auction);; i = (i + 1) & mask_) {
            const Slot& slot = slots_[i];
            if (slot.auction == auction && slot.next_number != 0) [[likely]]
                return slot.next_number - 1;
            if (slot.next_number == 0) return add(auction, i);
        }
    }

    void clear() noexcept;

 private:
    struct Slot {
        Auction auction = 0;
        std::uint32_t next_number = 0;  ///< one more than the number; zero if the slot is free
    };

    /// Auctions are numbers in a row, so they are multiplied.
    [[nodiscard]] std::uint32_t place(Auction auction) const noexcept {
        return auction * 0x9e3779b1U >> shift_;
    }

    std::uint32_t add(Auction auction, std::uint32_t place);
    void grow();

    int shift_;
    std::uint32_t mask_;
    std::vector<Slot> slots_;
    std::vector<Auction> auctions_;
    std::vector<std::uint32_t> places_;  ///< of each auction among the slots
};

}  // namespace baseline
