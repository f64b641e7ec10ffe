#pragma once

/// What a stage does that is due although no item arrived for it.

#include <renoir/runtime/parker.hpp>

namespace renoir {

/// A stage that must act by the clock, or before its worker runs out of work, registers a timer
/// with its ReplicaContext. The worker asks on its own thread, between two steps of the replica and
/// never while one of its outputs is blocked: about once a millisecond while there is work, and at
/// once when there is none.
class Timer {
 public:
    virtual ~Timer() = default;

    /// When `fire` is to be called; time_point::min() as soon as the worker has nothing else to do,
    /// time_point::max() while nothing is due.
    [[nodiscard]] virtual Clock::time_point due() const noexcept = 0;

    virtual void fire(Clock::time_point now) = 0;
};

}  // namespace renoir
