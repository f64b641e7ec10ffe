#include <renoir/runtime/parker.hpp>

namespace renoir {

void Parker::sleep_until(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    const auto awake = [&] { return !parked_.load(std::memory_order_relaxed); };
    if (deadline == Clock::time_point::max()) {
        woken_.wait(lock, awake);
    } else {
        woken_.wait_until(lock, deadline, awake);
    }
    parked_.store(false, std::memory_order_relaxed);
}

void Parker::notify() noexcept {
    const std::lock_guard lock(mutex_);
    if (!parked_.exchange(false, std::memory_order_relaxed)) return;
    woken_.notify_one();
}

}  // namespace renoir
