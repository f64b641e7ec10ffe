#pragma once

/// A bounded queue of slabs between one producing and one consuming thread.

#include <renoir/transport/slab.hpp>

#include <array>
#include <atomic>
#include <cstddef>

namespace renoir {

/// Single producer, single consumer, lock-free. Each side caches the other's position, so that an
/// uncontended push or pop touches one shared cache line only (Lamport's queue as refined by
/// Giacomoni et al., FastForward, and Lee et al., MCRingBuffer).
class SlabRing {
 public:
    /// Few slabs in flight stay in the caches; 4 were as good as 16.
    static constexpr std::size_t slots = 8;

    SlabRing() = default;
    SlabRing(const SlabRing&) = delete;
    SlabRing& operator=(const SlabRing&) = delete;

    /// Producer: takes the slab and returns true, or leaves it alone and returns false when full.
    /// Then the consumer learns that the producer waits for room.
    [[nodiscard]] bool try_push(SlabPointer& slab) noexcept {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_seen_ == slots) {
            head_seen_ = head_.load(std::memory_order_acquire);
            if (tail - head_seen_ == slots && !room_after_announcement(tail)) return false;
        }
        cells_[tail % slots] = std::move(slab);
        tail_.store(tail + 1, std::memory_order_seq_cst);  // see Parker::wake
        return true;
    }

    /// Consumer: the oldest slab, or null when empty.
    [[nodiscard]] SlabPointer try_pop() noexcept {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_seen_) {
            tail_seen_ = tail_.load(std::memory_order_seq_cst);
            if (head == tail_seen_) return nullptr;
        }
        SlabPointer slab = std::move(cells_[head % slots]);
        head_.store(head + 1, std::memory_order_seq_cst);  // see producer_waits
        return slab;
    }

    /// Consumer, after a pop: whether the producer found no room since this was asked last. Then it
    /// may sleep and must be woken.
    [[nodiscard]] bool producer_waits() noexcept {
        if (!producer_waits_.load(std::memory_order_seq_cst)) return false;
        // An announcement that comes after the look must not be wiped out by it.
        return producer_waits_.exchange(false, std::memory_order_seq_cst);
    }

    /// Either side: whether nothing is in the ring at this moment.
    [[nodiscard]] bool empty() const noexcept {
        return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
    }

    /// Slabs consumed so far; what a credit is given back for.
    [[nodiscard]] std::size_t popped() const noexcept {
        return head_.load(std::memory_order_acquire);
    }

 private:
    static constexpr std::size_t cache_line = 64;

    // Either this look at the head sees the consumer's pop, or the consumer sees the announcement.
    bool room_after_announcement(std::size_t tail) noexcept {
        producer_waits_.store(true, std::memory_order_seq_cst);
        head_seen_ = head_.load(std::memory_order_seq_cst);
        return tail - head_seen_ != slots;
    }

    alignas(cache_line) std::atomic<std::size_t> tail_{0};
    std::size_t head_seen_ = 0;  // of the producer
    alignas(cache_line) std::atomic<std::size_t> head_{0};
    std::size_t tail_seen_ = 0;  // of the consumer
    alignas(cache_line) std::atomic<bool> producer_waits_{false};
    alignas(cache_line) std::array<SlabPointer, slots> cells_;
};

}  // namespace renoir
