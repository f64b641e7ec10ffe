#pragma once

// The one place that decides which worker runs where; everything else only reads the plan.

#include <renoir/config/runtime_config.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/machine.hpp"

namespace renoir::topology {

/// Where one worker may run.
struct WorkerBinding {
    std::vector<unsigned> cpus;         ///< ascending; empty: wherever the process may run
    std::optional<unsigned> core;       ///< the core, if it has one of its own
    std::optional<unsigned> numa_node;  ///< the NUMA node of its CPUs, if it is bound

    bool operator==(const WorkerBinding&) const = default;
};

/// Where every worker of a process may run.
struct PinPlan {
    std::vector<WorkerBinding> workers;  ///< one for each worker, by its number
    /// Whether the user asked for it: then a binding that the system refuses is an error.
    bool is_demanded = false;
};

/// Plans for the CPUs that a process may use; a pure function.
///
/// - automatic: as `core` when there are as many workers as CPUs, else as `none`. With fewer
///   workers than CPUs nothing is fixed, so that two jobs that share the CPUs, or tests that run
///   side by side, do not meet on the first one; with more, the system shares them out better.
/// - core: one CPU each, the first of every core before the second of any (hyperthreads), in turn
///   when there are more workers than CPUs.
/// - numa: all CPUs of one NUMA node each, the nodes in turn.
/// - none: no binding.
[[nodiscard]] PinPlan make_plan(const Machine& machine, std::size_t workers, PinMode mode);

/// Plans for some CPUs of this machine. It is looked at only if a worker is going to be bound.
/// Throws Error (configuration) if the system does not tell.
[[nodiscard]] PinPlan make_plan(const std::vector<unsigned>& cpus, std::size_t workers,
                                PinMode mode);

/// The logical CPUs of this machine, read once.
[[nodiscard]] const Machine& this_machine();

/// Binds the calling thread as the plan says for a worker. When the system refuses, a plan that the
/// user asked for ends in an Error (configuration); a plan made by default leaves the thread as it
/// is, because it was only meant to be faster.
void bind_this_thread(const PinPlan& plan, std::size_t worker);

/// A line for each worker of a rank, its cells parted by tabs.
[[nodiscard]] std::string binding_lines(const PinPlan& plan, std::size_t rank,
                                        std::string_view host);

/// The table for `--report-bindings`: one line of titles and the lines of all ranks.
[[nodiscard]] std::string bindings_table(const std::vector<std::string>& lines_of_ranks);

}  // namespace renoir::topology
