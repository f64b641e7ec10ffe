#pragma once

// Memory of network slabs.

#include <renoir/transport/slab.hpp>

#include <atomic>
#include <cstdint>

namespace renoir {

/// A huge page that is cut into network slabs. What the system copies between processes it looks up
/// page by page, so in huge pages two ranks of a host exchange at about twice the speed.
///
/// It frees itself when its owner has closed it and the last of its slabs is gone; a slab finds its
/// arena by its address.
class SlabArena {
 public:
    /// Throws std::bad_alloc.
    [[nodiscard]] static SlabArena* open();

    /// For the owner, which gives up its arena with the last slab. Not thread-safe.
    [[nodiscard]] bool is_exhausted() const noexcept { return made_ == slabs; }
    [[nodiscard]] SlabPointer make_slab() noexcept;
    void close() noexcept { leave(); }

    /// Of a slab that an arena has made, by any thread.
    static void free(Slab* slab) noexcept;

 private:
    static constexpr std::size_t bytes = std::size_t{2} << 20;  // of a huge page, and its alignment
    static constexpr std::size_t slab_bytes = Slab::payload_offset + network_slab_capacity;
    static constexpr std::size_t first_slab = Slab::alignment;
    static constexpr std::uint32_t slabs = (bytes - first_slab) / slab_bytes;
    static_assert(slab_bytes % Slab::alignment == 0);

    SlabArena() = default;
    void leave() noexcept;

    std::atomic<std::uint32_t> users_{1};  // the owner, and the slabs
    std::uint32_t made_ = 0;
};

}  // namespace renoir
