#include "transport/mpi_session.hpp"

#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>

#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace renoir {

namespace {

/// Does something when it is not taken away in time.
class Alarm {
 public:
    Alarm(std::chrono::seconds patience, std::function<void()> action)
        : thread_([this, patience, action = std::move(action)](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              taken_away_.wait_for(lock, stop, patience, [] { return false; });
              if (!stop.stop_requested()) action();
          }) {}

 private:
    std::mutex mutex_;
    std::condition_variable_any taken_away_;
    std::jthread thread_;
};

/// Ends this process as well, so another thread of it may just be in MPI. An MPI that does not come
/// to it, as it is in trouble, is ended by a signal.
void abort_all(int exit_code) {
    constexpr unsigned patience_seconds = 2;
    std::signal(SIGALRM, SIG_DFL);
    alarm(patience_seconds);
    MPI_Abort(MPI_COMM_WORLD, exit_code);
}

void start_mpi() {
    int initialized = 0;
    check_mpi(MPI_Initialized(&initialized), "MPI_Initialized");
    if (initialized != 0) {
        throw Error(ErrorKind::usage,
                    "this program has started MPI itself; make the configuration from its "
                    "communicator, see renoir/mpi.hpp");
    }
    // Where ranks outnumber cores Open MPI lets go of the core in each call that finds nothing.
    // Ours are made by workers, who do that themselves, and under a lock that others wait for
    // meanwhile.
    setenv("OMPI_MCA_mpi_yield_when_idle", "0", 1);
    int provided = 0;
    check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided),
              "MPI_Init_thread");
    if (provided < MPI_THREAD_SERIALIZED) {
        throw Error(ErrorKind::configuration,
                    "this MPI cannot be called by several threads in turn "
                    "(MPI_THREAD_SERIALIZED); use one that is built with support for threads");
    }
}

std::optional<Alarm> watch_the_start(std::chrono::seconds patience) {
    if (patience.count() == 0) return std::nullopt;
    return std::optional<Alarm>(std::in_place, patience, [patience] {
        detail::end_process(
            Error(ErrorKind::cancelled,
                  "the ranks have not met within " + std::to_string(patience.count()) +
                      " s (--peer-timeout): one has not started, or has ended before its first "
                      "job, or the hosts cannot reach each other; name the network interface, for "
                      "Open MPI by OMPI_MCA_btl_tcp_if_include"));
    });
}

std::unique_ptr<MpiRanks> start(std::uint32_t expected_ranks, std::chrono::seconds patience) {
    const std::optional<Alarm> alarm = watch_the_start(patience);
    start_mpi();
    detail::end_all_by(&abort_all);
    auto ranks = std::make_unique<MpiRanks>(MPI_COMM_WORLD, MpiThreads::in_turn);
    if (ranks->size() == expected_ranks) return ranks;
    throw Error(ErrorKind::configuration,
                "the launcher has started " + std::to_string(expected_ranks) +
                    " ranks, but MPI brings " + std::to_string(ranks->size()) +
                    " together: use the mpirun of the MPI that this program was built with, or "
                    "srun --mpi=pmix");
}

[[noreturn]] void end_in_a_job(const MpiRanks& ranks, int status) {
    const std::string what = "exit(" + std::to_string(status) + ") in the middle of a job";
    detail::print_error_line(ranks.rank() == 0 ? ranks.name_of(0) + ": " + what : what);
    const int exit_code = status == 0 ? EXIT_FAILURE : status;
    abort_all(exit_code);
    _exit(exit_code);
}

void finalize(MpiRanks* ranks) {
    try {
        ranks->take(Step::end);
    } catch (const Error& error) {
        detail::end_process(error);
    }
    detail::end_all_by(nullptr);
    delete ranks;
    MPI_Finalize();
}

// Ranks that end by a failure may be alone with it: the others, or MPI, may not come to their end.
void end(int status, void* session) {
    constexpr std::chrono::seconds patience_after_failure{2};
    MpiRanks* const ranks = static_cast<MpiRanks*>(session);
    if (ranks->is_connected()) end_in_a_job(*ranks, status);
    if (status == 0) return finalize(ranks);
    const Alarm alarm(patience_after_failure, [status] { abort_all(status); });
    finalize(ranks);
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
