#pragma once

/// Numbers at the front of a text, up to seven digits of them at once.

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace baseline {

/// Bytes behind a number that must be readable.
inline constexpr std::size_t number_slack = 16;

namespace detail {

static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");

/// Digits of at most eight characters.
struct Digits {
    std::size_t count;  ///< eight means that there may be more
    std::uint64_t value;
};

[[nodiscard]] inline Digits leading_digits(const char* text) noexcept {
    std::uint64_t bytes;
    std::memcpy(&bytes, text, sizeof bytes);
    bytes ^= 0x3030303030303030;  // digits become 0 to 9
    // The carry of a byte that is none only reaches those behind it.
    const std::uint64_t others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
    const auto count = static_cast<std::size_t>(std::countr_zero(others)) / 8;
    // Moves the digits to the end and zeros to the front; in two steps as 64 would be too much.
    bytes = bytes << 8 << (8 * ((7 - count) & 7));
    bytes = bytes * 10 + (bytes >> 8);
    bytes = ((bytes & 0x000000ff000000ff) * 0x000f424000000064 +
             (bytes >> 16 & 0x000000ff000000ff) * 0x0000271000000001) >>
            32;
    return {count, bytes};
}

inline constexpr std::array<double, 8> powers_of_ten{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
inline constexpr std::array<std::uint64_t, 8> whole_powers_of_ten{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};

/// For numbers of another shape. It stops at the first character that is not part of the number.
template <typename Number>
[[gnu::noinline]] inline const char* read_any_number(const char* text, Number& number) noexcept {
    const char* end = text;
    while (*end != ',' && *end != '\n' && *end != '\r') ++end;
    const auto [stop, problem] = std::from_chars(text, end, number);
    return problem == std::errc{} ? stop : nullptr;
}

}  // namespace detail

/// Reads a number and returns where it ends, or nullptr if there is none or it does not fit.
/// A comma or line break follows somewhere, and `number_slack` bytes behind that are readable.
[[nodiscard]] inline const char* read_number(const char* text, std::uint32_t& number) noexcept {
    const detail::Digits digits = detail::leading_digits(text);
    if (digits.count - 1 >= 7) [[unlikely]]
        return detail::read_any_number(text, number);
    number = static_cast<std::uint32_t>(digits.value);
    return text + digits.count;
}

/// Exactly rounded: the digits and the power of ten both fit into a double, so that only the
/// division rounds.
[[nodiscard]] inline const char* read_number(const char* text, double& number) noexcept {
    const bool negative = *text == '-';
    const char* const first = text + (negative ? 1 : 0);
    const detail::Digits whole = detail::leading_digits(first);
    if (whole.count - 1 >= 7 || first[whole.count] != '.') [[unlikely]]
        return detail::read_any_number(text, number);
    const char* const second = first + whole.count + 1;
    const detail::Digits parts = detail::leading_digits(second);
    const char after = second[parts.count];
    if (parts.count >= 8 || after == 'e' || after == 'E') [[unlikely]]
        return detail::read_any_number(text, number);
    const std::uint64_t digits =
        whole.value * detail::whole_powers_of_ten[parts.count] + parts.value;
    const double size = static_cast<double>(digits) / detail::powers_of_ten[parts.count];
    number = negative ? -size : size;
    return second + parts.count;
}

}  // namespace baseline
