#include "auction_index.hpp"

namespace baseline {

namespace {

constexpr int first_bits = 12;

}  // namespace

AuctionIndex::AuctionIndex()
    : shift_(32 - first_bits), mask_((1U << first_bits) - 1), slots_(mask_ + 1) {}

std::uint32_t AuctionIndex::add(Auction auction, std::uint32_t place) {
    auctions_.push_back(auction);
    places_.push_back(place);
    slots_[place] = {auction, size()};
    const std::uint32_t number = size() - 1;
    if (size() > mask_ / 2) grow();
    return number;
}

void AuctionIndex::grow() {
    --shift_;
    mask_ = 2 * mask_ + 1;
    slots_.assign(mask_ + 1, {});
    for (std::uint32_t number = 0; number < size(); ++number) {
        std::uint32_t i = place(auctions_[number]);
        while (slots_[i].next_number != 0) i = (i + 1) & mask_;
        slots_[i] = {auctions_[number], number + 1};
        places_[number] = i;
    }
}

void AuctionIndex::clear() noexcept {
    for (const std::uint32_t place : places_) slots_[place] = {};
    auctions_.clear();
    places_.clear();
}

}  // namespace baseline
