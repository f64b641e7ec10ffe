#include "word_borders.hpp"

#include <array>
#include <bit>

#include "word.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace baseline {

namespace {

std::size_t find_borders_anywhere(const char* text, std::size_t begin, std::size_t end,
                                  bool& in_word, std::uint32_t* out) {
    std::uint32_t* const first = out;
    const std::size_t stop = (end + block_bytes - 1) / block_bytes * block_bytes;
    bool before = in_word;
    for (std::size_t i = begin; i < stop; ++i) {
        // Written always and kept only at a border: words are too short to predict a branch.
        const bool letter = is_letter(text[i]);
        *out = static_cast<std::uint32_t>(i);
        out += letter != before ? 1 : 0;
        before = letter;
    }
    in_word = before;
    return static_cast<std::size_t>(out - first);
}

#if defined(__x86_64__)

/// Bits at which a run of ones begins or has ended; `before` is the last bit of the block before.
[[gnu::always_inline]] inline std::uint64_t border_bits(std::uint64_t letters,
                                                        std::uint64_t before) noexcept {
    return letters ^ (letters << 1 | before);
}

[[gnu::target("avx2,bmi,bmi2,popcnt")]] std::uint32_t letters_avx2(const char* text) {
    const __m256i lower = _mm256_or_si256(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text)), _mm256_set1_epi8(0x20));
    const __m256i distance = _mm256_sub_epi8(lower, _mm256_set1_epi8('a'));
    const __m256i nearest = _mm256_min_epu8(distance, _mm256_set1_epi8(25));
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(nearest, distance)));
}

[[gnu::target("avx2,bmi,bmi2,popcnt")]] std::size_t find_borders_avx2(
    const char* text, std::size_t begin, std::size_t end, bool& in_word, std::uint32_t* out) {
    std::uint32_t* const first = out;
    std::uint64_t before = in_word ? 1 : 0;
    for (std::size_t i = begin; i < end; i += block_bytes) {
        const std::uint64_t letters =
            letters_avx2(text + i) | std::uint64_t{letters_avx2(text + i + 32)} << 32;
        std::uint64_t bits = border_bits(letters, before);
        before = letters >> 63;
        std::uint32_t* const next = out + std::popcount(bits);
        // Eight at a time, some of them in vain: fewer branches to miss.
        while (bits != 0) {
            for (int k = 0; k < 8; ++k) {
                *out++ = static_cast<std::uint32_t>(i) +
                         static_cast<std::uint32_t>(std::countr_zero(bits));
                bits &= bits - 1;
            }
        }
        out = next;
    }
    in_word = before != 0;
    return static_cast<std::size_t>(out - first);
}

// The forms with a mask of ones compile to the same and spare GCC 12 a false warning.

template <int Index>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi2")]] inline __m128i quarter(__m512i bytes) {
    return _mm512_maskz_extracti32x4_epi32(0xf, bytes, Index);
}

/// Writes base plus each of 16 bytes.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi2")]] inline void store_positions(
    std::uint32_t* out, __m512i base, __m128i offsets) {
    _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_maskz_cvtepu8_epi32(0xffff, offsets)));
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt")]] std::size_t
find_borders_avx512(const char* text, std::size_t begin, std::size_t end, bool& in_word,
                    std::uint32_t* out) {
    alignas(64) static constexpr auto positions = [] {
        std::array<unsigned char, block_bytes> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<unsigned char>(i);
        return all;
    }();
    const __m512i all_positions = _mm512_load_si512(positions.data());
    std::uint32_t* const first = out;
    std::uint64_t before = in_word ? 1 : 0;
    for (std::size_t i = begin; i < end; i += block_bytes) {
        const __m512i lower = _mm512_or_si512(_mm512_loadu_si512(text + i), _mm512_set1_epi8(0x20));
        const std::uint64_t letters = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(lower, _mm512_set1_epi8('a')), _mm512_set1_epi8(26));
        const std::uint64_t bits = border_bits(letters, before);
        before = letters >> 63;
        const __m512i found = _mm512_maskz_compress_epi8(bits, all_positions);
        const __m512i base = _mm512_set1_epi32(static_cast<int>(i));
        const int count = std::popcount(bits);
        store_positions(out, base, quarter<0>(found));
        if (count > 16) store_positions(out + 16, base, quarter<1>(found));
        if (count > 32) [[unlikely]] {
            store_positions(out + 32, base, quarter<2>(found));
            store_positions(out + 48, base, quarter<3>(found));
        }
        out += count;
    }
    in_word = before != 0;
    return static_cast<std::size_t>(out - first);
}

bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

#endif

}  // namespace

std::vector<FindBorders> usable_find_borders() {
    std::vector<FindBorders> usable;
#if defined(__x86_64__)
    if (has_avx512()) usable.push_back(find_borders_avx512);
    if (has_avx2()) usable.push_back(find_borders_avx2);
#endif
    usable.push_back(find_borders_anywhere);
    return usable;
}

}  // namespace baseline
