#pragma once

/// Memory for large tables, in huge pages where the system gives them: HugeVector.
///
///     renoir::HugeVector<std::uint32_t> degrees(vertices);  // ++degrees[any vertex] is cheap

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace renoir::detail {

struct HugeMemoryDeleter {
    std::size_t bytes = 0;
    void operator()(std::byte* memory) const noexcept;
};

using HugeMemory = std::unique_ptr<std::byte[], HugeMemoryDeleter>;

/// `bytes` zeroed bytes, aligned to a cache line. From two megabytes on the kernel is asked for
/// huge pages: a table probed at random misses the TLB once a probe without them.
[[nodiscard]] HugeMemory allocate_huge(std::size_t bytes);

}  // namespace renoir::detail

namespace renoir {

/// An allocator for containers that become large and are used at random: a place in ordinary pages
/// costs a miss of the address translation cache then. What is smaller than two megabytes gains
/// nothing and lies in ordinary memory.
template <class T>
class HugeAllocator {
    static_assert(alignof(T) <= 64, "HugeAllocator aligns to cache lines");

 public:
    using value_type = T;

    HugeAllocator() = default;
    template <class Other>
    HugeAllocator(const HugeAllocator<Other>&) noexcept {}  // NOLINT: as for any allocator

    [[nodiscard]] T* allocate(std::size_t count) {
        if (count > std::size_t(-1) / sizeof(T)) throw std::bad_array_new_length();
        return reinterpret_cast<T*>(detail::allocate_huge(count * sizeof(T)).release());
    }
    void deallocate(T* items, std::size_t count) noexcept {
        detail::HugeMemoryDeleter{count * sizeof(T)}(reinterpret_cast<std::byte*>(items));
    }

    friend bool operator==(const HugeAllocator&, const HugeAllocator&) = default;
};

/// A vector in huge pages; it travels between workers as any other.
template <class T>
using HugeVector = std::vector<T, HugeAllocator<T>>;

}  // namespace renoir
