#pragma once

/// The replicas that loops are made of.
///
/// What comes into a loop is kept by the worker where it is (GatherStage) and played into the body
/// in each round (ReplayReplica, or IterateReplica where the items are those of the round before).
/// The body ends in a LoopTailStage, which folds on its replica and sends the result to the
/// LoopCoordinator. That one makes the next state of them and sends it to each rank once, where the
/// StateKeeper opens the next round. LoopGate says how a rank keeps step.

#include <renoir/codec/owned.hpp>
#include <renoir/runtime/graph.hpp>
#include <renoir/runtime/item_store.hpp>
#include <renoir/runtime/source.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace renoir {

namespace detail {

/// What replicas of the same index share: they run on the same worker, so they need neither an
/// exchange nor a lock.
template <class Store>
class SharedStores {
 public:
    [[nodiscard]] std::shared_ptr<Store> of_replica(std::uint32_t index) {
        return of_replica(index, [] { return std::make_shared<Store>(); });
    }
    /// `make()` makes the store where nobody has asked for it before.
    template <class Make>
    [[nodiscard]] std::shared_ptr<Store> of_replica(std::uint32_t index, Make make) {
        const std::lock_guard lock(building_);
        std::shared_ptr<Store> store = stores_[index].lock();
        if (store == nullptr) {
            store = make();
            stores_[index] = store;
        }
        return store;
    }

 private:
    std::mutex building_;
    std::map<std::uint32_t, std::weak_ptr<Store>> stores_;
};

/// The items of a round and of the next one, in turn. Rounds are numbered from 0 on, through all
/// runs of the loop. The end of the body may be in a round, by the items of another replica, before
/// the head on its own worker has begun it; so each goes by its own count.
template <class T>
class RoundItems {
 public:
    /// What comes into the loop is for its next round.
    void add(T&& item) { of_round(next_round).add(std::move(item)); }
    void add(std::span<T> items) { of_round(next_round).add(items); }

    [[nodiscard]] ItemStore<T>& of_round(std::uint64_t round) noexcept {
        return stores_[round % stores_.size()];
    }

    std::uint64_t next_round = 0;  ///< counted by the head

 private:
    std::array<ItemStore<T>, 2> stores_;
};

/// Only its marks mean something: all that comes into the loop at a replica is there.
using Ready = std::uint8_t;

/// Keeps the items that come into a loop.
template <class T, class Store>
struct GatherStage {
    std::shared_ptr<Store> items;
    Output<Ready>& ready;

    void push(T&& item) { items->add(to_owned(std::move(item))); }
    void push_batch(std::span<T> batch)
        requires std::same_as<owned_t<T>, T>
    {
        items->add(batch);
    }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round || mark.kind == MarkKind::end_of_stream)
            ready.send_mark(mark);
    }
};

/// Head of a block in a loop: plays the same items in each round.
template <class T, class Next>
class ReplayReplica final : public Replica {
 public:
    using Kept = owned_t<T>;

    ReplayReplica(ReplicaContext& context, std::shared_ptr<ItemStore<Kept>> items, Next next)
        : member_(context.loop(), context.parker()),
          outer_(context.loop()->outer(), context.parker()),
          items_(std::move(items)),
          next_(std::move(next)) {}

    StepResult step() override {
        if (!in_round_) {
            switch (member_.turn()) {
                case LoopMember::Turn::none:
                    return StepResult::idle;
                case LoopMember::Turn::round:
                    in_round_ = true;
                    position_ = 0;
                    break;
                case LoopMember::Turn::stop:
                    items_->clear();
                    member_.confirm_stop();
                    outer_.end_round();
                    return StepResult::progressed;
                case LoopMember::Turn::finish:
                    next_.control({MarkKind::end_of_stream, 0});
                    return StepResult::finished;
            }
        }
        push_some();
        return StepResult::progressed;
    }

 private:
    static constexpr std::size_t copied_at_once = 32;
    static constexpr bool reads = std::same_as<Kept, T> && ReadingStageFor<Next, T>;
    static constexpr bool copies_batches = !reads && BatchStageFor<Next, T> &&
                                           std::default_initializable<T> &&
                                           std::assignable_from<T&, const Kept&>;
    struct Nothing {};

    void push_some() {
        if (position_ < items_->size()) {
            const auto began = Clock::now();
            const std::span<const Kept> run = items_->run(position_, budget_.items());
            push(run);
            position_ += run.size();
            budget_.learn(Clock::now() - began);
        }
        if (position_ < items_->size()) return;
        in_round_ = false;
        next_.control({MarkKind::end_of_round, 0});
        member_.end_round();
    }

    void push(std::span<const Kept> run) {
        if constexpr (reads) {
            next_.push_batch(run);
        } else if constexpr (copies_batches) {
            for (std::size_t begin = 0; begin < run.size(); begin += copied_at_once) {
                const std::size_t count = std::min(copied_at_once, run.size() - begin);
                std::copy_n(run.begin() + static_cast<std::ptrdiff_t>(begin), count,
                            copies_.begin());
                next_.push_batch(std::span<T>(copies_.data(), count));
            }
        } else {
            for (const Kept& item : run) next_.push(T(item));
        }
    }

    LoopMember member_;
    LoopMember outer_;
    std::shared_ptr<ItemStore<Kept>> items_;
    bool in_round_ = false;
    std::size_t position_ = 0;
    StepBudget budget_;
    [[no_unique_address]] std::conditional_t<
        copies_batches, std::array<T, copies_batches ? copied_at_once : 1>, Nothing>
        copies_{};
    Next next_;
};

/// Head of a block in a loop: ends each round at once.
template <class Next>
class MarksReplica final : public Replica {
 public:
    MarksReplica(ReplicaContext& context, Next next)
        : member_(context.loop(), context.parker()),
          outer_(context.loop()->outer(), context.parker()),
          next_(std::move(next)) {}

    StepResult step() override {
        switch (member_.turn()) {
            case LoopMember::Turn::none:
                return StepResult::idle;
            case LoopMember::Turn::round:
                next_.control({MarkKind::end_of_round, 0});
                member_.end_round();
                return StepResult::progressed;
            case LoopMember::Turn::stop:
                member_.confirm_stop();
                outer_.end_round();
                return StepResult::progressed;
            case LoopMember::Turn::finish:
                break;
        }
        next_.control({MarkKind::end_of_stream, 0});
        return StepResult::finished;
    }

 private:
    LoopMember member_;
    LoopMember outer_;
    Next next_;
};

/// Head of a block in a loop: plays the items that the round before has left, in the first round
/// those that came into the loop, and sends what the last one has left out of the loop.
template <class T, class Next>
class IterateReplica final : public Replica {
 public:
    IterateReplica(ReplicaContext& context, std::shared_ptr<RoundItems<T>> items, EdgeId results,
                   Next next)
        : member_(context.loop(), context.parker()),
          outer_(context.loop()->outer(), context.parker()),
          items_(std::move(items)),
          results_(context.open_output<T>(results)),
          destination_(context.index()),
          next_(std::move(next)) {}

    StepResult step() override {
        if (phase_ == Phase::waiting) {
            switch (member_.turn()) {
                case LoopMember::Turn::none:
                    return StepResult::idle;
                case LoopMember::Turn::round:
                    begin(Phase::round);
                    break;
                case LoopMember::Turn::stop:
                    member_.confirm_stop();
                    begin(Phase::leaving);
                    break;
                case LoopMember::Turn::finish:
                    next_.control({MarkKind::end_of_stream, 0});
                    results_.send_mark({MarkKind::end_of_stream, 0});
                    return StepResult::finished;
            }
        }
        if (push_some()) end();
        return StepResult::progressed;
    }

 private:
    enum class Phase { waiting, round, leaving };

    void begin(Phase phase) {
        position_ = 0;
        phase_ = phase;
    }

    /// True when nothing is left.
    bool push_some() {
        ItemStore<T>& items = items_->of_round(items_->next_round);
        if (position_ < items.size()) {
            const auto began = Clock::now();
            const std::span<T> run = items.run(position_, budget_.items());
            if (phase_ == Phase::round) {
                push_all<T>(next_, run);
            } else {
                for (const T& item : run) results_.append(destination_, item);
            }
            position_ += run.size();
            budget_.learn(Clock::now() - began);
        }
        return position_ == items.size();
    }

    void end() {
        items_->of_round(items_->next_round).clear();
        const Mark mark{MarkKind::end_of_round, 0};
        if (phase_ == Phase::round) {
            ++items_->next_round;
            next_.control(mark);
            member_.end_round();
        } else {
            results_.send_mark(mark);
            outer_.end_round();
        }
        phase_ = Phase::waiting;
    }

    LoopMember member_;
    LoopMember outer_;
    std::shared_ptr<RoundItems<T>> items_;
    Output<T>& results_;
    std::size_t destination_;
    Phase phase_ = Phase::waiting;
    std::size_t position_ = 0;
    StepBudget budget_;
    Next next_;
};

/// What the replicas on the rank of the coordinator have folded, for it to take: a delta may be
/// large, and there it need not travel.
template <class Delta>
struct DeltaSlots {
    SharedStores<Delta> of_tails;
    bool are_read_here = false;  ///< set before the first round
};

/// What a replica has folded in a round, with its index; without a delta it is in the slot.
template <class Delta>
using NumberedDelta = std::pair<std::uint32_t, std::optional<Delta>>;

/// Where the body ends. `Keep` takes each item after it was folded.
template <class U, class Delta, class Local, class Keep>
class LoopTailStage {
 public:
    LoopTailStage(const OperatorInfo& info, std::uint32_t index, Delta initial, Local local,
                  Keep keep, std::shared_ptr<DeltaSlots<Delta>> slots,
                  Output<NumberedDelta<Delta>>& deltas)
        : info_(info),
          index_(index),
          initial_(std::move(initial)),
          local_(std::move(local)),
          keep_(std::move(keep)),
          delta_(initial_),
          slots_(std::move(slots)),
          slot_(slots_->of_tails.of_replica(index)),
          deltas_(deltas) {}

    void push(U&& item) {
        if constexpr (Keep::keeps) {
            call_user(info_, local_, delta_, std::as_const(item));
            keep_.add(std::move(item));
        } else {
            call_user(info_, local_, delta_, std::move(item));
        }
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            send_delta();
            if constexpr (Keep::keeps) keep_.end_round();
        } else if (mark.kind != MarkKind::end_of_stream) {
            return;
        }
        deltas_.send_mark(mark);
    }

 private:
    // The slot has the delta of the round before, whose memory is used again.
    void send_delta() {
        if (slots_->are_read_here) {
            std::swap(*slot_, delta_);
            deltas_.append(0, {index_, std::nullopt});
        } else {
            deltas_.append(0, {index_, std::move(delta_)});
        }
        delta_ = initial_;
    }

    const OperatorInfo& info_;
    std::uint32_t index_;
    Delta initial_;
    Local local_;
    [[no_unique_address]] Keep keep_;
    Delta delta_;
    std::shared_ptr<DeltaSlots<Delta>> slots_;
    std::shared_ptr<Delta> slot_;
    Output<NumberedDelta<Delta>>& deltas_;
};

/// replay: the items of the body are only folded.
struct KeepNothing {
    static constexpr bool keeps = false;
};

/// iterate: they are those of the next round.
template <class T>
struct KeepForNextRound {
    static constexpr bool keeps = true;
    std::shared_ptr<RoundItems<T>> items;
    std::uint64_t round = 0;

    template <class U>
    void add(U&& item) {
        items->of_round(round + 1).add(to_owned(std::move(item)));
    }
    void end_round() { ++round; }
};

/// Whether the loop goes on, and the state with which it does; on the rank of the coordinator that
/// lies in LoopState already.
template <class S>
using Verdict = std::pair<bool, std::optional<S>>;

/// The state of a loop on one rank.
template <class S>
struct LoopState {
    explicit LoopState(const S& initial) : value(initial), next(initial) {}
    S value;  ///< written while no member of the gate is in a round
    S next;   ///< written by the coordinator while no other replica uses it
};

/// Takes part on every rank: writes the state and opens the rounds.
template <class S>
class StateKeeper final : public Replica {
 public:
    StateKeeper(ReplicaContext& context, EdgeId verdicts, std::shared_ptr<LoopState<S>> state,
                LoopGate& gate)
        : verdicts_(context, {verdicts}),
          outputs_(context.outputs()),
          outer_(context.loop(), context.parker()),
          state_(std::move(state)),
          gate_(gate) {
        gate_.set_keeper(context.parker());
    }

    StepResult step() override {
        bool progressed = false;
        if (!verdict_) progressed = verdicts_.poll(*this, outputs_, [](const Mark&) {});
        if (verdict_ && outer_.may_run() && gate_.is_quiet()) {
            follow();
            return StepResult::progressed;
        }
        if (!verdicts_.ended()) return progressed ? StepResult::progressed : StepResult::idle;
        gate_.finish();
        return StepResult::finished;
    }

    void push(Verdict<S>&& verdict) { verdict_.emplace(std::move(verdict)); }
    void control(const Mark&) {}

 private:
    void follow() {
        auto [goes_on, state] = *std::exchange(verdict_, std::nullopt);
        if (goes_on) {
            std::swap(state_->value, state ? *state : state_->next);
            gate_.open_round();
        } else {
            gate_.stop();
            outer_.end_round();
        }
    }

    Input<Verdict<S>> verdicts_;
    ReplicaOutputs& outputs_;
    LoopMember outer_;
    std::shared_ptr<LoopState<S>> state_;
    LoopGate& gate_;
    std::optional<Verdict<S>> verdict_;  // not followed yet
};

/// What decides about the rounds of a loop.
template <class S, class Delta, class Global, class Condition>
struct LoopControl {
    using state_type = S;
    using delta_type = Delta;
    std::size_t max_rounds;
    S initial;
    Global global;
    Condition condition;
    std::shared_ptr<LoopState<S>> here;
    std::shared_ptr<DeltaSlots<Delta>> slots;
};

/// The one replica that makes the next state of what the tails have folded. Its own output is the
/// last state of each run of the loop.
template <class Control, class Next>
class LoopCoordinator final : public Replica {
 public:
    using S = typename Control::state_type;
    using Folded = typename Control::delta_type;
    using Delta = NumberedDelta<Folded>;

    LoopCoordinator(ReplicaContext& context, const OperatorInfo& info,
                    const std::vector<EdgeId>& ready, EdgeId deltas, EdgeId verdicts,
                    Control control, Next next)
        : info_(info),
          control_(std::move(control)),
          ready_(context, ready),
          deltas_(context, {deltas}),
          outer_(context.loop(), context.parker()),
          outputs_(context.outputs()),
          verdicts_(context.open_output<Verdict<S>>(verdicts)),
          own_rank_(context.address().rank),
          state_(control_.initial),
          next_(std::move(next)) {
        control_.slots->are_read_here = true;
    }

    StepResult step() override {
        bool progressed = false;
        if (!running_ && outer_.may_run()) {
            Nothing nothing;
            progressed |= ready_.poll(nothing, outputs_, [this](const Mark& mark) {
                if (mark.kind == MarkKind::end_of_round) begin();
                if (mark.kind == MarkKind::end_of_stream) verdicts_.send_mark(mark);
            });
        }
        Collector collector{*this};
        progressed |= deltas_.poll(collector, outputs_, [this](const Mark& mark) {
            if (mark.kind == MarkKind::end_of_round) end_round();
        });
        if (ready_.ended() && deltas_.ended()) {
            next_.control({MarkKind::end_of_stream, 0});
            return StepResult::finished;
        }
        return progressed ? StepResult::progressed : StepResult::idle;
    }

 private:
    struct Nothing {
        void push(Ready&&) {}
        void control(const Mark&) {}
    };
    struct Collector {
        LoopCoordinator& coordinator;
        void push(Delta&& delta) { coordinator.receive(std::move(delta)); }
        void control(const Mark&) {}
    };

    void begin() {
        running_ = true;
        rounds_ = 0;
        state_ = control_.initial;
        decide(control_.max_rounds > 0);
    }

    void end_round() {
        // Not in the order of arrival, so that the result is always the same.
        for (const auto& folded : folded_)
            call_user(info_, control_.global, state_, std::move(*folded));
        ++rounds_;
        const bool wanted = call_user(info_, control_.condition, state_);
        decide(wanted && rounds_ < control_.max_rounds);
    }

    void decide(bool goes_on) {
        if (goes_on) control_.here->next = state_;
        send(goes_on);
        if (goes_on) return;
        next_.push(S(state_));
        next_.control({MarkKind::end_of_round, 0});
        running_ = false;
        outer_.end_round();
    }

    void send(bool goes_on) {
        Verdict<S> elsewhere(goes_on, std::nullopt);
        if (goes_on && verdicts_.destinations() > 1) elsewhere.second = state_;
        for (std::size_t rank = 0; rank < verdicts_.destinations(); ++rank)
            verdicts_.append(rank,
                             rank == own_rank_ ? Verdict<S>(goes_on, std::nullopt) : elsewhere);
        verdicts_.send_mark({MarkKind::end_of_round, 0});
    }

    void receive(Delta&& delta) {
        const auto& [replica, folded] = delta;
        if (replica >= folded_.size()) folded_.resize(replica + 1);
        if (folded_[replica] == nullptr)
            folded_[replica] = control_.slots->of_tails.of_replica(replica);
        if (folded) *folded_[replica] = *std::move(delta.second);
    }

    const OperatorInfo& info_;
    Control control_;
    Input<Ready> ready_;
    Input<Delta> deltas_;
    LoopMember outer_;
    ReplicaOutputs& outputs_;
    Output<Verdict<S>>& verdicts_;
    std::size_t own_rank_;
    std::vector<std::shared_ptr<Folded>> folded_;  // in this round, by replica
    S state_;
    std::size_t rounds_ = 0;
    bool running_ = false;  // between two runs it waits for what comes into the loop
    Next next_;
};

}  // namespace detail

}  // namespace renoir
