#include "io/csv_scan.hpp"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace renoir::io::detail {

namespace {

constexpr std::size_t block_size = 64;

// The helpers are always inlined, so that they are compiled for the processor of their caller.

/// Bit i tells whether byte i of the 64 at `from` is `byte`.
[[gnu::always_inline]] inline std::uint64_t equal(const char* from, char byte) noexcept {
    std::uint64_t found = 0;
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8(byte);
    for (std::size_t offset = 0; offset < block_size; offset += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + offset));
        const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
        found |= static_cast<std::uint64_t>(static_cast<unsigned>(mask)) << offset;
    }
#else
    for (std::size_t i = 0; i < block_size; ++i)
        found |= static_cast<std::uint64_t>(from[i] == byte) << i;
#endif
    return found;
}

/// The bits from each odd set bit up to the next set one, without that: what is between quotes.
[[gnu::always_inline]] inline std::uint64_t between(std::uint64_t bits) noexcept {
    for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

/// Writes the positions of the bits set. A round is as long as most blocks need: the end of the
/// loop is hard to predict.
[[gnu::always_inline]] inline std::uint32_t* write_marks(std::uint64_t bits, std::uint32_t base,
                                                         std::uint32_t* to) noexcept {
    constexpr std::size_t round_size = 8;
    const auto count = static_cast<std::size_t>(std::popcount(bits));
    for (std::size_t written = 0; written < count; written += round_size) {
        for (std::size_t i = written; i < written + round_size; ++i) {
            // Beyond the last bit it writes what nobody reads.
            to[i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
            bits &= bits - 1;
        }
    }
    return to + count;
}

[[gnu::always_inline]] inline CsvScan scan_blocks(const char* text, std::size_t size,
                                                  const CsvMarks& what,
                                                  std::uint32_t* marks) noexcept {
    std::uint32_t* to = marks;
    // All ones while the begin of a block is between quotes.
    std::uint64_t quoted = 0;
    bool has_quotes = false;
    for (std::size_t begin = 0; begin < size; begin += block_size) {
        const char* const block = text + begin;
        std::uint64_t found = equal(block, '\n') | equal(block, what.delimiter);
        if (what.quote) {
            const std::uint64_t quotes = equal(block, *what.quote);
            if ((quotes | quoted) != 0) {
                has_quotes = true;
                const std::uint64_t inside = between(quotes) ^ quoted;
                if (what.quotes_hide) {
                    found &= ~inside;
                    quoted = static_cast<std::uint64_t>(static_cast<std::int64_t>(inside) >> 63U);
                }
            }
        }
        if (what.points) found |= equal(block, '.');
        const std::size_t left = size - begin;
        if (left < block_size) found &= (std::uint64_t{1} << left) - 1;
        to = write_marks(found, static_cast<std::uint32_t>(begin), to);
    }
    return {static_cast<std::size_t>(to - marks), has_quotes};
}

}  // namespace

CsvScan scan_csv_plain(const char* text, std::size_t size, const CsvMarks& what,
                       std::uint32_t* marks) noexcept {
    return scan_blocks(text, size, what, marks);
}

#if defined(__x86_64__)

bool has_csv_bits() noexcept {
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

[[gnu::target("bmi,popcnt")]] CsvScan scan_csv_bits(const char* text, std::size_t size,
                                                    const CsvMarks& what,
                                                    std::uint32_t* marks) noexcept {
    return scan_blocks(text, size, what, marks);
}

CsvScan scan_csv(const char* text, std::size_t size, const CsvMarks& what,
                 std::uint32_t* marks) noexcept {
    if (has_csv_bits()) return scan_csv_bits(text, size, what, marks);
    return scan_csv_plain(text, size, what, marks);
}

#else

CsvScan scan_csv(const char* text, std::size_t size, const CsvMarks& what,
                 std::uint32_t* marks) noexcept {
    return scan_csv_plain(text, size, what, marks);
}

#endif

std::size_t count_bytes(const char* text, std::size_t size, char byte) noexcept {
    std::size_t count = 0;
    std::size_t begin = 0;
    for (; begin + block_size <= size; begin += block_size)
        count += static_cast<std::size_t>(std::popcount(equal(text + begin, byte)));
    return count + static_cast<std::size_t>(std::count(text + begin, text + size, byte));
}

}  // namespace renoir::io::detail
