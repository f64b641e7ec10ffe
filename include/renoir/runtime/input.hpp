#pragma once

/// The receiving end of one or more edges of one item type, and the block heads made of it.

#include <renoir/base/batch_buffer.hpp>
#include <renoir/runtime/frontier.hpp>
#include <renoir/runtime/replica.hpp>
#include <renoir/runtime/stage.hpp>

#include <array>
#include <random>

namespace renoir {

/// Reads the slabs of all senders in turn, hands their items to a stage and combines their marks.
template <Exchangeable T>
class Input {
 public:
    Input(ReplicaContext& context, const std::vector<EdgeId>& edges)
        : lanes_(collect_lanes(context, edges)), frontier_(lanes_.size()), pool_(context.pool()) {
        if (context.schedule_seed() != 0) next_ = context.schedule_seed() % lanes_.size();
    }

    /// Reads at most one slab of each channel, and stops early when `outputs` are blocked and when
    /// a round has ended: whether the next one may be read at once is not known here. `on_mark` is
    /// called with each mark of the combined input.
    template <class Stage, class Outputs, class OnMark>
    bool poll(Stage& stage, const Outputs& outputs, OnMark&& on_mark) {
        bool progressed = false;
        for (std::size_t i = 0; i < lanes_.size() && !outputs.blocked(); ++i) {
            const std::size_t channel = next_;
            next_ = next_ + 1 == lanes_.size() ? 0 : next_ + 1;
            if (frontier_.is_held(channel)) continue;
            const IncomingLane& lane = lanes_[channel];
            SlabPointer slab = lane.ring->try_pop();
            if (slab == nullptr) continue;
            lane.announce_room();
            progressed = true;
            deliver(*slab, channel, stage);
            const Mark mark = slab->header.mark;
            pool_.give(std::move(slab));
            if (mark.kind != MarkKind::none && forward(channel, mark, on_mark)) break;
        }
        return progressed;
    }

    [[nodiscard]] bool ended() const noexcept { return frontier_.ended(); }

 private:
    /// Items decoded before the stage sees them, where it takes several at once.
    static constexpr std::size_t decoded_at_once = detail::batch_items<T>;

    static std::vector<IncomingLane> collect_lanes(ReplicaContext& context,
                                                   const std::vector<EdgeId>& edges) {
        std::vector<IncomingLane> lanes;
        for (const EdgeId edge : edges) {
            const std::vector<IncomingLane> of_edge = context.open_lanes(edge);
            lanes.insert(lanes.end(), of_edge.begin(), of_edge.end());
        }
        return lanes;
    }

    template <class Stage>
    void deliver(Slab& slab, std::size_t channel, Stage& stage) {
        if (slab.header.count == 0) return;
        frontier_.speaks(channel);
        SlabReader<T> reader(slab);
        if constexpr (is_flat<T>) {
            push_all<T>(stage, reader.items());
        } else if constexpr (BatchStageFor<Stage, T>) {
            deliver_in_batches(reader, stage);
        } else {
            for (std::size_t i = 0; i < reader.size(); ++i) {
                reader.read(i, decoded_[0]);
                stage.push(std::move(decoded_[0]));
            }
        }
    }

    template <class Stage>
    void deliver_in_batches(const SlabReader<T>& reader, Stage& stage) {
        for (std::size_t begin = 0; begin < reader.size(); begin += decoded_at_once) {
            const std::size_t count = std::min(decoded_at_once, reader.size() - begin);
            for (std::size_t i = 0; i < count; ++i) reader.read(begin + i, decoded_[i]);
            stage.push_batch(std::span<T>(decoded_.data(), count));
        }
    }

    /// True when the round has ended by this mark.
    template <class OnMark>
    bool forward(std::size_t channel, const Mark& mark, OnMark&& on_mark) {
        marks_.clear();
        frontier_.receive(channel, mark, marks_);
        bool round_ended = false;
        for (const Mark& combined : marks_) {
            on_mark(combined);
            round_ended |= combined.kind == MarkKind::end_of_round;
        }
        return round_ended;
    }

    struct Nothing {};
    static constexpr bool decodes = !is_flat<T>;
    static_assert(is_flat<T> || std::is_default_constructible_v<T>,
                  "an item that crosses an exchange must be default constructible, so that it can "
                  "be decoded into");

    std::vector<IncomingLane> lanes_;
    Frontier frontier_;
    SlabPool& pool_;
    std::size_t next_ = 0;
    std::vector<Mark> marks_;
    [[no_unique_address]] std::conditional_t<decodes, std::array<T, decodes ? decoded_at_once : 1>,
                                             Nothing>
        decoded_{};
};

/// Head of a block that follows an exchange: reads and pushes.
template <Exchangeable T, class Next>
class ExchangeReplica final : public Replica {
 public:
    ExchangeReplica(ReplicaContext& context, const std::vector<EdgeId>& edges, Next next)
        : input_(context, edges),
          member_(context.loop(), context.parker()),
          outputs_(context.outputs()),
          next_(std::move(next)) {}

    StepResult step() override {
        if (!member_.may_run()) return StepResult::idle;
        const bool progressed = input_.poll(next_, outputs_, [this](const Mark& mark) {
            next_.control(mark);
            if (mark.kind == MarkKind::end_of_round) member_.end_round();
        });
        if (input_.ended()) return StepResult::finished;
        return progressed ? StepResult::progressed : StepResult::idle;
    }

 private:
    Input<T> input_;
    LoopMember member_;
    ReplicaOutputs& outputs_;
    Next next_;
};

/// A stage that may stop in the middle of its work, so that no step emits without bound. It keeps
/// what it could not finish, with the marks that come behind, and is given nothing new until
/// `catch_up()`, called at the start of each step, has returned true.
template <class Stage>
concept PausingStage = requires(Stage& stage, const Stage& as_is) {
    { stage.catch_up() } -> std::same_as<bool>;
    { as_is.is_behind() } -> std::same_as<bool>;
};

/// A stage that gains from reading its right input first as long as `prefers_right()`.
template <class Stage>
concept RightFirstStage = requires(const Stage& stage) {
    { stage.prefers_right() } -> std::same_as<bool>;
};

/// Head of a block with two inputs of different types. The stage has
///
///     void push_left(Left&& item);    // also push_left_batch(std::span<Left>)
///     void push_right(Right&& item);  // also push_right_batch(std::span<Right>)
///     void control(const Mark& mark); // the marks of both inputs combined
///
/// and, where it wants to know, `end_left()` and `end_right()`: the round has ended on one side.
/// Neither input is ever held back for the other, so a graph whose branches meet again cannot block
/// itself.
template <Exchangeable Left, Exchangeable Right, class Stage>
class TwoInputReplica final : public Replica {
 public:
    TwoInputReplica(ReplicaContext& context, EdgeId left, EdgeId right, Stage stage)
        : left_(context, {left}),
          right_(context, {right}),
          frontier_(2),
          member_(context.loop(), context.parker()),
          outputs_(context.outputs()),
          keeps_turns_(context.schedule_seed() != 0),
          stage_(std::move(stage)) {}

    StepResult step() override {
        bool progressed = false;
        if constexpr (PausingStage<Stage>) {
            progressed = stage_.is_behind();
            if (!stage_.catch_up()) return StepResult::progressed;
            leave_round_when_done();
        }
        const bool read_right = poll_right();
        progressed |= read_right;
        if (!read_right || is_turn_of_left()) progressed |= poll_left();
        if (frontier_.ended() && !is_behind()) return StepResult::finished;
        return progressed ? StepResult::progressed : StepResult::idle;
    }

 private:
    /// A preferred input is read alone for so many steps: a little of the other one goes along, so
    /// that it is delayed and not stopped.
    static constexpr std::size_t steps_alone = 1024;

    struct LeftSide {
        Stage& stage;
        Frontier& frontier;
        void push(Left&& item) {
            frontier.speaks(0);
            stage.push_left(std::move(item));
        }
        void push_batch(std::span<Left> items)
            requires requires(Stage& any) { any.push_left_batch(items); }
        {
            frontier.speaks(0);
            stage.push_left_batch(items);
        }
        void control(const Mark&) {}
    };
    struct RightSide {
        Stage& stage;
        Frontier& frontier;
        void push(Right&& item) {
            frontier.speaks(1);
            stage.push_right(std::move(item));
        }
        void push_batch(std::span<Right> items)
            requires requires(Stage& any) { any.push_right_batch(items); }
        {
            frontier.speaks(1);
            stage.push_right_batch(items);
        }
        void control(const Mark&) {}
    };

    /// What ends the reading of an input before every channel had its turn.
    struct Stop {
        const TwoInputReplica& replica;
        [[nodiscard]] bool blocked() const noexcept {
            return replica.outputs_.blocked() || replica.is_behind();
        }
    };

    [[nodiscard]] bool is_behind() const noexcept {
        if constexpr (PausingStage<Stage>) {
            return stage_.is_behind();
        } else {
            return false;
        }
    }

    [[nodiscard]] bool is_turn_of_left() noexcept {
        if constexpr (RightFirstStage<Stage>) {
            if (!keeps_turns_ && stage_.prefers_right()) return ++steps_alone_ % steps_alone == 0;
        }
        return true;
    }

    bool poll_left() {
        if (!may_read(0)) return false;
        LeftSide side{stage_, frontier_};
        return left_.poll(side, Stop{*this}, [this](const Mark& mark) {
            if constexpr (requires { stage_.end_left(); }) {
                if (mark.kind == MarkKind::end_of_round) stage_.end_left();
            }
            receive(0, mark);
        });
    }

    bool poll_right() {
        if (!may_read(1)) return false;
        RightSide side{stage_, frontier_};
        return right_.poll(side, Stop{*this}, [this](const Mark& mark) {
            if constexpr (requires { stage_.end_right(); }) {
                if (mark.kind == MarkKind::end_of_round) stage_.end_right();
            }
            receive(1, mark);
        });
    }

    void receive(std::size_t side, const Mark& mark) {
        marks_.clear();
        frontier_.receive(side, mark, marks_);
        for (const Mark& combined : marks_) {
            stage_.control(combined);
            round_has_ended_ |= combined.kind == MarkKind::end_of_round;
        }
        leave_round_when_done();
    }

    [[nodiscard]] bool may_read(std::size_t side) const noexcept {
        return !frontier_.is_held(side) && member_.may_run();
    }

    /// A stage that is behind is still in the round.
    void leave_round_when_done() {
        if (!round_has_ended_ || is_behind()) return;
        round_has_ended_ = false;
        member_.end_round();
    }

    Input<Left> left_;
    Input<Right> right_;
    Frontier frontier_;
    LoopMember member_;
    std::vector<Mark> marks_;
    ReplicaOutputs& outputs_;
    bool keeps_turns_;
    std::size_t steps_alone_ = 0;
    bool round_has_ended_ = false;
    Stage stage_;
};

}  // namespace renoir
