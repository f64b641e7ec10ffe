#pragma once

/// Tables of states by window: one for each open window, and local aggregation by pane.

#include <renoir/operators/key_by.hpp>
#include <renoir/operators/window_step.hpp>
#include <renoir/runtime/state_table.hpp>

#include <map>
#include <vector>

namespace renoir::detail {

/// The windows that hold an item, with the one looked up last at hand: most items are in it. A
/// Table has a StateTable `states` as its first member.
template <class Table>
class TablesByWindow {
    using Tables = std::map<std::int64_t, Table>;

 public:
    explicit TablesByWindow(PeriodicWindows windows) : windows_(windows) {}

    [[nodiscard]] const PeriodicWindows& windows() const noexcept { return windows_; }
    [[nodiscard]] bool empty() const noexcept { return tables_.empty(); }
    [[nodiscard]] auto begin() noexcept { return tables_.begin(); }
    [[nodiscard]] auto end() noexcept { return tables_.end(); }

    [[nodiscard]] std::size_t size() const noexcept { return tables_.size(); }
    /// Whether `time` is in the window that was looked up last.
    [[nodiscard]] bool is_recent(Timestamp time) const noexcept {
        return time >= recent_start_ && time <= recent_last_;
    }
    /// Whether a window behind all others would have to be opened for `time`.
    [[nodiscard]] bool is_next(Timestamp time) const noexcept {
        return !tables_.empty() && windows_.last_index(time) > tables_.rbegin()->first;
    }

    /// Of tumbling windows: the table of the one that holds `time`.
    [[nodiscard]] Table& at_time(Timestamp time) {
        if (!is_recent(time)) [[unlikely]]
            look_up(time);
        return *recent_;
    }
    [[nodiscard]] Table& at_index(std::int64_t index) {
        const auto place = tables_.lower_bound(index);
        if (place != tables_.end() && place->first == index) return place->second;
        if (spares_.empty()) return tables_.try_emplace(place, index)->second;
        auto node = std::move(spares_.back());
        spares_.pop_back();
        node.key() = index;
        node.mapped() = Table{std::move(node.mapped().states)};
        return tables_.insert(place, std::move(node))->second;
    }

    /// Takes a table away; its memory serves the next one if it was not far too large for the keys
    /// that it had.
    auto erase(typename Tables::iterator table, std::size_t keys_before) {
        forget_recent();
        const auto next = std::next(table);
        auto node = tables_.extract(table);
        auto& states = node.mapped().states;
        const bool fits = states.empty() && states.room() <= most_room_for_a_key * keys_before;
        if (fits && spares_.size() < most_spares) spares_.push_back(std::move(node));
        return next;
    }
    void clear() {
        forget_recent();
        tables_.clear();
    }

 private:
    static constexpr std::size_t most_room_for_a_key = 16;
    static constexpr std::size_t most_spares = 4;

    /// No time is between these two.
    void forget_recent() noexcept {
        recent_start_ = timestamp_max;
        recent_last_ = timestamp_min;
    }

    void look_up(Timestamp time) {
        const std::int64_t index = windows_.last_index(time);
        recent_ = &at_index(index);
        recent_start_ = windows_.start(index);
        recent_last_ = windows_.last(index);
    }

    PeriodicWindows windows_;
    Tables tables_;
    std::vector<typename Tables::node_type> spares_;
    Table* recent_ = nullptr;
    Timestamp recent_start_ = timestamp_max;
    Timestamp recent_last_ = timestamp_min;
};

/// Items that have their key beside them.
template <class K, class V>
struct KeyedByPair {
    using key_type = K;
    static const K& key(const std::pair<K, V>& item) noexcept { return item.first; }
    static V&& take_value(std::pair<K, V>& item) noexcept { return std::move(item.second); }
};

/// Items whose key a function gives.
template <class V, class F>
struct KeyedByFunction {
    using key_type = key_of_t<F, V>;
    OperatorInfo info;
    F fn;

    key_type key(const V& item) { return key_type(call_user(info, fn, item)); }
    static V&& take_value(V& item) noexcept { return std::move(item); }
};

/// Local aggregation of each pane before the exchange: the state of a key travels once for each
/// pane, when the watermark has passed it, with the start of the pane as its time. Watermarks go on
/// where a pane ends; between two ends they would tell the windows nothing.
///
/// Where panes hold hardly more than one item of a key it steps aside for a while and hands on each
/// item as a state of its own. Its memory is bounded by a number of keys, beyond which the states
/// go early.
template <class Item, class Keyed, class Step, class Next>
class PanePartialStage {
    using K = typename Keyed::key_type;
    using State = typename Step::state_type;
    using Table = StateTable<K, State>;

 public:
    PanePartialStage(const OperatorInfo& info, PeriodicWindows panes, Keyed keyed, Step step,
                     Next next)
        : info_(info),
          panes_(panes),
          keyed_(std::move(keyed)),
          step_(std::move(step)),
          next_(std::move(next)) {}

    void push(Timed<Item>&& item) {
        if (aside_ != 0) [[unlikely]] {
            --aside_;
            hand_on(std::move(item));
            return;
        }
        if (!panes_.is_recent(item.time)) [[unlikely]]
            make_room(item.time);
        Pane& pane = panes_.at_time(item.time);
        auto add = [&] {
            const K key(keyed_.key(std::as_const(item.value)));
            auto kept = keep_at(step_, keyed_.take_value(item.value), item.time);
            pane.states.visit(
                Table::look_up(key), [&](State& state) { step_.add(state, std::move(kept)); },
                [&] {
                    ++keys_;
                    return step_.create(std::move(kept));
                });
        };
        call_user(info_, add);
        ++pane.items;
        if (keys_ >= most_keys) [[unlikely]]
            send_all();
    }

    void push_batch(std::span<Timed<Item>> items)
        requires(Table::lookups_outlive_keys)
    {
        while (!items.empty()) {
            if (aside_ != 0) [[unlikely]] {
                push(std::move(items.front()));
                items = items.subspan(1);
            } else {
                items = items.subspan(add_run(items));
            }
        }
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) {
            pass_watermark(mark.value);
            return;
        }
        // Nobody waits for an idle replica, so what it has must be there.
        if (mark.kind == MarkKind::end_of_round || mark.kind == MarkKind::idle) send_all();
        if (mark.kind == MarkKind::end_of_round) {
            sent_ = timestamp_min;
            aside_ = 0;
        }
        next_.control(mark);
    }

 private:
    struct Pane {
        Table states;
        std::size_t items = 0;
    };

    static constexpr std::size_t most_keys = std::size_t{1} << 20;
    static constexpr std::size_t keys_in_cache = std::size_t{1} << 13;
    static constexpr std::size_t panes_in_cache = 3;
    static constexpr std::size_t items_aside = std::size_t{1} << 16;
    static constexpr std::size_t items_to_judge = 4096;
    static constexpr std::size_t least_reduction = 2;

    /// Adds the items that are in the pane of the first one, up to one that is not; returns how
    /// many.
    std::size_t add_run(std::span<Timed<Item>> items) {
        if (!panes_.is_recent(items.front().time)) make_room(items.front().time);
        Pane& pane = panes_.at_time(items.front().time);
        std::size_t count = 1;
        while (count < items.size() && panes_.is_recent(items[count].time)) ++count;
        auto add = [&] { add_each(pane.states, items.first(count)); };
        call_user(info_, add);
        pane.items += count;
        if (keys_ >= most_keys) [[unlikely]]
            send_all();
        return count;
    }

    void add_each(Table& states, std::span<Timed<Item>> items) {
        const auto keep = [this](Timed<Item>& item) {
            return keep_at(step_, keyed_.take_value(item.value), item.time);
        };
        const std::size_t keys_before = states.size();
        states.visit_each(
            items, [this](const Timed<Item>& item) -> K { return keyed_.key(item.value); },
            [&](State& state, Timed<Item>& item) { step_.add(state, keep(item)); },
            [&](Timed<Item>& item) { return step_.create(keep(item)); });
        keys_ += states.size() - keys_before;
    }

    /// Where watermarks are rare, panes that time has left go before they fall out of the cache.
    void make_room(Timestamp time) {
        if (keys_ < keys_in_cache || !panes_.is_next(time)) return;
        while (panes_.size() >= panes_in_cache) send_first();
    }

    void pass_watermark(Timestamp watermark) {
        while (!panes_.empty() && panes_.windows().last(panes_.begin()->first) <= watermark)
            send_first();
        const Timestamp ended = end_of_panes(watermark);
        if (ended <= sent_) return;
        sent_ = ended;
        next_.control({MarkKind::watermark, ended});
    }

    /// The last time of the last pane that has ended at this watermark.
    [[nodiscard]] Timestamp end_of_panes(Timestamp watermark) const noexcept {
        const PeriodicWindows& panes = panes_.windows();
        const std::int64_t index = panes.last_index(watermark);
        if (panes.last(index) <= watermark) return panes.last(index);
        const Timestamp start = panes.start(index);
        return start == timestamp_min ? timestamp_min : start - 1;
    }

    void send_all() {
        for (auto& [index, pane] : panes_) send(index, pane);
        panes_.clear();
    }

    void send_first() {
        const auto pane = panes_.begin();
        const std::size_t keys = pane->second.states.size();
        send(pane->first, pane->second);
        panes_.erase(pane, keys);
    }

    void send(std::int64_t index, Pane& pane) {
        const std::size_t keys = pane.states.size();
        if (pane.items >= items_to_judge && pane.items < least_reduction * keys)
            aside_ = items_aside;
        keys_ -= keys;
        const Timestamp start = panes_.windows().start(index);
        pane.states.drain([&](K&& key, State&& state) {
            next_.push(Timed<std::pair<K, State>>{{std::move(key), std::move(state)}, start});
        });
    }

    void hand_on(Timed<Item>&& item) {
        auto keyed_state = [&] {
            K key(keyed_.key(std::as_const(item.value)));
            return std::pair<K, State>(
                std::move(key),
                step_.create(keep_at(step_, keyed_.take_value(item.value), item.time)));
        };
        next_.push(Timed<std::pair<K, State>>{call_user(info_, keyed_state), item.time});
    }

    const OperatorInfo& info_;
    TablesByWindow<Pane> panes_;
    Keyed keyed_;
    Step step_;
    Next next_;
    std::size_t keys_ = 0;
    std::size_t aside_ = 0;
    Timestamp sent_ = timestamp_min;
};

/// One table of states for each open window.
///
/// A watermark looks at the windows that it closes and at no other; their keys leave with them. A
/// window that is kept for late items fires again for a key when one comes.
template <class K, class In, class Step, bool WithWindow, class Next>
class WindowTablesStage {
    using State = typename Step::state_type;
    using Result = window_result_t<WithWindow, Step>;

 public:
    WindowTablesStage(const OperatorInfo& info, PeriodicWindows windows, Step step, Next next)
        : info_(info), tables_(windows), step_(std::move(step)), next_(std::move(next)) {}

    void push(Timed<std::pair<K, In>>&& item) {
        const PeriodicWindows& windows = tables_.windows();
        if (windows.size() == windows.slide()) {
            add(windows.lateness() == 0 ? 0 : windows.last_index(item.time),
                tables_.at_time(item.time), std::move(item));
            return;
        }
        // Windows that are gone already do not come back for an item that others still want.
        std::int64_t index = windows.first_index(item.time);
        const std::int64_t last = windows.last_index(item.time);
        while (index < last && windows.gone_at(index) <= watermark_) ++index;
        for (; index < last; ++index) {
            if constexpr (is_copyable<In>) {
                add(index, tables_.at_index(index), Timed<std::pair<K, In>>(item));
            }
        }
        add(last, tables_.at_index(last), std::move(item));
    }

    void push_batch(std::span<Timed<std::pair<K, In>>> items) {
        const PeriodicWindows& windows = tables_.windows();
        if (windows.size() != windows.slide() || windows.lateness() != 0) {
            for (auto& item : items) push(std::move(item));
            return;
        }
        while (!items.empty()) {
            Window& window = tables_.at_time(items.front().time);
            std::size_t count = 1;
            while (count < items.size() && tables_.is_recent(items[count].time)) ++count;
            auto add = [&] { add_each(window, items.first(count)); };
            call_user(info_, add);
            items = items.subspan(count);
        }
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) fire_until(mark.value);
        if (mark.kind == MarkKind::end_of_round) {
            fire_until(timestamp_max);
            tables_.clear();
            watermark_ = timestamp_min;
        }
        next_.control(mark);
    }

 private:
    struct Window {
        StateTable<K, State> states;
        bool has_fired = false;
    };

    void add(std::int64_t index, Window& window, Timed<std::pair<K, In>>&& item) {
        auto add_item = [&] {
            auto kept = keep_at(step_, std::move(item.value.second), item.time);
            const auto key = StateTable<K, State>::look_up(item.value.first);
            State& state = window.states.visit(
                key, [&](State& old) { step_.add(old, std::move(kept)); },
                [&] { return step_.create(std::move(kept)); });
            if (has_passed(index)) [[unlikely]] {
                window.has_fired = true;
                emit_copy(index, item.value.first, state);
            }
        };
        call_user(info_, add_item);
    }

    /// Items of a window that has not fired.
    void add_each(Window& window, std::span<Timed<std::pair<K, In>>> items) {
        using Item = Timed<std::pair<K, In>>;
        const auto keep = [this](Item& item) {
            return keep_at(step_, std::move(item.value.second), item.time);
        };
        window.states.visit_each(
            items, [](const Item& item) -> const K& { return item.value.first; },
            [&](State& state, Item& item) { step_.add(state, keep(item)); },
            [&](Item& item) { return step_.create(keep(item)); });
    }

    /// Only windows with a lateness are seen again after they have fired.
    [[nodiscard]] bool has_passed(std::int64_t index) const noexcept {
        return tables_.windows().lateness() != 0 && tables_.windows().last(index) <= watermark_;
    }

    void fire_until(Timestamp watermark) {
        watermark_ = watermark;
        const PeriodicWindows& windows = tables_.windows();
        for (auto window = tables_.begin();
             window != tables_.end() && windows.last(window->first) <= watermark;) {
            const bool gone = windows.gone_at(window->first) <= watermark;
            const std::size_t keys = window->second.states.size();
            if (!std::exchange(window->second.has_fired, true)) fire(*window, gone);
            window = gone ? tables_.erase(window, keys) : std::next(window);
        }
    }

    void fire(std::pair<const std::int64_t, Window>& window, bool gone) {
        auto emit_all = [&] {
            if (gone) {
                window.second.states.drain([&](K&& key, State&& state) {
                    emit(window.first, std::move(key), std::move(state));
                });
            } else {
                window.second.states.for_each(
                    [&](const K& key, State& state) { emit_copy(window.first, key, state); });
            }
        };
        call_user(info_, emit_all);
    }

    void emit_copy(std::int64_t index, const K& key, const State& state) {
        if constexpr (is_copyable<State> && std::copy_constructible<K>)
            emit(index, K(key), State(state));
    }

    void emit(std::int64_t index, K&& key, State&& state) {
        const PeriodicWindows& windows = tables_.windows();
        next_.push(Timed<std::pair<K, Result>>{
            {std::move(key), finish_in<WithWindow>(step_, std::move(state), windows.bounds(index))},
            windows.last(index)});
    }

    const OperatorInfo& info_;
    TablesByWindow<Window> tables_;
    Step step_;
    Next next_;
    Timestamp watermark_ = timestamp_min;
};

}  // namespace renoir::detail
