#pragma once

/// The rows of two numbers in a part of a file, for files that several threads read.
///
///     baseline::RowReader(file).for_each<double>(0, file.size(), [&](double x, double y) { ... });

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "shared/csv_numbers.hpp"
#include "shared/failure.hpp"
#include "shared/input_file.hpp"

namespace baseline {

namespace detail {

/// Behind the line that contains `text`, or nullptr.
[[nodiscard]] inline const char* line_end(const char* text, const char* end) noexcept {
    const void* const found = std::memchr(text, '\n', static_cast<std::size_t>(end - text));
    return found == nullptr ? nullptr : static_cast<const char*>(found) + 1;
}

[[nodiscard]] inline const char* last_line_end(const char* text, const char* end) noexcept {
    const void* const found = ::memrchr(text, '\n', static_cast<std::size_t>(end - text));
    return found == nullptr ? text : static_cast<const char*>(found) + 1;
}

}  // namespace detail

/// Reads the rows of one file for one thread. All rows that begin in a byte range are given once,
/// so that ranges that follow each other give each row of the file once, in order.
class RowReader {
 public:
    explicit RowReader(const InputFile& file)
        : file_(file), buffer_(text_bytes + 1 + number_slack) {}

    /// Calls `take(first, second)` for the rows that begin in the range. Throws Failure for lines
    /// that are no such rows.
    template <typename Number>
    void for_each(std::uint64_t begin, std::uint64_t end, auto&& take) {
        for_each_text(begin, end, [&](const char* text, const char* stop) {
            while (text != stop) {
                Number first;
                Number second;
                const char* const rest = read_row(text, first, second);
                if (rest == nullptr) [[unlikely]]
                    throw unreadable(text);
                text = rest;
                take(first, second);
            }
        });
    }

 private:
    /// Fits into the second-level cache together with what is made of it.
    static constexpr std::size_t text_bytes = std::size_t{256} << 10;
    /// Read behind the range for its last line.
    static constexpr std::uint64_t line_bytes = 256;

    /// Returns where the next row begins, or nullptr.
    template <typename Number>
    [[nodiscard]] static const char* read_row(const char* text, Number& first,
                                              Number& second) noexcept {
        text = read_number(text, first);
        if (text == nullptr || *text != ',') return nullptr;
        text = read_number(text + 1, second);
        if (text == nullptr) return nullptr;
        if (*text == '\r') ++text;
        return *text == '\n' ? text + 1 : nullptr;
    }

    /// Calls `take(begin, end)` for texts of whole lines with line breaks, behind which
    /// `number_slack` bytes are readable.
    void for_each_text(std::uint64_t begin, std::uint64_t end, auto&& take) {
        // The byte before tells whether a line begins here.
        offset_ = begin == 0 ? 0 : begin - 1;
        bool skipping = begin != 0;
        while (offset_ + (skipping ? 1 : 0) < end) {
            const char* const stop = read_lines(end);
            if (stop == buffer_.data()) return;
            const char* const first =
                skipping ? detail::line_end(buffer_.data(), stop) : buffer_.data();
            skipping = false;
            if (offset_of(first) < end) take(first, stop);
            offset_ = offset_of(stop);
        }
    }

    /// Reads whole lines from `offset_` on, up to the last that begins before `end`. Returns where
    /// they end in the buffer.
    [[nodiscard]] const char* read_lines(std::uint64_t end) {
        const std::uint64_t range = end - offset_;
        const auto wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(text_bytes, range + line_bytes));
        char* const text = buffer_.data();
        std::size_t bytes = file_.read(offset_, text, wanted);
        if (bytes == 0) return text;
        if (bytes < wanted && text[bytes - 1] != '\n') text[bytes++] = '\n';  // end of the file
        if (range < bytes) {
            const char* const cut = detail::line_end(text + range - 1, text + bytes);
            if (cut != nullptr) return cut;
        }
        const char* const last = detail::last_line_end(text, text + bytes);
        if (last == text) throw unreadable(text);
        return last;
    }

    [[nodiscard]] std::uint64_t offset_of(const char* place) const noexcept {
        return offset_ + static_cast<std::uint64_t>(place - buffer_.data());
    }

    [[nodiscard]] Failure unreadable(const char* line) const {
        constexpr std::size_t most = 80;  // characters of it
        const auto readable = static_cast<std::size_t>(buffer_.data() + buffer_.size() - line);
        std::string text(line, std::min(most, readable));
        text = text.substr(0, text.find('\n'));
        return {2, "the line at byte " + std::to_string(offset_of(line)) + " is '" + text +
                       "'; give two numbers with a comma between them, of the right range"};
    }

    const InputFile& file_;
    std::vector<char> buffer_;
    std::uint64_t offset_ = 0;  ///< of the buffer in the file
};

}  // namespace baseline
