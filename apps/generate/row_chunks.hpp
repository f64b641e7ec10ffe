#pragma once

/// How files of rows are cut in chunks, and how numbers get into them.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>

namespace generate {

/// Rows per chunk: some hundred kilobytes, which stay in the cache until they are written.
inline constexpr std::uint64_t rows_per_chunk = 16384;

/// The most characters a decimal 64-bit number has, with its sign.
inline constexpr std::size_t max_number_chars = 20;

[[nodiscard]] constexpr std::uint64_t row_chunk_count(std::uint64_t rows) noexcept {
    return rows / rows_per_chunk + (rows % rows_per_chunk != 0 ? 1 : 0);
}

[[nodiscard]] constexpr std::uint64_t rows_in_chunk(std::uint64_t chunk,
                                                    std::uint64_t rows) noexcept {
    return std::min(rows_per_chunk, rows - chunk * rows_per_chunk);
}

/// Writes a number and the character after it; returns the place behind both.
[[nodiscard]] char* write_number(char* out, std::integral auto value, char after) noexcept {
    out = std::to_chars(out, out + max_number_chars, value).ptr;
    *out = after;
    return out + 1;
}

}  // namespace generate
