#pragma once

// Whether this process was started as one of several ranks, as the environment tells; MPI is not
// asked.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace renoir::detail {

/// What a launcher says about this process.
struct LaunchedRank {
    std::string launcher;  ///< for messages: "mpirun", "srun"
    std::uint32_t rank = 0;
    std::uint32_t ranks = 1;
    bool has_mpi = true;  ///< false: several tasks that MPI cannot bring together
};

using Environment = std::function<const char*(const char* name)>;

/// Nothing when the process was started by itself.
[[nodiscard]] std::optional<LaunchedRank> launched_rank(const Environment& environment);

/// The same for the environment of this process.
[[nodiscard]] const std::optional<LaunchedRank>& launched_rank();

}  // namespace renoir::detail
