#include "transport/mpi_session.hpp"

#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace renoir {

namespace {

void start_mpi() {
    int initialized = 0;
    check_mpi(MPI_Initialized(&initialized), "MPI_Initialized");
    if (initialized != 0) {
        throw Error(ErrorKind::usage,
                    "this program has started MPI itself; make the configuration from its "
                    "communicator, see renoir/mpi.hpp");
    }
    int provided = 0;
    check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided),
              "MPI_Init_thread");
    if (provided < MPI_THREAD_SERIALIZED) {
        throw Error(ErrorKind::configuration,
                    "this MPI cannot be called by several threads in turn "
                    "(MPI_THREAD_SERIALIZED); use one that is built with support for threads");
    }
}

std::unique_ptr<MpiRanks> start(std::uint32_t expected_ranks) {
    start_mpi();
    auto ranks = std::make_unique<MpiRanks>(MPI_COMM_WORLD, MpiThreads::in_turn);
    if (ranks->size() == expected_ranks) return ranks;
    throw Error(ErrorKind::configuration,
                "the launcher has started " + std::to_string(expected_ranks) +
                    " ranks, but MPI brings " + std::to_string(ranks->size()) +
                    " together: use the mpirun of the MPI that this program was built with, or "
                    "srun --mpi=pmix");
}

void end(int status, void* session) {
    if (status != 0) return;
    std::unique_ptr<MpiRanks> ranks(static_cast<MpiRanks*>(session));
    if (ranks->is_connected()) {
        detail::print_error_line("exit() was called in the middle of a job on " +
                                 ranks->name_of(ranks->rank()));
        MPI_Abort(ranks->communicator(), EXIT_FAILURE);
        _exit(EXIT_FAILURE);
    }
    ranks.reset();
    MPI_Finalize();
}

MpiRanks* start_and_end_with_process(std::uint32_t expected_ranks) {
    MpiRanks* const ranks = start(expected_ranks).release();
    on_exit(&end, ranks);
    return ranks;
}

}  // namespace

MpiRanks& launched_ranks(std::uint32_t expected_ranks) {
    static MpiRanks* const ranks = start_and_end_with_process(expected_ranks);
    return *ranks;
}

}  // namespace renoir
