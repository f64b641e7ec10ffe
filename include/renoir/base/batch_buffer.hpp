#pragma once

/// Room for the items of one batch inside another object or on the stack.
///
///     detail::BatchBuffer<Row, 64> rows;
///     rows.emplace_back(1, 2);
///     next.push_batch(rows.items());

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace renoir::detail {

/// At most `Capacity` items; nothing is constructed before it is added, so an unused one costs
/// nothing and T needs no default constructor.
template <class T, std::size_t Capacity>
class BatchBuffer {
 public:
    BatchBuffer() noexcept {}  // NOLINT: a default one would fill the memory where it is zeroed
    BatchBuffer(const BatchBuffer&) = delete;
    BatchBuffer& operator=(const BatchBuffer&) = delete;
    ~BatchBuffer() { clear(); }

    /// Adds an item; there must be room.
    template <class... Arguments>
    T& emplace_back(Arguments&&... arguments) {
        T* const added = new (memory_ + size_ * sizeof(T)) T(std::forward<Arguments>(arguments)...);
        ++size_;
        return *added;
    }

    [[nodiscard]] std::span<T> items() noexcept {
        return {std::launder(reinterpret_cast<T*>(memory_)), size_};
    }

    void clear() noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_n(items().data(), size_);
        size_ = 0;
    }

 private:
    std::size_t size_ = 0;
    alignas(T) std::byte memory_[Capacity * sizeof(T)];
};

/// How many items of a type go together where they are looked at twice: enough to hide the latency
/// of memory behind prefetches, few enough to stay in the first level cache. They lie on the stack,
/// so of large ones there are fewer.
template <class T>
inline constexpr std::size_t batch_items = std::clamp<std::size_t>(
    8192 / sizeof(T), std::clamp<std::size_t>(64 * 1024 / sizeof(T), 1, 32), 256);

}  // namespace renoir::detail
