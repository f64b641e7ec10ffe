#pragma once

/// The work of apps/bench, by hand.

#include "bench/workload.hpp"

namespace baseline {

/// The numbers that are put in, and the threads that share them.
struct Input {
    workload::Number first = 1;
    workload::Number records = 0;
    unsigned threads = 1;

    /// The first number of a thread; that of the thread behind the last is the end.
    [[nodiscard]] workload::Number begin_of(unsigned thread) const noexcept {
        return first + records / threads * thread + records % threads * thread / threads;
    }
};

/// Each thread sends its records to all threads in turn; each adds up what it receives.
[[nodiscard]] workload::Number sum_of_shuffled(const Input& input);

/// Ten maps and a sum.
[[nodiscard]] workload::Number sum_of_mapped(const Input& input);

/// Five maps and five filters in turn, and a sum.
[[nodiscard]] workload::Number sum_of_kept(const Input& input);

}  // namespace baseline
