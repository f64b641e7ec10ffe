#include "transport/slab_arena.hpp"

#include <sys/mman.h>

#include <new>

namespace renoir {

SlabArena* SlabArena::open() {
    static_assert(sizeof(SlabArena) <= first_slab);
    void* const memory = ::operator new(bytes, std::align_val_t{bytes});
    // Where it is refused the pages are small, which is slower and nothing else.
    madvise(memory, bytes, MADV_HUGEPAGE);
    return new (memory) SlabArena;
}

SlabPointer SlabArena::make_slab() noexcept {
    std::byte* const place = reinterpret_cast<std::byte*>(this) + first_slab + made_ * slab_bytes;
    ++made_;
    users_.fetch_add(1, std::memory_order_relaxed);
    return SlabPointer(new (place) Slab(network_slab_capacity));
}

void SlabArena::free(Slab* slab) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(slab);
    reinterpret_cast<SlabArena*>(address & ~(std::uintptr_t{bytes} - 1))->leave();
}

void SlabArena::leave() noexcept {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    this->~SlabArena();
    ::operator delete(this, std::align_val_t{bytes});
}

}  // namespace renoir
