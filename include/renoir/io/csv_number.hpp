#pragma once

/// Numbers from text whose ends are known.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

namespace renoir::io::detail {

/// Any number: all of `text`, in the range of the type, no NaN, no infinity, no space. Correctly
/// rounded. False where it is none.
template <class Number>
[[nodiscard]] bool parse_number(std::string_view text, Number& number) noexcept;

/// The 1 to 8 digits that end at `end`, at once; false where one is no digit. Reads the 8 bytes
/// before `end`.
[[gnu::always_inline]] inline bool parse_few_digits(const char* end, std::size_t count,
                                                    std::uint64_t& value) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t digits = 0;
    std::memcpy(&digits, end - 8, sizeof digits);
    if constexpr (std::endian::native == std::endian::big) digits = __builtin_bswap64(digits);
    // The last digit is in the highest byte; what was before the first one becomes 0.
    digits ^= ones * '0';
    digits = digits >> (64 - 8 * count) << (64 - 8 * count);
    const bool valid = (((digits + ones * 0x76) | digits) & (ones * 0x80)) == 0;
    // Pairs of digits, pairs of these, and both halves.
    digits = digits * 10 + (digits >> 8U);
    constexpr std::uint64_t pair = 0x000000ff000000ff;
    value =
        ((digits & pair) * 0x000f424000000064 + ((digits >> 16U) & pair) * 0x0000271000000001) >>
        32U;
    return valid;
}

/// 1 to 16 digits; false for more or fewer.
[[gnu::always_inline]] inline bool parse_digits(const char* begin, const char* end,
                                                std::uint64_t& value) noexcept {
    const auto count = static_cast<std::size_t>(end - begin);
    if (count - 1 < 8) [[likely]]
        return parse_few_digits(end, count, value);
    if (count - 1 >= 16) return false;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    const bool valid = parse_few_digits(end - 8, count - 8, high) && parse_few_digits(end, 8, low);
    value = high * 100'000'000 + low;
    return valid;
}

/// Whole numbers; 16 bytes before `begin` can be read.
template <class Number>
    requires std::is_integral_v<Number>
[[gnu::always_inline]] inline bool parse_field(const char* begin, const char*, const char* end,
                                               Number& number) noexcept {
    const bool negative = std::is_signed_v<Number> && *begin == '-';
    std::uint64_t magnitude = 0;
    if (!parse_digits(begin + negative, end, magnitude)) [[unlikely]]
        return parse_number(std::string_view(begin, static_cast<std::size_t>(end - begin)), number);
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
    if constexpr (sizeof(Number) < 8) {
        if (magnitude > most + negative) return false;
    }
    number = static_cast<Number>(negative ? 0 - magnitude : magnitude);
    return true;
}

inline constexpr double powers_of_ten[] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                           1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};

/// Numbers with a fraction, whose point is at `point`, or at `end` where there is none; 16 bytes
/// before `begin` can be read. Exact where mantissa and power of ten are (Clinger): then one
/// division rounds correctly.
template <class Number>
    requires std::is_floating_point_v<Number>
[[gnu::always_inline]] inline bool parse_field(const char* begin, const char* point,
                                               const char* end, Number& number) noexcept {
    constexpr std::uint64_t most = std::uint64_t{1} << std::numeric_limits<float>::digits;
    constexpr bool is_float = std::is_same_v<Number, float>;
    const bool negative = *begin == '-';
    std::uint64_t mantissa = 0;
    std::size_t decimals = 0;
    bool exact = parse_digits(begin + negative, point, mantissa);
    if (point != end) {
        std::uint64_t fraction = 0;
        decimals = static_cast<std::size_t>(end - point - 1);
        exact = exact && parse_digits(point + 1, end, fraction);
        if (exact) {
            // Anything above 2^53 is too large, and the product of less does not overflow.
            constexpr std::uint64_t scales[] = {1,
                                                10,
                                                100,
                                                1'000,
                                                10'000,
                                                100'000,
                                                1'000'000,
                                                10'000'000,
                                                100'000'000,
                                                1'000'000'000,
                                                10'000'000'000,
                                                100'000'000'000,
                                                1'000'000'000'000,
                                                10'000'000'000'000,
                                                100'000'000'000'000,
                                                1'000'000'000'000'000,
                                                10'000'000'000'000'000};
            const auto digits = static_cast<std::size_t>(point - begin) - negative;
            exact = digits + decimals <= 18;
            mantissa = mantissa * scales[decimals] + fraction;
        }
    }
    if (is_float) {
        exact = exact && mantissa <= most && decimals <= 10;
    } else {
        exact = exact && mantissa <= std::uint64_t{1} << 53U;
    }
    if (std::is_same_v<Number, long double> || !exact) [[unlikely]]
        return parse_number(std::string_view(begin, static_cast<std::size_t>(end - begin)), number);
    const auto magnitude =
        static_cast<Number>(mantissa) / static_cast<Number>(powers_of_ten[decimals]);
    number = negative ? -magnitude : magnitude;
    return true;
}

}  // namespace renoir::io::detail
