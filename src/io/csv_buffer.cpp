#include "io/csv_buffer.hpp"

#include <renoir/base/error.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

namespace renoir::io::detail {

void CsvBuffer::restart(std::uint64_t offset) noexcept {
    begin_ = 0;
    used_ = 0;
    offset_ = offset;
    newlines_dropped_ = 0;
    missing_ = 1;
}

char* CsvBuffer::make_room(std::size_t size) {
    if (begin_ != 0) {
        newlines_dropped_ += count_bytes(text(), begin_, '\n');
        if (used_ != begin_) std::memmove(text(), text() + begin_, used_ - begin_);
        offset_ += begin_;
        used_ -= begin_;
        begin_ = 0;
    }
    const std::size_t needed = lead + used_ + size + slack;
    if (memory_.capacity() < needed) {
        memory_.resize(std::max(needed, std::min(2 * memory_.capacity(), usual_capacity)));
    } else if (memory_.capacity() > 2 * usual_capacity && needed < usual_capacity) {
        memory_.resize(usual_capacity);
    }
    return text() + used_;
}

bool CsvBuffer::drop_row(bool& quoted) noexcept {
    for (; begin_ < used_; ++begin_) {
        const char byte = text()[begin_];
        if (what_.quotes_hide && byte == what_.quote) {
            quoted = !quoted;
        } else if (byte == '\n' && !quoted) {
            ++begin_;
            return true;
        }
    }
    return false;
}

bool CsvBuffer::cut(CsvPiece& piece, bool at_end) {
    const std::size_t left = used_ - begin_;
    missing_ = 1;
    if (left == 0) return false;
    for (std::size_t window = std::min(left, usual_piece);; window = std::min(left, 2 * window)) {
        const bool is_last = window == left;
        if (window > std::numeric_limits<std::uint32_t>::max() - slack) {
            throw Error(ErrorKind::input,
                        "a row of a CSV file is longer than 4 GiB; is a quote never closed?");
        }
        if (cut_window(piece, window, at_end && is_last)) return true;
        if (!is_last) continue;
        // Looking again at each few bytes that come would take time squared.
        missing_ = left;
        return false;
    }
}

bool CsvBuffer::cut_window(CsvPiece& piece, std::size_t window, bool is_last) {
    char* const begin = text() + begin_;
    const bool open = is_last && begin[window - 1] != '\n';
    if (open) begin[window] = '\n';
    const std::size_t size = window + std::size_t{open};
    if (marks_.size() < size + csv_scan_slack) marks_.resize(size + csv_scan_slack);
    const CsvScan scan = scan_csv(begin, size, what_, marks_.data());
    std::size_t count = scan.count;
    const auto ends_row = [&](std::size_t mark) { return begin[marks_[mark]] == '\n'; };
    // A quote that is never closed must not swallow the last newline.
    if (is_last && (count == 0 || marks_[count - 1] != size - 1))
        marks_[count++] = static_cast<std::uint32_t>(size - 1);
    while (count > 0 && !ends_row(count - 1)) --count;
    if (count == 0) return false;
    piece = {begin, 0, std::span(marks_).first(count), scan.has_quotes};
    begin_ += std::min<std::size_t>(marks_[count - 1] + std::size_t{1}, window);
    return true;
}

std::uint64_t CsvBuffer::offset_of(const char* at) const noexcept {
    return offset_ + static_cast<std::uint64_t>(at - text());
}

std::uint64_t CsvBuffer::newlines_before(const char* at) const noexcept {
    return newlines_dropped_ + count_bytes(text(), static_cast<std::size_t>(at - text()), '\n');
}

}  // namespace renoir::io::detail
