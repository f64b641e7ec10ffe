#pragma once

/// Which Open MPI starts a job; its parameters and its output differ between the generations.

#include <string>
#include <string_view>

namespace renoir::launch {

/// The generations that differ in how mpirun works: ORTE's is that of Open MPI 4, PRRTE's that
/// of 5.
enum class MpirunFamily { open_mpi_4, open_mpi_5 };

struct MpirunVersion {
    MpirunFamily family = MpirunFamily::open_mpi_4;
    std::string number;  ///< "4.1.4"
};

/// Reads what `mpirun --version` prints. Throws Error (configuration) when it is no mpirun of
/// Open MPI 4.1 or of a later version.
[[nodiscard]] MpirunVersion mpirun_version(std::string_view text);

}  // namespace renoir::launch
