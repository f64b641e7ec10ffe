#pragma once

#include <span>
#include <vector>

namespace renoir::topology {

/// One logical CPU: what the system schedules threads on. Two of one core are hyperthreads.
struct Cpu {
    unsigned id = 0;         ///< the system's number, as in `taskset`
    unsigned core = 0;       ///< unique in the machine
    unsigned numa_node = 0;  ///< the system's number, as in `numactl`

    bool operator==(const Cpu&) const = default;
};

/// The logical CPUs of a machine, or the part of them that a process may use.
struct Machine {
    std::vector<Cpu> cpus;

    bool operator==(const Machine&) const = default;
};

/// Describes the whole machine. It takes milliseconds: ask only when somebody needs the answer.
/// Throws Error (configuration) if the system does not tell.
[[nodiscard]] Machine read_machine();

/// The part of a machine that an affinity mask allows. A CPU of the mask that the machine does not
/// know counts as a core of its own, on NUMA node 0.
[[nodiscard]] Machine within(const Machine& machine, std::span<const unsigned> allowed_cpus);

}  // namespace renoir::topology
