#include "transport/slab_arena.hpp"

#include <renoir/base/error.hpp>
#include <renoir/transport/slab.hpp>

#include <cstring>
#include <new>
#include <utility>

namespace renoir {

namespace {

constexpr std::align_val_t slab_alignment{Slab::alignment};

}  // namespace

// Only arenas make slabs of this capacity.
void SlabDeleter::operator()(Slab* slab) const noexcept {
    if (slab->capacity() == network_slab_capacity) return SlabArena::free(slab);
    ::operator delete(slab, slab_alignment);
}

SlabPointer make_slab(std::size_t capacity) {
    std::size_t rounded = (capacity + Slab::alignment - 1) / Slab::alignment * Slab::alignment;
    if (rounded == network_slab_capacity) rounded += Slab::alignment;
    void* memory = ::operator new(Slab::payload_offset + rounded, slab_alignment);
    return SlabPointer(new (memory) Slab(rounded));
}

SlabReserve::~SlabReserve() {
    if (arena_ != nullptr) arena_->close();
}

SlabPointer SlabReserve::take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return make();
    SlabPointer slab = std::move(free_.back());
    free_.pop_back();
    return slab;
}

SlabPointer SlabReserve::make() {
    if (arena_ == nullptr) arena_ = SlabArena::open();
    SlabPointer slab = arena_->make_slab();
    if (arena_->is_exhausted()) std::exchange(arena_, nullptr)->close();
    return slab;
}

void SlabReserve::give(SlabPointer slab) noexcept {
    slab->header = SlabHeader{};
    const std::lock_guard lock(mutex_);
    if (free_.size() == most_kept) return;
    try {
        free_.push_back(std::move(slab));
    } catch (const std::bad_alloc&) {
        // The slab is freed instead of kept.
    }
}

SlabPointer SlabPool::take(std::size_t capacity) {
    if (capacity > ordinary_slab_capacity) return take_large(capacity);
    std::vector<SlabPointer>& free = capacity == 0 ? free_for_marks_ : free_;
    if (free.empty()) return make_slab(capacity == 0 ? 0 : ordinary_slab_capacity);
    SlabPointer slab = std::move(free.back());
    free.pop_back();
    return slab;
}

SlabPointer SlabPool::take_large(std::size_t capacity) {
    const bool fits = capacity <= network_slab_capacity;
    return fits && reserve_ != nullptr ? reserve_->take() : make_slab(capacity);
}

void SlabPool::give(SlabPointer slab) noexcept {
    const std::size_t capacity = slab->capacity();
    if (capacity == network_slab_capacity && reserve_ != nullptr)
        return reserve_->give(std::move(slab));
    if (capacity == 0) return keep(std::move(slab), free_for_marks_);
    if (capacity == ordinary_slab_capacity) keep(std::move(slab), free_);
}

void SlabPool::keep(SlabPointer slab, std::vector<SlabPointer>& free) noexcept {
    if (free.size() == most_kept) return;
    slab->header = SlabHeader{};
    try {
        free.push_back(std::move(slab));
    } catch (const std::bad_alloc&) {
        // The slab is freed instead of kept.
    }
}

std::size_t bytes_as_it_is(const Slab& slab) noexcept {
    // Less than this is copied faster than it is sent alone.
    constexpr std::size_t least_front = 8 * 1024;
    constexpr std::size_t least_used = network_slab_capacity / 4 * 3;
    const SlabHeader& header = slab.header;
    if (slab.capacity() != network_slab_capacity) return 0;
    if (header.back_bytes == 0) return header.front_bytes >= least_front ? header.front_bytes : 0;
    const std::size_t used = std::size_t{header.front_bytes} + header.back_bytes;
    return used >= least_used ? network_slab_capacity : 0;
}

void check_image(const Slab& slab, std::size_t payload_bytes) {
    const SlabHeader& header = slab.header;
    const std::size_t used = std::size_t{header.front_bytes} + header.back_bytes;
    if (slab.capacity() == network_slab_capacity && used <= network_slab_capacity &&
        payload_bytes == bytes_as_it_is(slab))
        return;
    throw Error(ErrorKind::internal, "a slab of the wrong size arrived");
}

SlabParts parts_of(const Slab& slab) noexcept {
    const SlabHeader& header = slab.header;
    return {std::as_bytes(std::span(&header, 1)),
            {slab.payload(), header.front_bytes},
            {slab.payload() + slab.capacity() - header.back_bytes, header.back_bytes}};
}

SlabPointer deserialize(std::span<const std::byte> bytes, SlabPool& pool) {
    SlabHeader header;
    if (bytes.size() < sizeof(header)) throw Error(ErrorKind::internal, "a truncated slab arrived");
    std::memcpy(&header, bytes.data(), sizeof(header));
    const std::size_t payload = std::size_t{header.front_bytes} + header.back_bytes;
    if (bytes.size() != sizeof(header) + payload) {
        throw Error(ErrorKind::internal, "a slab of the wrong size arrived");
    }
    SlabPointer slab = pool.take(payload);
    slab->header = header;
    const std::byte* source = bytes.data() + sizeof(header);
    std::memcpy(slab->payload(), source, header.front_bytes);
    std::memcpy(slab->payload_end() - header.back_bytes, source + header.front_bytes,
                header.back_bytes);
    return slab;
}

}  // namespace renoir
