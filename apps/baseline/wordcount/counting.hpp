#pragma once

/// The two ways to count the words of a file with several threads.

#include <vector>

#include "shared/input_file.hpp"
#include "word_counter.hpp"

namespace baseline {

/// The counts of a file; each word is in exactly one of the parts.
using Counts = std::vector<WordCounter>;

/// Each thread counts its range of the file, then each merges its share of the words.
[[nodiscard]] Counts count_assoc(const InputFile& file, unsigned threads);

/// Each thread sends every word of its range to the thread that owns the word, which counts it.
[[nodiscard]] Counts count_fold(const InputFile& file, unsigned threads);

/// The first byte of a thread's range of the file.
[[nodiscard]] inline std::uint64_t range_begin(const InputFile& file, unsigned thread,
                                               unsigned threads) noexcept {
    return file.size() / threads * thread + file.size() % threads * thread / threads;
}

/// The thread that owns a hash: its high bits decide, the low ones address tables.
[[nodiscard]] constexpr unsigned owner_of(std::uint64_t hash, unsigned threads) noexcept {
    return static_cast<unsigned>(((hash >> 32) * threads) >> 32);
}

}  // namespace baseline
