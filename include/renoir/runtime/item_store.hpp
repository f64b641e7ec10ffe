#pragma once

/// Items that stay in memory while a loop runs.

#include <renoir/base/huge_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace renoir {

/// Grows without moving what it has, and hands the items out in contiguous runs.
template <class T>
class ItemStore {
    static_assert(alignof(T) <= 64,
                  "items that are kept for a loop are aligned to 64 bytes at most");

 public:
    ItemStore() = default;
    ItemStore(ItemStore&&) = delete;
    ItemStore& operator=(ItemStore&&) = delete;
    ~ItemStore() { clear(); }

    void add(T&& item) {
        if (end_ == limit_) [[unlikely]]
            open_chunk();
        std::construct_at(end_, std::move(item));
        ++end_;
    }

    /// Moves all of them here.
    void add(std::span<T> items) {
        while (!items.empty()) {
            if (end_ == limit_) open_chunk();
            const auto room = static_cast<std::size_t>(limit_ - end_);
            const std::size_t count = std::min(room, items.size());
            end_ = std::uninitialized_move_n(items.data(), count, end_).second;
            items = items.subspan(count);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept {
        if (open_ == 0) return 0;
        const Chunk& last = chunks_[open_ - 1];
        return last.first + static_cast<std::size_t>(end_ - last.items());
    }

    /// At least one and at most `most` items from `position` on, which must be less than size().
    [[nodiscard]] std::span<T> run(std::size_t position, std::size_t most) noexcept {
        const auto behind =
            std::ranges::upper_bound(chunks_.begin(), opened(), position, {}, &Chunk::first);
        const Chunk& chunk = behind[-1];
        T* const end = behind == opened() ? end_ : chunk.items() + chunk.capacity;
        T* const begin = chunk.items() + (position - chunk.first);
        return {begin, std::min(most, static_cast<std::size_t>(end - begin))};
    }

    /// Keeps the memory for the next items.
    void clear() noexcept {
        for (; open_ > 0; --open_) {
            T* const begin = chunks_[open_ - 1].items();
            std::destroy(begin, end_);
            if (open_ > 1) end_ = chunks_[open_ - 2].items() + chunks_[open_ - 2].capacity;
        }
        end_ = limit_ = nullptr;
    }

 private:
    struct Chunk {
        detail::HugeMemory memory;
        std::size_t first;  ///< position of its first item
        std::size_t capacity;

        [[nodiscard]] T* items() const noexcept { return reinterpret_cast<T*>(memory.get()); }
    };

    /// The first chunks are small, since most loops keep little; later ones are huge pages.
    static constexpr std::size_t first_bytes = std::size_t{16} << 10;
    static constexpr std::size_t most_doublings = 7;

    [[nodiscard]] auto opened() noexcept {
        return chunks_.begin() + static_cast<std::ptrdiff_t>(open_);
    }

    void open_chunk() {
        if (open_ == chunks_.size()) {
            const std::size_t doublings = std::min(chunks_.size(), most_doublings);
            const std::size_t bytes = std::max(first_bytes << doublings, 16 * sizeof(T));
            chunks_.push_back({detail::allocate_huge(bytes), size(), bytes / sizeof(T)});
        }
        const Chunk& chunk = chunks_[open_++];
        end_ = chunk.items();
        limit_ = end_ + chunk.capacity;
    }

    std::vector<Chunk> chunks_;
    std::size_t open_ = 0;  ///< chunks that have items
    T* end_ = nullptr;      ///< behind the last item
    T* limit_ = nullptr;    ///< where the last open chunk ends
};

}  // namespace renoir
