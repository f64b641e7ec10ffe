#include <algorithm>
#include <bit>

#include <renoir/text/words.hpp>

#include "text/scan.hpp"

namespace renoir::text {

namespace {

/// How many letters there are from `start` on, knowing that a whole window begins with them.
std::size_t count_letters(const char* start, const char* end) noexcept {
    char scratch[detail::block_size];
    const auto size = static_cast<std::size_t>(end - start);
    std::size_t count = 0;
    while (count < size) {
        // The last block is moved back to end with the line; its first letters are counted twice.
        const std::size_t offset = std::min(count, size - detail::block_size);
        const std::uint64_t letters = detail::lower_block(start + offset, scratch);
        const auto found = static_cast<std::size_t>(std::countr_one(letters));
        count = offset + found;
        if (found < detail::block_size) break;
    }
    return count;
}

}  // namespace

Words::Piece Words::next_piece() {
    static_assert(window_size == detail::window_size);
    static_assert(std::size(decltype(edges_){}) >= detail::window_size + detail::edges_after);
    static_assert(buffer_size >= detail::window_size + readable_after);
    while (rest_ != line_end_) {
        const std::size_t size = std::min(static_cast<std::size_t>(line_end_ - rest_), window_size);
        const detail::Scan scan = detail::scan_window(rest_, size, buffer_, edges_);
        if (scan.consumed == 0) return long_word();
        rest_ += scan.consumed;
        if (scan.edge_count != 0) return {buffer_, scan.edge_count};
    }
    return {nullptr, 0};
}

Words::Piece Words::long_word() {
    const std::size_t size = count_letters(rest_, line_end_);
    const std::size_t needed = size + readable_after;
    char* to = buffer_;
    if (needed > buffer_size) {
        if (needed > long_buffer_size_) {
            // Freed first: memory may not hold both.
            long_buffer_.reset();
            long_buffer_size_ = 0;
            long_buffer_ = std::make_unique_for_overwrite<char[]>(needed);
            long_buffer_size_ = needed;
        }
        to = long_buffer_.get();
    }
    for (std::size_t offset = 0; offset < size; offset += detail::block_size) {
        // The last block is moved back to end with the word.
        const std::size_t moved = std::min(offset, size - detail::block_size);
        static_cast<void>(detail::lower_block(rest_ + moved, to + moved));
    }
    rest_ += size;
    long_size_ = size;
    return {to, one_long_word};
}

}  // namespace renoir::text
