#include "word_table.hpp"

#include <algorithm>
#include <utility>

namespace baseline {

namespace {

constexpr std::size_t look_ahead = 128;
constexpr std::size_t first_capacity = std::size_t{1} << 16;  // one huge page

}  // namespace

WordTable::WordTable() : WordTable(first_capacity) {}

WordTable::WordTable(std::size_t capacity)
    : memory_(capacity * sizeof(Slot)), mask_(capacity - 1) {}

void WordTable::count(std::span<const Word> words) {
    std::array<std::uint64_t, look_ahead> hashes;
    const auto fetch = [&](std::size_t i) {
        const std::uint64_t hash = hash_of(words[i]);
        hashes[i % look_ahead] = hash;
        __builtin_prefetch(slots() + (hash & mask_), 1);
    };
    for (std::size_t i = 0; i < std::min(look_ahead, words.size()); ++i) fetch(i);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::uint64_t hash = hashes[i % look_ahead];
        if (i + look_ahead < words.size()) fetch(i + look_ahead);
        add(words[i], hash, 1);
    }
}

inline void WordTable::add(const Word& word, std::uint64_t hash, std::uint64_t count) {
    for (std::uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
        Slot& slot = slots()[i];
        if (slot.word == word) {
            slot.count += count;
            return;
        }
        if (slot.count == 0) {
            slot = {word, count};
            if (++used_ > mask_ / 2) grow();
            return;
        }
    }
}

void WordTable::add(const Word& word, std::uint64_t count) {
    add(word, hash_of(word), count);
}

void WordTable::grow() {
    WordTable larger(2 * (mask_ + 1));
    for_each([&](const Word& word, std::uint64_t count) { larger.add(word, count); });
    *this = std::move(larger);
}

}  // namespace baseline
