#pragma once

/// Items that stay in memory while a loop runs.

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
 public:
    void add(T&& item) {
        if (size_ == chunks_.size() * chunk_items) chunks_.push_back(Chunk());
        chunks_[size_ / chunk_items].add(std::move(item));
        ++size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// At least one and at most `most` items from `position` on, which must be less than size().
    [[nodiscard]] std::span<T> run(std::size_t position, std::size_t most) noexcept {
        const std::span<T> chunk = chunks_[position / chunk_items].items();
        const std::size_t offset = position % chunk_items;
        return chunk.subspan(offset, std::min(most, chunk.size() - offset));
    }

    /// Keeps the memory for the next items.
    void clear() noexcept {
        for (Chunk& chunk : chunks_) chunk.clear();
        size_ = 0;
    }

 private:
    static constexpr std::size_t chunk_bytes = std::size_t{256} * 1024;
    static constexpr std::size_t chunk_items = std::max<std::size_t>(chunk_bytes / sizeof(T), 16);

    // Not a std::vector, which has no contiguous items for bool.
    class Chunk {
     public:
        Chunk() : items_(std::allocator<T>().allocate(chunk_items)) {}
        Chunk(Chunk&& other) noexcept
            : items_(std::exchange(other.items_, nullptr)), size_(std::exchange(other.size_, 0)) {}
        Chunk& operator=(Chunk&& other) noexcept {
            std::swap(items_, other.items_);
            std::swap(size_, other.size_);
            return *this;
        }
        ~Chunk() {
            if (items_ == nullptr) return;
            clear();
            std::allocator<T>().deallocate(items_, chunk_items);
        }

        void add(T&& item) {
            std::construct_at(items_ + size_, std::move(item));
            ++size_;
        }
        void clear() noexcept { std::destroy_n(items_, std::exchange(size_, 0)); }
        [[nodiscard]] std::span<T> items() const noexcept { return {items_, size_}; }

     private:
        T* items_;
        std::size_t size_ = 0;
    };

    std::vector<Chunk> chunks_;
    std::size_t size_ = 0;
};

}  // namespace renoir
