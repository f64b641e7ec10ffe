#pragma once

/// A bounded queue between one sending and one receiving thread.

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace baseline {

template <typename Item, std::size_t Capacity>
class SpscRing {
 public:
    /// Moves from `item` only if there was room.
    [[nodiscard]] bool try_push(std::unique_ptr<Item>& item) {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == Capacity) return false;
        slots_[tail % Capacity] = std::move(item);
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// Nothing if the ring is empty.
    [[nodiscard]] std::unique_ptr<Item> try_pop() {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return nullptr;
        std::unique_ptr<Item> item = std::move(slots_[head % Capacity]);
        head_.store(head + 1, std::memory_order_release);
        return item;
    }

    /// Said by the sender after its last push.
    void close() noexcept { closed_.store(true, std::memory_order_release); }

    /// Once true, a pop that finds nothing is the last.
    [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

 private:
    static constexpr std::size_t line = 64;  // keeps the two sides off each other's cache lines

    alignas(line) std::atomic<std::size_t> head_{0};
    alignas(line) std::atomic<std::size_t> tail_{0};
    std::atomic<bool> closed_{false};
    alignas(line) std::array<std::unique_ptr<Item>, Capacity> slots_{};
};

}  // namespace baseline
