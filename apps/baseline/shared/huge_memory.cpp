#include "shared/huge_memory.hpp"

#include <sys/mman.h>

#include <memory>
#include <new>
#include <utility>

namespace baseline {

HugeMemory::HugeMemory(std::size_t bytes) {
    constexpr std::size_t huge_page = std::size_t{2} << 20;
    std::size_t space = bytes + huge_page;
    void* const mapping =
        ::mmap(nullptr, space, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    mapping_ = mapping;
    mapped_bytes_ = space;
    data_ = mapping;
    std::align(huge_page, bytes, data_, space);
    ::madvise(data_, bytes, MADV_HUGEPAGE);
}

HugeMemory::HugeMemory(HugeMemory&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      data_(std::exchange(other.data_, nullptr)) {}

HugeMemory& HugeMemory::operator=(HugeMemory&& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(mapped_bytes_, other.mapped_bytes_);
    std::swap(data_, other.data_);
    return *this;
}

HugeMemory::~HugeMemory() {
    if (mapping_ != nullptr) ::munmap(mapping_, mapped_bytes_);
}

}  // namespace baseline
