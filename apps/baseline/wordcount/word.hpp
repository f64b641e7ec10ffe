#pragma once

/// A word of up to 16 letters in two registers.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace baseline {

[[nodiscard]] constexpr bool is_letter(char character) noexcept {
    return static_cast<unsigned char>((character | 0x20) - 'a') < 26;
}

/// The lower-case letters, filled up with zero bytes, as two numbers. No word is all zero, which is
/// left for "none".
struct Word {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    static constexpr std::size_t max_letters = 16;

    [[nodiscard]] friend bool operator==(const Word&, const Word&) noexcept = default;
};

namespace detail {

[[nodiscard]] constexpr std::uint64_t low_bytes(std::size_t count) noexcept {
    return count >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * count)) - 1;
}

/// For each length the bytes of a word that count.
inline constexpr auto masks = [] {
    std::array<Word, Word::max_letters + 1> by_length{};
    for (std::size_t letters = 0; letters < by_length.size(); ++letters) {
        by_length[letters] = {low_bytes(letters), letters <= 8 ? 0 : low_bytes(letters - 8)};
    }
    return by_length;
}();

}  // namespace detail

/// Reads `letters` <= 16 letters of any case. It loads 16 bytes, which must be readable.
[[nodiscard]] inline Word load_word(const char* text, std::size_t letters) noexcept {
    constexpr std::uint64_t lower_case = 0x2020202020202020;
    Word word;
    std::memcpy(&word, text, sizeof word);
    const Word& mask = detail::masks[letters];
    return {(word.low | lower_case) & mask.low, (word.high | lower_case) & mask.high};
}

/// One multiplication, folded: cheap, and good in its high and its low bits.
[[nodiscard]] inline std::uint64_t hash_of(const Word& word) noexcept {
    __extension__ using Product = unsigned __int128;
    const Product product =
        Product{word.low ^ 0x9e3779b97f4a7c15} * (word.high ^ 0xd6e8feb86659fd93);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

[[nodiscard]] inline std::string letters_of(const Word& word) {
    std::array<char, Word::max_letters> letters{};
    std::memcpy(letters.data(), &word, sizeof word);
    const std::string_view all(letters.data(), letters.size());
    return std::string(all.substr(0, all.find('\0')));
}

}  // namespace baseline
