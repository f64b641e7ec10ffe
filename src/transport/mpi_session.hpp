#pragma once

// MPI of our own: started when the first job needs it, finalised when the process ends well.

#include "transport/mpi_ranks.hpp"

#include <chrono>

namespace renoir {

/// All ranks that the launcher has started. The first call starts MPI. `expected_ranks` is what the
/// launcher says. Throws Error(configuration) when MPI brings other ranks together than those, or
/// cannot be called by several threads in turn; Error(usage) when the program has started MPI.
///
/// MPI starts when all ranks have come to it and can reach each other, and only the clock can tell
/// that it does not: after `patience` the process ends with one error line; 0: never.
///
/// A process that fails does not finalise MPI, as it would wait there for the others and they for
/// it, but aborts all. One that calls exit() in the middle of a job says so and aborts all; one
/// that ends where others go on to a job makes all fail.
[[nodiscard]] MpiRanks& launched_ranks(std::uint32_t expected_ranks, std::chrono::seconds patience);

}  // namespace renoir
