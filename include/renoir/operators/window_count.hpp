#pragma once

/// The stage of windows by number.

#include <renoir/operators/pane_aggregate.hpp>
#include <renoir/operators/window_step.hpp>
#include <renoir/runtime/state_table.hpp>

#include <numeric>

namespace renoir::detail {

/// Windows over the items of each key, for states that combine: panes of the greatest common
/// divisor of size and slide.
template <class K, class V, class Step, class Next>
class CountWindowStage {
    using State = typename Step::state_type;
    using Result = window_result_t<false, Step>;

 public:
    CountWindowStage(const OperatorInfo& info, CountWindow windows, Step step, Next next)
        : info_(info),
          windows_(windows),
          pane_(std::gcd(windows.size(), windows.slide())),
          step_(std::move(step)),
          next_(std::move(next)) {}

    void push(std::pair<K, V>&& item) {
        auto add_item = [&] {
            Key& key = keys_.find_or_create(Table::look_up(item.first), [] { return Key(); });
            if (key.panes.empty()) ++live_;
            auto kept = keep_at(step_, std::move(item.second), static_cast<Timestamp>(key.items));
            key.panes.visit(
                static_cast<std::int64_t>(key.items / pane_),
                [&](State& state) { step_.add(state, std::move(kept)); },
                [&] { return step_.create(std::move(kept)); });
            ++key.items;
            if (key.items >= windows_.size() &&
                (key.items - windows_.size()) % windows_.slide() == 0) {
                emit(std::move(item.first), key);
                if (key.panes.empty()) forget(key);
            }
        };
        call_user(info_, add_item);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            keys_ = Table();
            live_ = 0;
        }
        next_.control(mark);
    }

 private:
    struct Key {
        std::uint64_t items = 0;
        PaneAggregate<State> panes;
    };
    using Table = StateTable<K, Key>;

    void emit(K&& name, Key& key) {
        const auto combine = [this](State& state, const State& later) {
            step_.merge(state, State(later));
        };
        const std::uint64_t first = key.items - windows_.size();
        key.panes.drop_before(static_cast<std::int64_t>(first / pane_), combine);
        const auto last = static_cast<std::int64_t>(key.items / pane_) - 1;
        std::optional<State> state = key.panes.combined(last, combine);
        key.panes.drop_before(static_cast<std::int64_t>((first + windows_.slide()) / pane_),
                              combine);
        next_.push(std::pair<K, Result>(std::move(name),
                                        finish_in<false>(step_, std::move(*state), TimeWindow{})));
    }

    /// No item of the key is in a window that is still to come: it is as a new one.
    void forget(Key& key) {
        key.items = 0;
        --live_;
        if (keys_.size() >= 2 * live_ + least_keys)
            keys_.retain([](const Key& any) { return !any.panes.empty(); });
    }

    static constexpr std::size_t least_keys = 1024;

    const OperatorInfo& info_;
    CountWindow windows_;
    std::uint64_t pane_;
    Step step_;
    Next next_;
    Table keys_;
    std::size_t live_ = 0;  // keys that have panes
};

}  // namespace renoir::detail
