#include "transport/mpi_session.hpp"

#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>

#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

namespace renoir {

namespace {

constexpr std::chrono::seconds patience_with_others{3};

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

/// Ends the process when it is not taken away in time.
class Alarm {
 public:
    Alarm(std::chrono::seconds patience, const char* text) {
        if (patience.count() == 0) return;
        thread_ = std::jthread([this, patience, text](const std::stop_token& stop) {
            std::unique_lock lock(mutex_);
            if (taken_away_.wait_for(lock, stop, patience, [&] { return stop.stop_requested(); }))
                return;
            detail::print_error_line(text);
            _exit(EXIT_FAILURE);
        });
    }

 private:
    std::mutex mutex_;
    std::condition_variable_any taken_away_;
    std::jthread thread_;
};

std::unique_ptr<MpiRanks> start(std::uint32_t expected_ranks, std::chrono::seconds patience) {
    const Alarm alarm(patience,
                      "MPI has not brought the ranks together in time (--peer-timeout): one has "
                      "not started, or the hosts cannot reach each other; name the network "
                      "interface, for Open MPI by OMPI_MCA_btl_tcp_if_include");
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
        const std::string place = ranks->rank() == 0 ? " on " + ranks->name_of(0) : "";
        detail::print_error_line("exit() was called in the middle of a job" + place);
        MPI_Abort(ranks->communicator(), EXIT_FAILURE);
        _exit(EXIT_FAILURE);
    }
    // The others end with an error line, and the launcher ends all then.
    if (!ranks->leave()) return std::this_thread::sleep_for(patience_with_others);
    ranks.reset();
    MPI_Finalize();
}

MpiRanks* start_and_end_with_process(std::uint32_t expected_ranks, std::chrono::seconds patience) {
    MpiRanks* const ranks = start(expected_ranks, patience).release();
    on_exit(&end, ranks);
    return ranks;
}

}  // namespace

MpiRanks& launched_ranks(std::uint32_t expected_ranks, std::chrono::seconds patience) {
    static MpiRanks* const ranks = start_and_end_with_process(expected_ranks, patience);
    return *ranks;
}

}  // namespace renoir
