#pragma once

/// The execution of a job graph on the workers of one rank.

#include <renoir/base/error.hpp>
#include <renoir/runtime/graph.hpp>
#include <renoir/transport/link.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace renoir {

/// Where and how a job runs. Made by StreamContext.
struct JobOptions {
    ClusterLayout layout{1};
    std::uint32_t rank = 0;
    std::unique_ptr<Link> link;  ///< null where the layout has one rank
    bool communication_thread = false;
    std::chrono::seconds peer_timeout{0};  ///< 0: none
    std::string host;                      ///< for messages; empty where the layout has one rank
    /// Called on worker `n`'s own thread before it starts, to bind it to its core.
    std::function<void(std::uint32_t worker)> bind_worker;
    /// Called once, on the last worker that ends, before JobHandle::done() and wait() notice.
    std::function<void(bool failed)> on_end;
    /// Called by a thread of the job that has failed, when a worker does not come to an end. May be
    /// empty.
    std::function<void(const Error&)> give_up;
    /// Not 0: each worker runs its replicas in an order shuffled by this seed, for tests.
    std::uint64_t schedule_seed = 0;
};

class Job;

/// A running job. Waiting, asking and cancelling may be done from any thread;
/// where only one thread may call MPI, waiting by that one. Destroying the handle
/// of a job that still runs cancels it and waits for its workers, as std::jthread does.
class [[nodiscard]] JobHandle {
 public:
    explicit JobHandle(std::unique_ptr<Job> job);
    ~JobHandle();
    JobHandle(JobHandle&&) noexcept;
    JobHandle& operator=(JobHandle&&) noexcept;

    /// Waits until the job has ended. Throws the Error that ended it, if any: of kind user_function
    /// for an exception from a user function, of kind cancelled after `cancel`.
    void wait();

    /// Whether the job has ended, well or not.
    [[nodiscard]] bool done() const;

    /// Whether the job has failed or was cancelled; its workers may still be about to end.
    [[nodiscard]] bool failed() const;

    /// What made the job fail, or nothing.
    [[nodiscard]] std::optional<Error> error() const;

    /// Moves on what travels between ranks, where only the calling thread may call MPI (see
    /// renoir/mpi.hpp): to be called again and again until the job is done, as `wait` does. In all
    /// other cases it does nothing.
    void progress();

    /// Asks the workers of all ranks to stop; a worker stops between two batches.
    void cancel();

 private:
    std::unique_ptr<Job> job_;
};

/// Starts the workers of this rank and returns at once.
[[nodiscard]] JobHandle start_job(std::shared_ptr<const Graph> graph, JobOptions options);

}  // namespace renoir
