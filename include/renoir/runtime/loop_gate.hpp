#pragma once

/// How the replicas of a loop on one rank keep step with its rounds.

#include <renoir/runtime/parker.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace renoir {

/// One for each loop and rank. A round opens here when the state of the loop has been written for
/// it. Its members are the replicas on this rank that work inside the loop:
///
/// - a member begins a round only when it was opened here, so it never sees an item of a faster
///   rank while the state is still that of the round before;
/// - the next state is written only when every member has ended its round, so none sees it early,
///   nor while it is written.
///
/// Nothing waits here: replicas look, and are woken when it is worth another look.
class LoopGate {
 public:
    /// `outer` is the gate of the loop around this one, or null.
    explicit LoopGate(LoopGate* outer) noexcept : outer_(outer) {}

    [[nodiscard]] LoopGate* outer() const noexcept { return outer_; }

    // While the replicas are built, by any worker.

    void add_member(Parker& parker);
    void set_keeper(Parker& parker) noexcept { keeper_ = &parker; }

    // By the keeper, the only one that writes the state.

    /// Whether no member is inside a round, so that the state may be written and the gate moved.
    [[nodiscard]] bool is_quiet() const noexcept {
        return inside_.load(std::memory_order_seq_cst) == 0;
    }
    void open_round() noexcept;
    /// The loop has stopped for now; another one may follow where it is inside a loop itself.
    void stop() noexcept;
    /// There will be no other round.
    void finish() noexcept;

    // By the members.

    [[nodiscard]] std::uint64_t rounds() const noexcept {
        return rounds_.load(std::memory_order_seq_cst);
    }
    [[nodiscard]] std::uint64_t stops() const noexcept {
        return stops_.load(std::memory_order_seq_cst);
    }
    [[nodiscard]] bool finished() const noexcept {
        return finished_.load(std::memory_order_seq_cst);
    }
    /// A member has ended its round.
    void leave_round() noexcept;

 private:
    void wake_members() const noexcept;

    LoopGate* outer_;
    std::mutex building_;
    std::size_t members_ = 0;
    std::vector<Parker*> parkers_;  // of the members, each once
    Parker* keeper_ = nullptr;
    std::atomic<std::size_t> inside_{0};
    std::atomic<std::uint64_t> rounds_{0};
    std::atomic<std::uint64_t> stops_{0};
    std::atomic<bool> finished_{false};
};

/// The place of one replica in the rounds of a loop; without a gate it is outside of any loop and
/// may always run.
class LoopMember {
 public:
    /// What a member finds at the gate.
    enum class Turn {
        none,    ///< nothing new
        round,   ///< a round is open
        stop,    ///< the loop has stopped
        finish,  ///< there will be no other round
    };

    LoopMember(LoopGate* gate, Parker& parker);

    /// Whether the next round is open, or no other will be, so that the input may be read.
    [[nodiscard]] bool may_run() const noexcept {
        return gate_ == nullptr || gate_->rounds() > ended_ || gate_->finished();
    }

    /// For members that are told of stops: what comes next. A stop is to be confirmed.
    [[nodiscard]] Turn turn() const noexcept;
    void confirm_stop() noexcept { ++stops_; }

    void end_round() noexcept;

 private:
    LoopGate* gate_;
    std::uint64_t ended_ = 0;  // rounds
    std::uint64_t stops_ = 0;  // confirmed
};

}  // namespace renoir
