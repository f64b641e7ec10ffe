#pragma once

/// Cuts a byte range of a file in words.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "shared/input_file.hpp"
#include "word.hpp"
#include "word_borders.hpp"

namespace baseline {

/// Where words go. A long word has more than 16 letters and comes in lower case.
template <typename Sink>
concept WordSink = requires(Sink& sink, std::span<const Word> words, std::string_view long_word) {
    sink.take(words);
    sink.take_long(long_word);
};

/// Gives a sink the words that begin in a byte range, so that the ranges of all threads together
/// give each word of the file once. A word may go on behind the range, for any number of bytes.
template <WordSink Sink>
class WordScanner {
 public:
    WordScanner(const InputFile& file, Sink& sink)
        : file_(file),
          sink_(sink),
          text_(piece_bytes + padding),
          borders_(step_bytes + 2 + border_slack),
          words_(step_bytes / 2 + 1) {}

    void scan(std::uint64_t begin, std::uint64_t end) {
        if (begin >= end) return;
        skip_word_that_began_before(begin);
        for (std::uint64_t offset = begin; offset < end; offset += piece_bytes) {
            const auto bytes =
                static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - offset));
            scan_piece(file_.read(offset, text_.data(), bytes));
        }
        finish_last_word(end);
    }

 private:
    /// A piece and the tables of the hot words share the second-level cache.
    static constexpr std::size_t piece_bytes = std::size_t{64} << 10;
    /// The borders of this many bytes are found before the words are looked at.
    static constexpr std::size_t step_bytes = std::size_t{16} << 10;
    static constexpr std::size_t padding = block_bytes;

    void skip_word_that_began_before(std::uint64_t begin) {
        char before = 0;
        if (begin > 0 && file_.read(begin - 1, &before, 1) == 1) in_word_ = is_letter(before);
        skipping_ = in_word_;
    }

    void scan_piece(std::size_t bytes) {
        if (bytes == 0) return;
        std::memset(text_.data() + bytes, 0, padding);
        // A word that goes on from the piece before counts as one that begins at 0.
        bool continued = in_word_;
        std::size_t borders = 0;
        if (continued) borders_[borders++] = 0;
        for (std::size_t begin = 0; begin < bytes; begin += step_bytes) {
            const std::size_t end = std::min(begin + step_bytes, bytes);
            borders += find_borders_(text_.data(), begin, end, in_word_, &borders_[borders]);
            if (end == bytes && bytes % block_bytes != 0 && is_letter(text_[bytes - 1])) {
                // The padding ended the word, the file perhaps did not.
                --borders;
                in_word_ = true;
            }
            borders = take_words(borders, continued);
        }
        if (in_word_ && !skipping_) append_to_partial(borders_[0], bytes);
    }

    /// Takes the finished words and keeps the begin of the last; returns how many borders are left.
    std::size_t take_words(std::size_t borders, bool& continued) {
        std::size_t next = 0;
        if (continued && borders >= 2) {
            finish_partial(borders_[1]);
            continued = false;
            next = 2;
        }
        Word* end = words_.data();
        for (; next + 2 <= borders; next += 2) {
            const std::size_t begin = borders_[next];
            const std::size_t letters = borders_[next + 1] - begin;
            if (letters <= Word::max_letters) [[likely]] {
                *end++ = load_word(&text_[begin], letters);
            } else {
                append_to_partial(begin, begin + letters);
                give_partial();
            }
        }
        sink_.take({words_.data(), end});
        if (next == borders) return 0;
        borders_[0] = borders_[next];
        return 1;
    }

    /// The word of the piece before ends here.
    void finish_partial(std::size_t end) {
        if (std::exchange(skipping_, false)) return;
        append_to_partial(0, end);
        give_partial();
    }

    void append_to_partial(std::size_t begin, std::size_t end) {
        const std::size_t old_size = partial_.size();
        partial_.append(&text_[begin], end - begin);
        for (std::size_t i = old_size; i < partial_.size(); ++i) {
            partial_[i] = static_cast<char>(partial_[i] | 0x20);
        }
    }

    void give_partial() {
        if (partial_.size() > Word::max_letters) {
            sink_.take_long(partial_);
        } else if (!partial_.empty()) {
            std::array<char, Word::max_letters> letters{};
            std::copy(partial_.begin(), partial_.end(), letters.begin());
            const Word word = load_word(letters.data(), partial_.size());
            sink_.take({&word, 1});
        }
        partial_.clear();
    }

    void finish_last_word(std::uint64_t offset) {
        while (in_word_ && !skipping_) {
            const std::size_t bytes = file_.read(offset, text_.data(), piece_bytes);
            const auto begin = text_.begin();
            const auto stop =
                std::find_if_not(begin, begin + static_cast<std::ptrdiff_t>(bytes), is_letter);
            const auto letters = static_cast<std::size_t>(stop - begin);
            append_to_partial(0, letters);
            in_word_ = letters == piece_bytes;
            offset += letters;
        }
        give_partial();
    }

    const InputFile& file_;
    Sink& sink_;
    FindBorders find_borders_ = usable_find_borders().front();
    std::vector<char> text_;
    std::vector<std::uint32_t> borders_;
    std::vector<Word> words_;
    std::string partial_;    ///< letters so far of the word that is longer than its piece
    bool in_word_ = false;   ///< the byte before is a letter
    bool skipping_ = false;  ///< that letter's word began before the range
};

}  // namespace baseline
