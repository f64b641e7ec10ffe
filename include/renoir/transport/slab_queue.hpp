#pragma once

/// Slabs that wait, the oldest first.

#include <renoir/transport/slab.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace renoir {

/// First in first out. It takes no memory before the first slab comes: each channel has such a
/// queue, there are very many channels, and most of them never have a slab that waits.
class SlabQueue {
 public:
    [[nodiscard]] bool empty() const noexcept { return slabs_.empty(); }

    void push_back(SlabPointer slab) { slabs_.push_back(std::move(slab)); }

    /// The oldest one, of a queue that is not empty.
    [[nodiscard]] SlabPointer& front() noexcept { return slabs_[first_]; }

    // What is gone is removed when it is half of all: one move for each slab, on average.
    void pop_front() noexcept {
        slabs_[first_++].reset();
        if (2 * first_ < slabs_.size()) return;
        slabs_.erase(slabs_.begin(), slabs_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }

 private:
    std::vector<SlabPointer> slabs_;
    std::size_t first_ = 0;
};

}  // namespace renoir
