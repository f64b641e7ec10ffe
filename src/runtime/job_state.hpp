#pragma once

// What the workers of a rank share: whether to stop, and why.

#include "runtime/network.hpp"

#include <atomic>
#include <mutex>
#include <optional>

namespace renoir {

class JobState {
 public:
    /// Sequentially consistent, see Parker::wake: asked between an announcement and a sleep.
    [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_seq_cst); }

    /// Records the first failure and asks the workers to stop; false when one was there already.
    bool fail(Failure failure) {
        {
            const std::lock_guard lock(mutex_);
            if (failure_) return false;
            failure_ = std::move(failure);
        }
        stopped_.store(true, std::memory_order_seq_cst);
        return true;
    }

    [[nodiscard]] std::optional<Failure> failure() const {
        const std::lock_guard lock(mutex_);
        return failure_;
    }

 private:
    std::atomic<bool> stopped_{false};
    mutable std::mutex mutex_;
    std::optional<Failure> failure_;
};

}  // namespace renoir
