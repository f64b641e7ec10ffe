#pragma once

// MPI of our own: started when the first job needs it, finalised when the process ends well.

#include "transport/mpi_ranks.hpp"

#include <chrono>

namespace renoir {

/// All ranks that the launcher has started. The first call starts MPI. `expected_ranks` is what the
/// launcher says. Throws Error(configuration) when MPI brings other ranks together than those, or
/// cannot be called by several threads in turn; Error(usage) when the program has started MPI.
///
/// A process that fails does not finalise MPI, as it would wait there for the others and they for
/// it; the launcher ends them. One that ends well in the middle of a job says so and aborts all;
/// one that ends well while others go on to a job makes them fail.
///
/// Where the ranks cannot reach each other MPI waits without an end; after `patience` (0: never)
/// the process ends with one error line.
[[nodiscard]] MpiRanks& launched_ranks(std::uint32_t expected_ranks, std::chrono::seconds patience);

}  // namespace renoir
