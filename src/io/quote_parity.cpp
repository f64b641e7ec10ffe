#include "io/quote_parity.hpp"

#include <algorithm>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/csv_scan.hpp"

namespace renoir::io::detail {

QuoteParity::QuoteParity(std::string path, std::uint64_t size, char quote)
    : path_(std::move(path)),
      quote_(quote),
      pieces_(static_cast<std::size_t>(size / piece_size) + 1) {}

bool QuoteParity::help(std::uint64_t position) {
    const auto wanted = static_cast<std::size_t>(position / piece_size);
    std::size_t piece = next_.load(std::memory_order_relaxed);
    do {
        if (piece >= wanted) return false;
    } while (!next_.compare_exchange_weak(piece, piece + 1, std::memory_order_relaxed));
    const std::uint64_t begin = piece * piece_size;
    const bool odd = is_odd(begin, begin + piece_size);
    pieces_[piece].store(odd ? Known::odd : Known::even, std::memory_order_release);
    return true;
}

std::optional<bool> QuoteParity::at(std::uint64_t position) const {
    const auto whole = static_cast<std::size_t>(position / piece_size);
    bool odd = false;
    for (std::size_t i = 0; i < whole; ++i) {
        const Known known = pieces_[i].load(std::memory_order_acquire);
        if (known == Known::no) return std::nullopt;
        odd ^= known == Known::odd;
    }
    return odd ^ is_odd(whole * piece_size, position);
}

bool QuoteParity::is_odd(std::uint64_t begin, std::uint64_t end) const {
    constexpr std::size_t room = std::size_t{128} * 1024;
    if (begin == end) return false;
    const auto buffer = std::make_unique_for_overwrite<char[]>(room);
    const std::unique_ptr<ByteStream> stream = open_from(path_, begin, end);
    std::size_t count = 0;
    while (const std::size_t size = stream->read(buffer.get(), room))
        count += count_bytes(buffer.get(), size, quote_);
    return count % 2 != 0;
}

}  // namespace renoir::io::detail
