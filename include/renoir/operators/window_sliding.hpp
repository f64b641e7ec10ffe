#pragma once

/// The stage of sliding windows.

#include <renoir/operators/sliding_panes.hpp>
#include <renoir/operators/window_step.hpp>
#include <renoir/operators/window_tables.hpp>
#include <renoir/runtime/state_table.hpp>

#include <variant>

namespace renoir::detail {

/// Combines the states that keys have in panes to windows, in O(1) for each state and result; see
/// SlidingPanes. For windows without a lateness.
///
/// A key leaves with the last of its panes that some window still wants.
template <class K, class Step, bool WithWindow, class Next>
class SlidingWindowStage {
    using State = typename Step::state_type;
    using Result = window_result_t<WithWindow, Step>;

 public:
    SlidingWindowStage(const OperatorInfo& info, PeriodicWindows windows, Step step, Next next)
        : info_(info),
          windows_(windows),
          panes_of_time_(windows.panes()),
          step_(std::move(step)),
          next_(std::move(next)) {}

    void push(Timed<std::pair<K, State>>&& item) {
        const Number key = keys_.find_or_create(Table::look_up(item.value.first),
                                                [&] { return number_of_new(item.value.first); });
        panes_.add(pane_at(item.time), key, std::move(item.value.second));
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) fire_until(mark.value);
        if (mark.kind == MarkKind::end_of_round) {
            fire_until(timestamp_max);
            start_anew();
        }
        next_.control(mark);
    }

 private:
    using Panes = SlidingPanes<State>;
    using Number = typename Panes::Number;
    using Table = StateTable<K, Number>;

    Number number_of_new(const K& key) {
        const Number number = panes_.add_key();
        if (number == names_.size()) {
            names_.push_back(to_owned(K(key)));
        } else {
            names_[number] = to_owned(K(key));
        }
        return number;
    }

    std::int64_t pane_at(Timestamp time) {
        if (time != recent_time_) {
            recent_time_ = time;
            recent_pane_ = panes_of_time_.last_index(time);
        }
        return recent_pane_;
    }

    auto combine() {
        return [this](State& state, const State& other) { step_.merge(state, State(other)); };
    }

    void fire_until(Timestamp watermark) {
        while (!panes_.empty()) {
            const Timestamp first_time = panes_of_time_.start(panes_.first_pane());
            const std::int64_t window = std::max(windows_.first_index(first_time), first_unfired_);
            if (windows_.last(window) > watermark) break;
            auto fire_window = [&] { fire(window); };
            call_user(info_, fire_window);
        }
        if (watermark != timestamp_max)
            first_unfired_ = std::max(first_unfired_, windows_.first_index(watermark + 1));
        if (keys_.size() >= 2 * panes_.live() + least_keys) forget_keys();
    }

    void fire(std::int64_t window) {
        panes_.close_until(panes_of_time_.last_index(windows_.last(window)), combine());
        panes_.drop_before(panes_of_time_.last_index(windows_.start(window)), combine());
        const TimeWindow bounds = windows_.bounds(window);
        const Timestamp last = windows_.last(window);
        panes_.for_each_combined(combine(), [&](Number key, State&& state) {
            next_.push(Timed<std::pair<K, Result>>{
                {K(Owned<K>::show(names_[key])),
                 finish_in<WithWindow>(step_, std::move(state), bounds)},
                last});
        });
        if (window == windows_.last_index(timestamp_max)) {
            start_anew();
        } else {
            first_unfired_ = window + 1;
        }
    }

    void forget_keys() {
        keys_.retain([this](Number number) {
            const bool is_live = panes_.is_live(number);
            if (!is_live) panes_.forget_key(number);
            return is_live;
        });
    }

    void start_anew() {
        keys_ = Table();
        names_.clear();
        panes_ = Panes();
        first_unfired_ = timestamp_min;
    }

    static constexpr std::size_t least_keys = 1024;

    const OperatorInfo& info_;
    PeriodicWindows windows_;
    PeriodicWindows panes_of_time_;
    Step step_;
    Next next_;
    Table keys_;
    std::vector<owned_t<K>> names_;  // by number
    Panes panes_;
    std::int64_t first_unfired_ = timestamp_min;  // the windows before have fired or passed
    Timestamp recent_time_ = timestamp_min;
    std::int64_t recent_pane_ = panes_of_time_.last_index(timestamp_min);
};

/// Sliding windows of states: those with a lateness, which may fire again out of order, have a
/// table each.
template <class K, class Step, bool WithWindow, class Next>
class SlidingStatesStage {
    using State = typename Step::state_type;
    using InOrder = SlidingWindowStage<K, Step, WithWindow, Next>;
    using Patient = WindowTablesStage<K, State, Step, WithWindow, Next>;

 public:
    SlidingStatesStage(const OperatorInfo& info, PeriodicWindows windows, Step step, Next next)
        : stage_(make(info, windows, std::move(step), std::move(next))) {}

    void push(Timed<std::pair<K, State>>&& item) {
        if (auto* in_order = std::get_if<InOrder>(&stage_)) [[likely]] {
            in_order->push(std::move(item));
        } else {
            std::get<Patient>(stage_).push(std::move(item));
        }
    }

    void control(const Mark& mark) {
        std::visit([&](auto& stage) { stage.control(mark); }, stage_);
    }

 private:
    static std::variant<InOrder, Patient> make(const OperatorInfo& info, PeriodicWindows windows,
                                               Step step, Next next) {
        if (windows.lateness() == 0)
            return InOrder(info, windows, std::move(step), std::move(next));
        return Patient(info, windows, std::move(step), std::move(next));
    }

    std::variant<InOrder, Patient> stage_;
};

}  // namespace renoir::detail
