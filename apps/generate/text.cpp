#include "text.hpp"

#include <algorithm>
#include <cstring>

#include "random.hpp"

namespace generate {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{512} << 10;
constexpr std::uint32_t fewest_words_per_line = 5;
constexpr std::uint32_t line_lengths = 11;
constexpr std::size_t longest_line =
    (fewest_words_per_line + line_lengths - 1) * sizeof(PaddedWord);

/// Appends a word and its space. It copies the whole slot, so `out` needs room for one.
char* append(char* out, const PaddedWord& word) noexcept {
    std::memcpy(out, &word, sizeof word);
    return out + word.size;
}

}  // namespace

Text::Text(const TextOptions& options)
    : options_(options),
      vocabulary_(make_vocabulary(options.words, options.seed)),
      zipf_(options.words, options.exponent) {}

std::uint64_t Text::chunk_count() const {
    return options_.bytes / chunk_bytes + (options_.bytes % chunk_bytes != 0 ? 1 : 0);
}

std::size_t Text::max_chunk_bytes() const {
    return chunk_bytes + sizeof(PaddedWord);
}

std::size_t Text::fill(std::uint64_t chunk, char* out) const {
    const std::size_t size = static_cast<std::size_t>(
        std::min<std::uint64_t>(chunk_bytes, options_.bytes - chunk * chunk_bytes));
    const char* const begin = out;
    char* const end = out + size;
    Random random(options_.seed, chunk);
    while (static_cast<std::size_t>(end - out) > longest_line) {
        const std::uint32_t words = fewest_words_per_line + random.below(line_lengths);
        for (std::uint32_t i = 0; i < words; ++i) {
            out = append(out, vocabulary_[zipf_.rank(random.next())]);
        }
        out[-1] = '\n';
    }

    // The last line takes words that leave either nothing or room for another one. A vocabulary
    // without short words may have none that fits; empty lines then fill the chunk.
    constexpr int most_tries = 1000;
    constexpr std::size_t shortest_word = 2;
    for (int tries = 0; out != end && tries < most_tries; ++tries) {
        const PaddedWord& word = vocabulary_[zipf_.rank(random.next())];
        const auto room = static_cast<std::size_t>(end - out);
        if (word.size == room || word.size + shortest_word <= room) {
            out = append(out, word);
            tries = 0;
        }
    }
    std::fill(out == begin ? out : out - 1, end, '\n');
    return size;
}

}  // namespace generate
