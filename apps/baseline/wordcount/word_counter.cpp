#include "word_counter.hpp"

namespace baseline {

void WordCounter::add_long(std::string_view word, std::uint64_t count) {
    const auto found = long_words_.find(word);
    if (found != long_words_.end()) {
        found->second += count;
    } else {
        long_words_.emplace(word, count);
    }
}

}  // namespace baseline
