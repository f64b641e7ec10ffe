#include "vocabulary.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cmath>
#include <string>

#include "random.hpp"

namespace generate {

namespace {

/// Each letter about as often as in English.
constexpr std::string_view letter_pool =
    "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummm"
    "wwffggyyppbbvkjxqz";

/// Streams of the seed below this belong to the chunks of the text.
constexpr std::uint64_t vocabulary_stream = std::uint64_t{1} << 63;

std::size_t letters_of_rank(std::uint32_t rank, Random& random) {
    const double centre = 1.35 + 0.6 * std::log(rank + 1.0);
    const double spread = 2.6 * (random.unit() + random.unit() + random.unit() - 1.5);
    const auto letters = std::lround(centre + spread);
    return static_cast<std::size_t>(
        std::clamp<long>(letters, 1, static_cast<long>(max_word_letters)));
}

std::string random_word(std::size_t letters, Random& random) {
    std::string word(letters, ' ');
    for (char& letter : word) {
        letter = letter_pool[random.below(static_cast<std::uint32_t>(letter_pool.size()))];
    }
    return word;
}

PaddedWord padded(const std::string& word) {
    PaddedWord result{{}, static_cast<std::uint8_t>(word.size() + 1)};
    result.text.fill(' ');
    std::copy(word.begin(), word.end(), result.text.begin());
    return result;
}

}  // namespace

std::vector<PaddedWord> make_vocabulary(std::uint32_t words, std::uint64_t seed) {
    // There are only so many short words: after this many collisions the next is a letter longer.
    constexpr int tries_per_length = 8;
    Random random(seed, vocabulary_stream);
    boost::unordered_flat_set<std::string> taken;
    taken.reserve(words);
    std::vector<PaddedWord> vocabulary;
    vocabulary.reserve(words);
    for (std::uint32_t rank = 0; rank < words; ++rank) {
        std::size_t letters = letters_of_rank(rank, random);
        std::string word = random_word(letters, random);
        for (int tries = 1; !taken.insert(word).second; ++tries) {
            if (tries % tries_per_length == 0 && letters < max_word_letters) ++letters;
            word = random_word(letters, random);
        }
        vocabulary.push_back(padded(word));
    }
    return vocabulary;
}

}  // namespace generate
