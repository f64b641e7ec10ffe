#pragma once

/// Counts of short words in one flat array.

#include <span>

#include "shared/huge_memory.hpp"
#include "word.hpp"

namespace baseline {

/// Open addressing with linear probing. A slot holds the word itself, so that counting touches one
/// cache line; at most half of the slots are in use.
class WordTable {
 public:
    WordTable();

    /// Counts each word once. The slot of a word is fetched a hundred words before it is needed, by
    /// when it has arrived in the cache.
    void count(std::span<const Word> words);

    /// Adds to the count of one word.
    void add(const Word& word, std::uint64_t count);

    [[nodiscard]] std::size_t size() const noexcept { return used_; }

    /// Calls `visit(word, count)` for each word, in no order.
    void for_each(auto&& visit) const {
        for (std::uint64_t i = 0; i <= mask_; ++i) {
            const Slot& slot = slots()[i];
            if (slot.count != 0) visit(slot.word, slot.count);
        }
    }

 private:
    struct alignas(32) Slot {
        Word word;
        std::uint64_t count;
    };

    explicit WordTable(std::size_t capacity);

    [[nodiscard]] Slot* slots() const noexcept { return static_cast<Slot*>(memory_.data()); }

    void add(const Word& word, std::uint64_t hash, std::uint64_t count);
    void grow();

    HugeMemory memory_;
    std::uint64_t mask_;
    std::size_t used_ = 0;
};

}  // namespace baseline
