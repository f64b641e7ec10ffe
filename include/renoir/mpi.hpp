#pragma once

/// For jobs inside an MPI program. Not part of the umbrella header, as it needs the header of MPI;
/// link `renoir::mpi`.
///
///     renoir::StreamContext ctx(renoir::within_mpi(MPI_COMM_WORLD));

#include <renoir/renoir.hpp>
#include <renoir/transport/within_mpi.hpp>
