#pragma once

/// Zeroed memory in huge pages, which save a table most of its TLB misses.

#include <cstddef>

namespace baseline {

/// Owns the memory. Where the system has no huge pages to give, it is ordinary memory.
class HugeMemory {
 public:
    HugeMemory() = default;
    /// Throws std::bad_alloc.
    explicit HugeMemory(std::size_t bytes);
    HugeMemory(HugeMemory&& other) noexcept;
    HugeMemory& operator=(HugeMemory&& other) noexcept;
    ~HugeMemory();

    [[nodiscard]] void* data() const noexcept { return data_; }

 private:
    void* mapping_ = nullptr;
    std::size_t mapped_bytes_ = 0;
    void* data_ = nullptr;
};

}  // namespace baseline
