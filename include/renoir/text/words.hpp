#pragma once

/// The words of a line of text, lower-cased, without copying the line.
///
///     for (std::string_view word : renoir::text::words("Call me Ishmael.")) {
///         std::cout << word << '\n';  // call, me, ishmael
///     }
///
/// In a pipeline: `.flat_map([](std::string_view line) { return renoir::text::words(line); })`.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string_view>

namespace renoir::text {

/// A lazy single-pass range over the words of one line: the maximal runs of ASCII letters,
/// lower-cased. Every other byte separates words, also NUL and bytes from 0x80 on, so any input is
/// fine. Made by `words()`; the line must outlive the range.
///
/// The elements are `std::string_view`s into a buffer of the range. A view is valid until the
/// iterator is incremented or the range is destroyed, whichever comes first. At least
/// `readable_after` bytes past the end of each view can be read as well (what they hold is
/// unspecified), so that short words may be copied with wide loads.
///
/// Lines and words may have any length. Memory beyond the object itself is taken only for a word of
/// more than about 2000 letters, and only as much as the longest word needs.
///
/// The range can be neither copied nor moved, since its views point into it; functions return it by
/// value all the same, and `auto&& range = f(line)` keeps it.
class Words {
 public:
    class Iterator;

    /// How many bytes past the end of each view may be read.
    static constexpr std::size_t readable_after = 16;

    explicit Words(std::string_view line) noexcept
        : rest_(line.data()), line_end_(line.data() + line.size()) {}
    Words(const Words&) = delete;
    Words& operator=(const Words&) = delete;
    ~Words() = default;

    /// The first word. To be called once: the range is single-pass.
    [[nodiscard]] Iterator begin();
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

 private:
    /// Bytes of the line looked at together.
    static constexpr std::size_t window_size = 2048;
    static constexpr std::size_t buffer_size = window_size + 64;

    /// What the next piece of the line holds: `edge_count` is even for the words told by `edges_`,
    /// 0 at the end of the line, and `one_long_word` for a word of `long_size_` letters.
    struct Piece {
        const char* text;
        std::size_t edge_count;
    };
    static constexpr std::size_t one_long_word = 1;

    [[nodiscard]] Piece next_piece();
    [[nodiscard]] Piece long_word();

    const char* rest_;
    const char* line_end_;
    std::unique_ptr<char[]> long_buffer_;
    std::size_t long_buffer_size_ = 0;
    // The rest is left uninitialised: a line uses few of these bytes.
    std::size_t long_size_;
    /// Where in the piece words begin and end, in turn; with room for a scan to write beyond them.
    alignas(64) std::uint16_t edges_[window_size + 64];
    char buffer_[buffer_size];
};

/// Input iterator over the words of a line. Its state is apart from the buffer that the views point
/// into, so that the compiler can keep it in registers while the words are used.
class Words::Iterator {
 public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;

    [[nodiscard]] std::string_view operator*() const noexcept { return word_; }

    Iterator& operator++() {
        if (edge_ != last_edge_) {
            take();
        } else if (words_->rest_ == words_->line_end_) {
            word_ = {};
        } else {
            enter(words_->next_piece());
        }
        return *this;
    }
    void operator++(int) { ++*this; }

    /// Words are never empty, so an empty one marks the end.
    [[nodiscard]] friend bool operator==(const Iterator& iterator,
                                         std::default_sentinel_t /*end*/) noexcept {
        return iterator.word_.empty();
    }

 private:
    friend class Words;

    explicit Iterator(Words& words) : words_(&words) { enter(words.next_piece()); }

    void enter(Piece piece) noexcept {
        if (piece.edge_count > one_long_word) {
            text_ = piece.text;
            edge_ = words_->edges_;
            last_edge_ = edge_ + piece.edge_count;
            take();
        } else {
            edge_ = last_edge_;
            word_ = piece.edge_count == 0 ? std::string_view()
                                          : std::string_view(piece.text, words_->long_size_);
        }
    }

    void take() noexcept {
        const std::size_t start = edge_[0];
        const std::size_t stop = edge_[1];
        // Spares the test for the end after each word.
        if (start >= stop) __builtin_unreachable();
        word_ = std::string_view(text_ + start, stop - start);
        edge_ += 2;
    }

    Words* words_;
    const char* text_ = nullptr;
    const std::uint16_t* edge_ = nullptr;
    const std::uint16_t* last_edge_ = nullptr;
    std::string_view word_;
};

inline Words::Iterator Words::begin() {
    return Iterator(*this);
}

/// The words of `line`, lower-cased; see `Words`.
[[nodiscard]] inline Words words(std::string_view line) noexcept {
    return Words(line);
}

}  // namespace renoir::text
