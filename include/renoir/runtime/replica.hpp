#pragma once

/// One copy of a block on one worker, and what it is built from.

#include <renoir/runtime/loop_gate.hpp>
#include <renoir/runtime/operator_info.hpp>
#include <renoir/runtime/output.hpp>
#include <renoir/runtime/replication.hpp>
#include <renoir/runtime/timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace renoir {

/// What a step of a replica achieved.
enum class StepResult {
    idle,        ///< there was nothing to do
    progressed,  ///< there was something to do, and there may be more
    finished,    ///< the stream has ended; the replica must not be run again
};

/// A replica at run time, the only virtual call of the engine: one for each step of about a batch.
class Replica {
 public:
    virtual ~Replica() = default;

    /// Does a bounded piece of work and never waits.
    virtual StepResult step() = 0;

    /// When the replica wants to be run although nothing arrived for it.
    [[nodiscard]] virtual Clock::time_point deadline() const { return Clock::time_point::max(); }
};

/// The outputs of a replica; their addresses are stable while the stages move into each other.
class ReplicaOutputs {
 public:
    [[nodiscard]] bool blocked() const noexcept {
        for (const auto& output : outputs_) {
            if (output->blocked()) return true;
        }
        return false;
    }

    [[nodiscard]] std::vector<std::unique_ptr<OutputBase>>& all() noexcept { return outputs_; }

 private:
    std::vector<std::unique_ptr<OutputBase>> outputs_;
};

using EdgeId = std::uint32_t;
using BlockId = std::uint32_t;

/// One sender of an input: the ring that comes from there and how it learns that there is room.
struct IncomingLane {
    SlabRing* ring = nullptr;
    Parker* sender = nullptr;  ///< to be woken when it waits, where it is on this rank
    ReadySet* read = nullptr;  ///< to be told, where the network brings the slabs
    std::size_t number = 0;    ///< in `read`

    /// After a slab was taken.
    void announce_room() const noexcept {
        if (read != nullptr) return read->add(number);
        if (ring->producer_waits()) [[unlikely]]
            sender->wake();
    }
};

/// The rings of one rank, by edge. Implemented by the job.
class Channels {
 public:
    virtual ~Channels() = default;

    /// The lanes to the replicas of the block that the edge leads to, from the given sender.
    [[nodiscard]] virtual Lanes lanes_from(EdgeId edge, std::uint32_t sender) = 0;

    /// An incoming lane for each replica of the block that the edge comes from which sends to the
    /// given receiver.
    [[nodiscard]] virtual std::vector<IncomingLane> lanes_to(EdgeId edge,
                                                             std::uint32_t receiver) = 0;
};

/// Everything a replica is built from. It lives as long as the replica.
class ReplicaContext {
 public:
    ReplicaContext(ReplicaAddress address, std::uint32_t index, std::uint32_t count,
                   BatchMode batch_mode, Channels& channels, SlabPool& pool, Parker& parker,
                   std::uint64_t schedule_seed, LoopGate* loop)
        : address_(address),
          index_(index),
          count_(count),
          batch_mode_(batch_mode),
          channels_(channels),
          pool_(pool),
          parker_(parker),
          schedule_seed_(schedule_seed),
          loop_(loop) {}

    [[nodiscard]] ReplicaAddress address() const noexcept { return address_; }
    /// Position among the replicas of the block, the same on every rank.
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    /// Number of replicas of the block on all ranks.
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    [[nodiscard]] SlabPool& pool() noexcept { return pool_; }
    [[nodiscard]] Parker& parker() noexcept { return parker_; }
    [[nodiscard]] ReplicaOutputs& outputs() noexcept { return outputs_; }
    /// The gate of the innermost loop that the block is in, or null.
    [[nodiscard]] LoopGate* loop() const noexcept { return loop_; }
    /// Not 0 where tests shuffle the order of scheduling.
    [[nodiscard]] std::uint64_t schedule_seed() const noexcept { return schedule_seed_; }

    /// Opens the sending end of an edge; the reference stays valid.
    template <Exchangeable T>
    [[nodiscard]] Output<T>& open_output(EdgeId edge) {
        auto output = std::make_unique<Output<T>>(edge, index_, channels_.lanes_from(edge, index_),
                                                  batch_mode_, pool_);
        Output<T>& reference = *output;
        outputs_.all().push_back(std::move(output));
        return reference;
    }

    /// Registers a timer of a stage; it must stay where it is until the replica is destroyed.
    void add_timer(Timer& timer) { timers_.push_back(&timer); }
    [[nodiscard]] const std::vector<Timer*>& timers() const noexcept { return timers_; }

    [[nodiscard]] std::vector<IncomingLane> open_lanes(EdgeId edge) {
        return channels_.lanes_to(edge, index_);
    }

 private:
    ReplicaAddress address_;
    std::uint32_t index_;
    std::uint32_t count_;
    BatchMode batch_mode_;
    Channels& channels_;
    SlabPool& pool_;
    Parker& parker_;
    std::uint64_t schedule_seed_;
    LoopGate* loop_;
    ReplicaOutputs outputs_;
    std::vector<Timer*> timers_;
};

using ReplicaFactory = std::function<std::unique_ptr<Replica>(ReplicaContext&)>;

}  // namespace renoir
