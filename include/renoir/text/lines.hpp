#pragma once

/// Cuts text into lines.
///
///     renoir::text::for_each_line("one\r\ntwo\n\nfour", [](std::string_view line) {
///         std::cout << '[' << line << ']';  // [one][two][][four]
///     });

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace renoir::text {

namespace detail {

inline constexpr std::size_t line_block_size = 64;

/// Bit i tells whether byte i of the 64 at `from` is a newline; for any processor.
[[nodiscard]] inline std::uint64_t newlines_portable(const char* from) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t low_seven = ones * 0x7f;
    std::uint64_t found = 0;
    for (std::size_t offset = 0; offset < line_block_size; offset += 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, from + offset, sizeof bytes);
        // A byte that was a newline is now zero; only there neither the sum nor the byte itself
        // has its highest bit set.
        bytes ^= ones * '\n';
        std::uint64_t zero = ~(((bytes & low_seven) + low_seven) | bytes | low_seven) >> 7U;
        if constexpr (std::endian::native == std::endian::big) zero = __builtin_bswap64(zero);
        found |= ((zero * 0x0102040810204080) >> 56U) << offset;
    }
    return found;
}

/// `newlines_portable`, with vector instructions where every processor of the kind has them.
[[nodiscard]] inline std::uint64_t newlines(const char* from) noexcept {
#if defined(__SSE2__)
    const __m128i newline = _mm_set1_epi8('\n');
    std::uint64_t found = 0;
    for (std::size_t offset = 0; offset < line_block_size; offset += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + offset));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline)));
        found |= static_cast<std::uint64_t>(mask) << offset;
    }
    return found;
#else
    return newlines_portable(from);
#endif
}

/// `newlines` for fewer bytes; reads no others.
[[nodiscard]] inline std::uint64_t newlines_of_few(const char* from, std::size_t size) noexcept {
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < size; ++i) {
        found |= static_cast<std::uint64_t>(from[i] == '\n') << i;
    }
    return found;
}

}  // namespace detail

/// Calls `fn(std::string_view line)` for each line of `text`, in order, without the newline and
/// without one carriage return before it. A last line that lacks its newline counts when it is not
/// empty: "a\n" is one line, "\n" is one empty line, "" is none.
///
/// Once `limit` bytes have been looked at, and at least one line is done, it stops and returns the
/// lines that are left, to go on with: so a caller can work in bounded steps.
template <typename Fn>
std::string_view for_each_line(std::string_view text, std::size_t limit, Fn&& fn) {
    if (text.empty()) return {};
    const char* line = text.data();
    const char* position = line;
    const char* const end = line + text.size();
    for (;;) {
        const auto left = static_cast<std::size_t>(end - position);
        const bool last = left < detail::line_block_size;
        std::uint64_t found = 0;
        if (!last) {
            found = detail::newlines(position);
        } else {
            // A last line without a newline is given one, behind the text: `fn` is inlined once.
            const bool open = end[-1] != '\n';
            found = detail::newlines_of_few(position, left) | (std::uint64_t{open} << left);
        }
        for (; found != 0; found &= found - 1) {
            const char* const newline = position + std::countr_zero(found);
            auto size = static_cast<std::size_t>(newline - line);
            if (size != 0 && newline[-1] == '\r') --size;
            fn(std::string_view(line, size));
            line = newline + 1;
        }
        if (last) return {};
        position += detail::line_block_size;
        if (static_cast<std::size_t>(position - text.data()) >= limit && line != text.data()) {
            return {line, static_cast<std::size_t>(end - line)};
        }
    }
}

/// The same for all of `text`.
template <typename Fn>
void for_each_line(std::string_view text, Fn&& fn) {
    for_each_line(text, std::numeric_limits<std::size_t>::max(), fn);
}

}  // namespace renoir::text
