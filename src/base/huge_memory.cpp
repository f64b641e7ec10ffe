#include <renoir/base/huge_memory.hpp>

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace renoir::detail {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::align_val_t cache_line{64};

/// A mapping of whole huge pages, aligned to one: the surplus on both sides is given back.
std::byte* map_huge(std::size_t bytes) {
    const std::size_t reserved = bytes + huge_page;
    void* mapping =
        mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    auto* base = static_cast<std::byte*>(mapping);
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(base) % huge_page;
    const std::size_t before = misaligned == 0 ? 0 : huge_page - misaligned;
    if (before != 0) munmap(base, before);
    munmap(base + before + bytes, huge_page - before);
    // Only advice: without huge pages the table is slower, not wrong.
    static_cast<void>(madvise(base + before, bytes, MADV_HUGEPAGE));
    return base + before;
}

std::size_t round_up(std::size_t bytes) {
    return (bytes + huge_page - 1) / huge_page * huge_page;
}

}  // namespace

void HugeMemoryDeleter::operator()(std::byte* memory) const noexcept {
    if (bytes >= huge_page) {
        munmap(memory, round_up(bytes));
    } else {
        ::operator delete[](memory, cache_line);
    }
}

HugeMemory allocate_huge(std::size_t bytes) {
    if (bytes >= huge_page) return {map_huge(round_up(bytes)), HugeMemoryDeleter{bytes}};
    auto* memory = static_cast<std::byte*>(::operator new[](bytes, cache_line));
    std::memset(memory, 0, bytes);
    return {memory, HugeMemoryDeleter{bytes}};
}

}  // namespace renoir::detail
