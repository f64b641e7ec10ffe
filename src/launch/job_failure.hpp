#pragma once

/// Why a job has failed, out of what mpirun says about it.

#include <renoir/config/runtime_config.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launch/host_entry.hpp"
#include "launch/rank_output.hpp"

namespace renoir::launch {

/// The entry whose host mpirun has lost, if it says so.
[[nodiscard]] std::optional<HostEntry> lost_host(std::string_view messages,
                                                 const std::vector<HostConfig>& hosts);

/// The rank with which the failure began: the one that tells of such an end itself, else the one
/// that mpirun names, else one that may have been ended by mpirun.
[[nodiscard]] std::optional<RankEnd> failed_rank(std::string_view messages,
                                                 const std::optional<RankEnd>& first_bad_end);

/// One line that names the host: "host 2 (host2.lan): rank 1 was ended by signal 9 (Killed); what
/// to do". It tells who has aborted the job, as mpirun says, or of the failed_rank(). Nothing when
/// nobody tells, in words that are understood.
[[nodiscard]] std::optional<std::string> rank_failure(std::string_view messages,
                                                      const std::optional<RankEnd>& first_bad_end,
                                                      const std::vector<HostConfig>& hosts);

}  // namespace renoir::launch
