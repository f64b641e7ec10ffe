#pragma once

// One thread that runs a replica of every block, cooperatively.

#include "runtime/job_state.hpp"
#include "runtime/network.hpp"

#include <renoir/runtime/graph.hpp>

#include <random>
#include <string>

namespace renoir {

class Worker {
 public:
    /// `host` is named in messages unless it is empty.
    Worker(std::uint32_t rank, std::string host, std::uint32_t index, const Graph& graph,
           std::uint64_t schedule_seed, std::shared_ptr<SlabReserve> reserve);

    /// Builds the replicas that run here; on the worker's own thread, so that their memory is near.
    void build(Channels& channels, const std::vector<std::vector<ReplicaAddress>>& placements);

    /// Runs until all replicas have finished or the job stops.
    void run(JobState& state, Network* network);

    [[nodiscard]] Parker& parker() noexcept { return parker_; }

    /// The failure that the exception being handled means, with the place where it happened.
    [[nodiscard]] Failure describe_current_exception() const;

    /// Destroys the replicas, on the worker's own thread.
    void clear() { slots_.clear(); }

 private:
    struct Slot {
        ReplicaContext context;
        std::unique_ptr<Replica> replica;
        bool finished = false;
    };

    bool run_round();
    bool run_slot(Slot& slot);
    bool flush(bool worker_is_idle);
    bool fire_timers(Clock::time_point now, bool worker_is_idle);
    void shuffle_schedule();
    void rest(JobState& state, Network* network);
    bool look_again(Network* network);
    [[nodiscard]] bool may_leave(Network* network) const;
    [[nodiscard]] Clock::time_point next_deadline() const;

    std::uint32_t rank_;
    std::string host_;
    std::uint32_t index_;
    const Graph& graph_;
    std::uint64_t schedule_seed_;
    std::minstd_rand random_;
    Parker parker_;
    SlabPool pool_;
    std::vector<std::unique_ptr<Slot>> slots_;  // sinks first
    std::size_t live_ = 0;
    bool has_timers_ = false;
    Clock::time_point timers_asked_{};
    std::size_t rounds_without_work_ = 0;
    Clock::time_point idle_since_{};
};

}  // namespace renoir
