#pragma once

/// What the programs on the ranks of mpirun have in common: arguments, the clock, and the line that
/// rank 0 ends with.

#include <mpi.h>

#include <functional>
#include <string>

#include "bench/workload.hpp"

namespace baseline {

/// The numbers that the records are made of, and the place of this rank.
struct Ranked {
    workload::Number first = 1;
    workload::Number records = 100'000'000;
    int rank = 0;
    int ranks = 1;
};

/// Starts MPI, does `work` on every rank, prints what rank 0 returns and the seconds that it took,
/// and returns the exit code. Throw a Failure on all ranks or on none.
[[nodiscard]] int run_on_ranks(int argc, char** argv, const std::string& name,
                               const std::function<workload::Number(const Ranked&)>& work);

}  // namespace baseline
