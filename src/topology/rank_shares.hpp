#pragma once

// How the ranks of one host divide its CPUs.

#include <vector>

#include "topology/machine.hpp"

namespace renoir::topology {

/// The CPUs of each rank, ascending; a pure function. `masks` are the CPUs that each may use. Ranks
/// with the same mask get neighbouring parts of it, those of one core and of one NUMA node together
/// as far as that goes; no CPU is given twice. More ranks than CPUs leave some without one: those
/// run where the system puts them.
[[nodiscard]] std::vector<std::vector<unsigned>> divide_cpus(
    const Machine& machine, const std::vector<std::vector<unsigned>>& masks);

}  // namespace renoir::topology
