#pragma once

/// Cuts a stream of CSV text into pieces of whole rows.

#include <renoir/io/csv_input.hpp>

#include "io/csv_scan.hpp"
#include "io/line_buffer.hpp"

namespace renoir::io::detail {

/// The one buffer of a reader. Text is added at its end and leaves it at its begin, row by row. It
/// grows for a row that does not fit and shrinks again afterwards.
class CsvBuffer {
 public:
    explicit CsvBuffer(const CsvMarks& what) noexcept : what_(what) {}

    /// Starts anew with text that begins at `offset` of its file.
    void restart(std::uint64_t offset) noexcept;

    /// Room for at least `size` bytes behind the text; the pieces cut before are gone.
    [[nodiscard]] char* make_room(std::size_t size);
    /// `count` bytes were written there.
    void add(std::size_t count) noexcept { used_ += count; }

    /// How many bytes to add before cut() is worth another try.
    [[nodiscard]] std::size_t missing() const noexcept { return missing_; }

    /// Drops the end of a row that began before the text, `quoted` at its begin; true when it was
    /// found, otherwise `quoted` is what holds for the text that follows.
    [[nodiscard]] bool drop_row(bool& quoted) noexcept;

    /// Takes the next whole rows; with `at_end` also what is left without a newline. Throws `Error`
    /// (input) for a row of 4 GiB.
    [[nodiscard]] bool cut(CsvPiece& piece, bool at_end);

    /// Offset in the file of the text that was not cut yet, and of what will be added.
    [[nodiscard]] std::uint64_t begin_offset() const noexcept { return offset_ + begin_; }
    [[nodiscard]] std::uint64_t end_offset() const noexcept { return offset_ + used_; }
    /// Offset of a byte of the last piece, and the newlines in front of it since restart().
    [[nodiscard]] std::uint64_t offset_of(const char* at) const noexcept;
    [[nodiscard]] std::uint64_t newlines_before(const char* at) const noexcept;

 private:
    /// In front of the text, so that numbers can be read by their ends.
    static constexpr std::size_t lead = CsvPiece::readable_around;
    static constexpr std::size_t slack = csv_scan_slack + 1;
    /// Rows that are handed out at once, about: their text, marks and values stay in the cache.
    static constexpr std::size_t usual_piece = std::size_t{32} * 1024;
    static constexpr std::size_t usual_capacity = std::size_t{512} * 1024;

    [[nodiscard]] char* text() const noexcept { return memory_.data() + lead; }
    [[nodiscard]] bool cut_window(CsvPiece& piece, std::size_t window, bool is_last);

    CsvMarks what_;
    Memory memory_;
    /// What is in the buffer and not cut yet is from begin_ to used_.
    std::size_t begin_ = 0;
    std::size_t used_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t newlines_dropped_ = 0;
    std::size_t missing_ = 1;
    std::vector<std::uint32_t> marks_;
};

}  // namespace renoir::io::detail
