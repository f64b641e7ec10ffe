#include "bids.hpp"

#include "row_chunks.hpp"

namespace generate {

std::uint64_t Bids::chunk_count() const {
    return row_chunk_count(bids_);
}

std::size_t Bids::max_chunk_bytes() const {
    return rows_per_chunk * 4 * (max_number_chars + 1);
}

std::size_t Bids::fill(std::uint64_t chunk, char* out) const {
    const char* const begin = out;
    const std::uint64_t first = chunk * rows_per_chunk;
    const std::uint64_t end = first + rows_in_chunk(chunk, bids_);
    for (std::uint64_t index = first; index < end; ++index) {
        const Bid bid = bid_at(index);
        out = write_number(out, bid.auction, ',');
        out = write_number(out, bid.bidder, ',');
        out = write_number(out, bid.price, ',');
        out = write_number(out, bid.time_ms, '\n');
    }
    return static_cast<std::size_t>(out - begin);
}

}  // namespace generate
