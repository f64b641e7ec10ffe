#pragma once

/// Which of many channels something has happened to.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace renoir {

/// A set of small numbers that any thread adds to and one at a time empties. What was done before
/// `add` is seen by whoever takes the number out.
class ReadySet {
 public:
    /// Makes room for the numbers below `size`; only while nobody uses the set.
    void grow(std::size_t size) {
        while (words_.size() * bits < size) words_.emplace_back(0);
    }

    // Sequentially consistent: either the number is found in the set by a take_all() that comes
    // later, or the one that took it out sees what was done before.
    void add(std::size_t number) noexcept {
        std::atomic<std::uint64_t>& word = words_[number / bits];
        const std::uint64_t bit = std::uint64_t{1} << (number % bits);
        if ((word.load(std::memory_order_seq_cst) & bit) == 0)
            word.fetch_or(bit, std::memory_order_seq_cst);
    }

    /// Takes all numbers out and calls `use` with each.
    template <class Use>
    void take_all(Use&& use) {
        std::size_t first = 0;
        for (std::atomic<std::uint64_t>& word : words_) {
            std::uint64_t taken = 0;
            if (word.load(std::memory_order_seq_cst) != 0)
                taken = word.exchange(0, std::memory_order_seq_cst);
            for (; taken != 0; taken &= taken - 1)
                use(first + static_cast<std::size_t>(std::countr_zero(taken)));
            first += bits;
        }
    }

 private:
    static constexpr std::size_t bits = 64;
    std::deque<std::atomic<std::uint64_t>> words_;
};

}  // namespace renoir
