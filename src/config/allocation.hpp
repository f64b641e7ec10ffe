#pragma once

/// The hosts that a batch scheduler has given to the job in which this process runs.

#include <renoir/config/runtime_config.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace renoir::detail {

enum class Scheduler { slurm, pbs };

/// The first of the ports that a job uses on hosts for which nothing else is said.
inline constexpr std::uint16_t usual_base_port = 9500;

/// The scheduler that a word like `slurm` or `pbs` stands for where else a file is named.
[[nodiscard]] std::optional<Scheduler> scheduler_of(std::string_view word);

/// The hosts of the allocation in the scheduler's order, each with the cores that the job has
/// there, the usual base port, and the login that is usual without an `ssh` table.
///
/// Slurm: SLURM_JOB_NODELIST, which scontrol expands, and SLURM_JOB_CPUS_PER_NODE.
/// PBS: the lines of PBS_NODEFILE, one for each core; with one line for each host the cores are
/// NCPUS (PBS Professional), or PBS_NUM_PPN (Torque), or one.
///
/// Throws Error (configuration) outside an allocation, and when it is described in another way.
[[nodiscard]] std::vector<HostConfig> hosts_of_allocation(Scheduler scheduler);

}  // namespace renoir::detail
