#include "transport/mpi_ranks.hpp"

#include <renoir/base/error.hpp>
#include <renoir/transport/within_mpi.hpp>

namespace renoir {

namespace {

void require_running_mpi() {
    int is_initialized = 0;
    int is_finalized = 0;
    check_mpi(MPI_Initialized(&is_initialized), "MPI_Initialized");
    check_mpi(MPI_Finalized(&is_finalized), "MPI_Finalized");
    if (is_initialized != 0 && is_finalized == 0) return;
    throw Error(ErrorKind::usage,
                "within_mpi() needs an MPI that runs; call it between MPI_Init_thread and "
                "MPI_Finalize");
}

MpiThreads threads_that_may_call() {
    int level = MPI_THREAD_SINGLE;
    check_mpi(MPI_Query_thread(&level), "MPI_Query_thread");
    if (level == MPI_THREAD_MULTIPLE) return MpiThreads::any;
    int is_main_thread = 0;
    check_mpi(MPI_Is_thread_main(&is_main_thread), "MPI_Is_thread_main");
    if (level == MPI_THREAD_SINGLE) {
        throw Error(ErrorKind::usage,
                    "MPI was initialised for programs of one thread (MPI_THREAD_SINGLE), but jobs "
                    "have workers; call MPI_Init_thread with MPI_THREAD_FUNNELED or more");
    }
    if (level == MPI_THREAD_FUNNELED && is_main_thread == 0) {
        throw Error(ErrorKind::usage,
                    "with MPI_THREAD_FUNNELED only the thread that initialised MPI may call "
                    "within_mpi()");
    }
    return MpiThreads::this_only;
}

}  // namespace

RuntimeConfig within_mpi(MPI_Comm communicator, std::size_t workers_per_rank) {
    require_running_mpi();
    return RuntimeConfig::on_ranks(
        std::make_shared<MpiRanks>(communicator, threads_that_may_call()), workers_per_rank);
}

}  // namespace renoir
