#include "text/scan.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace renoir::text::detail {

namespace {

/// Which bytes of a part are letters, or where runs of letters begin and have just ended: bit i of
/// `low` is byte i, bit i of `high` is byte 64 + i.
struct Bits {
    std::uint64_t low;
    std::uint64_t high;
};

// The helpers are always inlined, so that they are compiled for the processor of their caller.

[[gnu::always_inline]] inline std::uint64_t lower_eight(const char* from, char* to) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high_bits = ones * 0x80;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, from, sizeof bytes);
    const std::uint64_t lower = bytes | (ones * 0x20);
    std::memcpy(to, &lower, sizeof lower);

    // Seven bits a byte, so that no sum carries into the next one; the eighth is looked at apart.
    const std::uint64_t low_bits = lower & ~high_bits;
    const std::uint64_t from_a = low_bits + (ones * (0x80 - 'a'));
    const std::uint64_t after_z = low_bits + (ones * (0x80 - 'z' - 1));
    std::uint64_t letters = (from_a & ~after_z & ~lower & high_bits) >> 7U;
    if constexpr (std::endian::native == std::endian::big) letters = __builtin_bswap64(letters);
    // Gathers the lowest bit of each byte: that of byte i goes to bit 56 + i.
    return (letters * 0x0102040810204080) >> 56U;
}

/// `lower_step_portable`, with vector instructions where every processor of the kind has them.
[[gnu::always_inline]] inline std::uint64_t lower_step(const char* from, char* to) noexcept {
#if defined(__SSE2__)
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), lower);
    // Moves 'a'..'z' to the top of the signed range: one comparison finds them.
    const __m128i moved = _mm_add_epi8(lower, _mm_set1_epi8(0x7f - 'z'));
    const __m128i letters = _mm_cmpgt_epi8(moved, _mm_set1_epi8(0x7f - 26));
    return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(letters)));
#else
    return lower_step_portable(from, to);
#endif
}

[[gnu::always_inline]] inline std::uint64_t lower_whole_block(const char* from, char* to) noexcept {
    std::uint64_t letters = 0;
    for (std::size_t offset = 0; offset < block_size; offset += step_size) {
        letters |= lower_step(from + offset, to + offset) << offset;
    }
    return letters;
}

/// Steps that would go beyond the end are moved back onto the last bytes: no branch on the size,
/// and doing a byte twice does no harm.
[[gnu::always_inline]] inline std::uint64_t lower_short_block(const char* from, std::size_t size,
                                                              char* to) noexcept {
    const std::size_t last = size - step_size;
    std::uint64_t letters = lower_step(from, to);
    for (std::size_t offset = step_size; offset < block_size; offset += step_size) {
        const std::size_t moved = std::min(offset, last);
        letters |= lower_step(from + moved, to + moved) << moved;
    }
    return letters;
}

[[gnu::always_inline]] inline Bits lower_part(const char* from, std::size_t size,
                                              char* to) noexcept {
    if (size < step_size) {
        char padded[step_size] = {};
        std::memcpy(padded, from, size);
        return {lower_step(padded, to), 0};
    }
    if (size < block_size) return {lower_short_block(from, size, to), 0};
    const std::uint64_t low = lower_whole_block(from, to);
    // The second block is moved back to end with the part.
    const std::size_t moved = size - block_size;
    const std::uint64_t high = lower_whole_block(from + moved, to + moved);
    return {low, moved == 0 ? 0 : high >> (block_size - moved)};
}

/// `in_word` is 1 when the byte before the part is a letter.
[[gnu::always_inline]] inline Bits edges_of(Bits letters, std::uint64_t in_word) noexcept {
    return {letters.low ^ ((letters.low << 1U) | in_word),
            letters.high ^ ((letters.high << 1U) | (letters.low >> 63U))};
}

[[gnu::always_inline]] inline std::size_t count_bits(std::uint64_t bits) noexcept {
    return static_cast<std::size_t>(std::popcount(bits));
}

/// Writes the positions of the bits set and returns how many there are. A round is as long as a
/// usual line of text needs: the end of the loop over rounds is hard to predict.
[[gnu::always_inline]] inline std::size_t write_edges(std::uint64_t bits, std::size_t base,
                                                      std::uint16_t* to) noexcept {
    constexpr std::size_t round_size = 24;
    const std::size_t count = count_bits(bits);
    for (std::size_t written = 0; written < count; written += round_size) {
        for (std::size_t i = written; i < written + round_size; ++i) {
            // Beyond the last bit it writes what nobody reads.
            to[i] =
                static_cast<std::uint16_t>(base + static_cast<unsigned>(std::countr_zero(bits)));
            bits &= bits - 1;
        }
    }
    return count;
}

/// What a scan has found when it has come to the end, knowing whether the last byte is a letter. A
/// part that is not full has ended its last word itself.
[[gnu::always_inline]] inline Scan finish_scan(std::size_t size, bool ends_in_word,
                                               std::uint16_t* edges, std::size_t count) noexcept {
    if (!ends_in_word) return {size, count};
    if (size == window_size) return {edges[count - 1], count - 1};
    edges[count] = static_cast<std::uint16_t>(size);
    return {size, count + 1};
}

[[gnu::always_inline]] inline Scan scan_bitwise(const char* from, std::size_t size, char* text,
                                                std::uint16_t* edges) noexcept {
    std::uint64_t in_word = 0;
    std::size_t count = 0;
    for (std::size_t base = 0; base < size; base += part_size) {
        const Bits letters = lower_part(from + base, std::min(size - base, part_size), text + base);
        const Bits found = edges_of(letters, in_word);
        in_word = letters.high >> 63U;
        count += write_edges(found.low, base, edges + count);
        count += write_edges(found.high, base + block_size, edges + count);
    }
    return finish_scan(size, in_word != 0, edges, count);
}

}  // namespace

std::uint64_t lower_step_portable(const char* from, char* to) noexcept {
    const std::uint64_t low = lower_eight(from, to);
    return low | (lower_eight(from + 8, to + 8) << 8U);
}

std::uint64_t lower_block(const char* from, char* to) noexcept {
    return lower_whole_block(from, to);
}

Scan scan_window_plain(const char* from, std::size_t size, char* text,
                       std::uint16_t* edges) noexcept {
    return scan_bitwise(from, size, text, edges);
}

#if defined(__x86_64__)

bool has_bit_instructions() noexcept {
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

bool has_wide_vectors() noexcept {
    return __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

[[gnu::target("bmi,popcnt")]] Scan scan_window_bits(const char* from, std::size_t size, char* text,
                                                    std::uint16_t* edges) noexcept {
    return scan_bitwise(from, size, text, edges);
}

namespace {

/// As many lanes as `count`, at most all of them.
[[gnu::always_inline]] inline unsigned lanes(std::size_t count) noexcept {
    return static_cast<unsigned>(std::min(count, block_size));
}

/// Writes 64 positions in a part as positions in the window.
[[gnu::target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt"),
  gnu::always_inline]] inline void
store_edges(__m512i positions, std::size_t base, std::uint16_t* to) noexcept {
    const __m512i bases = _mm512_set1_epi16(static_cast<short>(base));
    const __m512i first = _mm512_cvtepu8_epi16(_mm512_maskz_extracti64x4_epi64(0xff, positions, 0));
    const __m512i last = _mm512_cvtepu8_epi16(_mm512_maskz_extracti64x4_epi64(0xff, positions, 1));
    _mm512_storeu_si512(to, _mm512_add_epi16(first, bases));
    _mm512_storeu_si512(to + block_size / 2, _mm512_add_epi16(last, bases));
}

}  // namespace

[[gnu::target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")]] Scan scan_window_wide(
    const char* from, std::size_t size, char* text, std::uint16_t* edges) noexcept {
    const __m512i case_bit = _mm512_set1_epi8(0x20);
    const __m512i first_letter = _mm512_set1_epi8('a');
    const __m512i letter_count = _mm512_set1_epi8(26);
    alignas(64) static constexpr std::uint8_t counting[] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    static_assert(sizeof counting == block_size);
    const __m512i positions = _mm512_load_si512(counting);
    const __m512i high_positions = _mm512_add_epi8(positions, _mm512_set1_epi8(block_size));
    std::uint64_t in_word = 0;
    std::size_t count = 0;
    // A part needs neither a branch on its size nor one on the number of its words.
    for (std::size_t base = 0; base < size; base += part_size) {
        const std::size_t left = size - base;
        const char* const high_from = from + base + std::min(left, block_size);
        const auto low_bytes = _bzhi_u64(~0ULL, lanes(left));
        const auto high_bytes = _bzhi_u64(~0ULL, lanes(left - std::min(left, block_size)));
        const __m512i low =
            _mm512_or_si512(_mm512_maskz_loadu_epi8(low_bytes, from + base), case_bit);
        const __m512i high =
            _mm512_or_si512(_mm512_maskz_loadu_epi8(high_bytes, high_from), case_bit);
        _mm512_storeu_si512(text + base, low);
        _mm512_storeu_si512(text + base + block_size, high);
        const Bits letters = {
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(low, first_letter), letter_count),
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(high, first_letter), letter_count)};
        const Bits found = edges_of(letters, in_word);
        in_word = letters.high >> 63U;

        const std::size_t low_count = count_bits(found.low);
        const std::size_t high_count = count_bits(found.high);
        const __m512i low_edges = _mm512_maskz_compress_epi8(found.low, positions);
        const __m512i high_edges = _mm512_maskz_compress_epi8(found.high, high_positions);
        // The usual few edges are put together in a register: numbers from two stores are read
        // slowly.
        const auto from_high = ~_bzhi_u64(~0ULL, lanes(low_count));
        const __m512i moved =
            _mm512_sub_epi8(positions, _mm512_set1_epi8(static_cast<char>(low_count)));
        store_edges(_mm512_mask_permutexvar_epi8(low_edges, from_high, moved, high_edges), base,
                    edges + count);
        if (low_count + high_count > block_size)
            store_edges(high_edges, base, edges + count + low_count);
        count += low_count + high_count;
    }
    return finish_scan(size, in_word != 0, edges, count);
}

Scan scan_window(const char* from, std::size_t size, char* text, std::uint16_t* edges) noexcept {
    if (has_wide_vectors()) return scan_window_wide(from, size, text, edges);
    if (has_bit_instructions()) return scan_window_bits(from, size, text, edges);
    return scan_window_plain(from, size, text, edges);
}

#else

Scan scan_window(const char* from, std::size_t size, char* text, std::uint16_t* edges) noexcept {
    return scan_window_plain(from, size, text, edges);
}

#endif

}  // namespace renoir::text::detail
