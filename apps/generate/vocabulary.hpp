#pragma once

/// The words of generated text: distinct, lower-case, the frequent ones short.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace generate {

/// A word and the space behind it, in one aligned piece that is copied whole.
struct PaddedWord {
    std::array<char, 15> text;  ///< the letters, then spaces
    std::uint8_t size;          ///< letters and one space

    [[nodiscard]] std::string_view letters() const noexcept {
        return {text.data(), static_cast<std::size_t>(size - 1)};
    }
};

/// The longest word, which with its space fills a PaddedWord.
inline constexpr std::size_t max_word_letters = 14;

/// Makes `words` distinct words, the most frequent first. The length grows with the logarithm of
/// the rank as in natural languages: with 200,000 words and frequencies of 1 / rank the text has
/// about five letters a word.
[[nodiscard]] std::vector<PaddedWord> make_vocabulary(std::uint32_t words, std::uint64_t seed);

}  // namespace generate
