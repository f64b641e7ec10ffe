#pragma once

/// Where a worker sleeps while it has nothing to do.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace renoir {

using Clock = std::chrono::steady_clock;

/// When so long a time has passed; time_point::max(), which stands for never, where the clock does
/// not go so far.
[[nodiscard]] inline Clock::time_point later_by(Clock::duration duration,
                                                Clock::time_point now) noexcept {
    return duration < Clock::time_point::max() - now ? now + duration : Clock::time_point::max();
}

/// One sleeping place of one worker. The worker announces that it will sleep, looks once more for
/// work, and sleeps; whoever makes work for it calls `wake`, which costs one load while it is
/// awake.
class Parker {
 public:
    /// Worker: from now on `wake` has an effect.
    void announce() noexcept { parked_.store(true, std::memory_order_seq_cst); }

    /// Worker: found work after all.
    void withdraw() noexcept { parked_.store(false, std::memory_order_relaxed); }

    /// Worker: sleeps until woken or until `deadline`.
    void sleep_until(Clock::time_point deadline);

    /// Anyone: wakes the worker if it sleeps or is about to. The work must have been published by a
    /// sequentially consistent store (as SlabRing does) or under a mutex: then either this call
    /// sees the worker's announcement, or the worker's last look after it sees the work.
    void wake() noexcept {
        if (parked_.load(std::memory_order_seq_cst)) notify();
    }

 private:
    void notify() noexcept;

    std::atomic<bool> parked_{false};
    std::mutex mutex_;
    std::condition_variable woken_;
};

}  // namespace renoir
