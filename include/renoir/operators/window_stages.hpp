#pragma once

/// The stages that windows are made of.
///
/// Late items are taken out before the exchange, by the watermark of the replica that they come
/// from: what the windows behind the exchange see is never late for them, because their watermark
/// is the lowest of all senders. So which items are late depends on the data of each replica alone
/// and not on the race between replicas.

#include <renoir/operators/fold.hpp>
#include <renoir/operators/pane_aggregate.hpp>
#include <renoir/runtime/state_table.hpp>
#include <renoir/stream/window_types.hpp>

#include <atomic>
#include <map>
#include <numeric>
#include <queue>

namespace renoir::detail {

/// What a step needs of an item, where some steps want the item's time as well.
template <class Step, class In>
auto keep_at(Step& step, In&& item, Timestamp time) {
    if constexpr (requires { step.keep_at(std::move(item), time); }) {
        return step.keep_at(std::move(item), time);
    } else {
        return step.keep(std::move(item));
    }
}

/// The result for a window: with its bounds where they are asked for.
template <bool WithWindow, class Step, class State>
auto finish_in(Step& step, State&& state, const TimeWindow& window) {
    auto result = [&] {
        if constexpr (requires { step.finish_in(std::move(state), window); }) {
            return step.finish_in(std::move(state), window);
        } else {
            return step.finish(std::move(state));
        }
    };
    if constexpr (WithWindow) {
        return Windowed<decltype(result())>{window, result()};
    } else {
        return result();
    }
}

template <bool WithWindow, class Step>
using window_result_t = decltype(finish_in<WithWindow>(
    std::declval<Step&>(), std::declval<typename Step::state_type>(), TimeWindow{}));

// ---- late items --------------------------------------------------------------------------------

/// Lets items through that some window still wants.
template <class T, class Windows, class Late, class Next>
class LateFilterStage {
 public:
    LateFilterStage(Windows windows, std::shared_ptr<std::atomic<std::uint64_t>> dropped, Late late,
                    Next next)
        : windows_(windows),
          dropped_(std::move(dropped)),
          late_(std::move(late)),
          next_(std::move(next)) {}

    void push(Timed<T>&& item) {
        if (item.time <= watermark_ && windows_.is_late(item.time, watermark_)) [[unlikely]] {
            if (!late_.take(std::move(item))) dropped_->fetch_add(1, std::memory_order_relaxed);
            return;
        }
        next_.push(std::move(item));
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) watermark_ = mark.value;
        if (mark.kind == MarkKind::end_of_round) watermark_ = timestamp_min;
        late_.control(mark);
        next_.control(mark);
    }

 private:
    Windows windows_;
    std::shared_ptr<std::atomic<std::uint64_t>> dropped_;
    Late late_;
    Next next_;
    Timestamp watermark_ = timestamp_min;
};

/// Late items go to a stream of their own, if one is asked for.
template <class V>
struct LateOutput {
    Output<Timed<V>>* output = nullptr;
    std::size_t destination = 0;

    bool take(Timed<V>&& item) {
        if (output == nullptr) return false;
        output->append(destination, item);
        return true;
    }
    template <class K>
    bool take(Timed<std::pair<K, V>>&& item) {
        return take(Timed<V>{std::move(item.value.second), item.time});
    }
    void control(const Mark& mark) {
        if (output != nullptr) output->send_mark(mark);
    }
};

/// T is V, or a pair of a key and V.
template <class T, class V, class Windows>
struct LateFilter {
    using value_type = Timed<T>;
    Windows windows;
    std::shared_ptr<std::atomic<std::uint64_t>> dropped;
    std::optional<EdgeId> late;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext& context, Next next) const {
        LateOutput<V> output;
        if (late) output = {&context.open_output<Timed<V>>(*late), context.index()};
        return LateFilterStage<T, Windows, LateOutput<V>, Next>(windows, dropped, output,
                                                                std::move(next));
    }
};

// ---- tables by window --------------------------------------------------------------------------

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

    /// Of tumbling windows: the table of the one that holds `time`.
    [[nodiscard]] Table& at_time(Timestamp time) {
        if (recent_ == nullptr || time < recent_start_ || time > recent_last_) [[unlikely]]
            look_up(time);
        return *recent_;
    }
    [[nodiscard]] Table& at_index(std::int64_t index) {
        const auto place = tables_.lower_bound(index);
        if (place != tables_.end() && place->first == index) return place->second;
        if (spare_.empty()) return tables_.try_emplace(place, index)->second;
        spare_.key() = index;
        spare_.mapped() = Table{std::move(spare_.mapped().states)};
        return tables_.insert(place, std::move(spare_))->second;
    }

    /// Takes a table away; its memory serves the next one if it was not far too large for the keys
    /// that it had.
    auto erase(typename Tables::iterator table, std::size_t keys_before) {
        recent_ = nullptr;
        const auto next = std::next(table);
        auto node = tables_.extract(table);
        auto& states = node.mapped().states;
        if (states.empty() && states.room() <= most_room_for_a_key * keys_before)
            spare_ = std::move(node);
        return next;
    }
    void clear() {
        recent_ = nullptr;
        tables_.clear();
    }

 private:
    static constexpr std::size_t most_room_for_a_key = 16;

    void look_up(Timestamp time) {
        const std::int64_t index = windows_.last_index(time);
        recent_ = &at_index(index);
        recent_start_ = windows_.start(index);
        recent_last_ = windows_.last(index);
    }

    PeriodicWindows windows_;
    Tables tables_;
    typename Tables::node_type spare_;
    Table* recent_ = nullptr;
    Timestamp recent_start_ = 0;
    Timestamp recent_last_ = 0;
};

/// Local aggregation of each pane before the exchange: the state of a key travels once for each
/// pane, when the watermark has passed it, with the start of the pane as its time. Watermarks go on
/// where a pane ends; between two ends they would tell the windows nothing.
///
/// Where panes hold hardly more than one item of a key it steps aside for a while and hands on each
/// item as a state of its own. Its memory is bounded by a number of keys, beyond which the states
/// go early.
template <class K, class V, class Step, class Next>
class PanePartialStage {
    using State = typename Step::state_type;

 public:
    PanePartialStage(const OperatorInfo& info, PeriodicWindows panes, Step step, Next next)
        : info_(info), panes_(panes), step_(std::move(step)), next_(std::move(next)) {}

    void push(Timed<std::pair<K, V>>&& item) {
        if (aside_ != 0) [[unlikely]] {
            --aside_;
            hand_on(std::move(item));
            return;
        }
        Pane& pane = panes_.at_time(item.time);
        auto add = [&] {
            auto kept = keep_at(step_, std::move(item.value.second), item.time);
            const auto key = Table::look_up(item.value.first);
            pane.states.visit(
                key, [&](State& state) { step_.add(state, std::move(kept)); },
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

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) {
            pass_watermark(mark.value);
            return;
        }
        if (mark.kind == MarkKind::end_of_round) {
            send_all();
            sent_ = timestamp_min;
        }
        next_.control(mark);
    }

 private:
    using Table = StateTable<K, State>;
    struct Pane {
        Table states;
        std::size_t items = 0;
    };

    static constexpr std::size_t most_keys = std::size_t{1} << 20;
    static constexpr std::size_t items_aside = std::size_t{1} << 16;
    static constexpr std::size_t items_to_judge = 4096;
    static constexpr std::size_t least_reduction = 2;

    void pass_watermark(Timestamp watermark) {
        while (!panes_.empty() && panes_.windows().last(panes_.begin()->first) <= watermark) {
            const auto pane = panes_.begin();
            const std::size_t keys = pane->second.states.size();
            send(pane->first, pane->second);
            panes_.erase(pane, keys);
        }
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

    void hand_on(Timed<std::pair<K, V>>&& item) {
        auto create = [&] {
            return step_.create(keep_at(step_, std::move(item.value.second), item.time));
        };
        next_.push(Timed<std::pair<K, State>>{
            {std::move(item.value.first), call_user(info_, create)}, item.time});
    }

    const OperatorInfo& info_;
    TablesByWindow<Pane> panes_;
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
            if constexpr (std::copy_constructible<In>) {
                add(index, tables_.at_index(index), Timed<std::pair<K, In>>(item));
            }
        }
        add(last, tables_.at_index(last), std::move(item));
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
        if constexpr (std::copy_constructible<State> && std::copy_constructible<K>)
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

// ---- sliding windows of states that combine ----------------------------------------------------

/// For each key the states of its panes, combined for each window in O(1), see PaneAggregate.
///
/// The panes of a key leave when the last window that holds them has, and the key with its last
/// pane.
template <class K, class In, class Step, bool WithWindow, class Next>
class SlidingWindowStage {
    using State = typename Step::state_type;
    using Result = window_result_t<WithWindow, Step>;

 public:
    SlidingWindowStage(const OperatorInfo& info, PeriodicWindows windows, Step step, Next next)
        : info_(info),
          windows_(windows),
          panes_(windows.panes()),
          step_(std::move(step)),
          next_(std::move(next)) {}

    void push(Timed<std::pair<K, In>>&& item) {
        if (item.time < recent_start_ || item.time > recent_last_ || !has_recent_) [[unlikely]]
            look_up_pane(item.time);
        auto add_item = [&] {
            auto kept = keep_at(step_, std::move(item.value.second), item.time);
            Key& key = keys_.find_or_create(Table::look_up(item.value.first), [] { return Key(); });
            if (key.empty()) ++live_;
            key.visit(
                recent_pane_, [&](State& state) { step_.add(state, std::move(kept)); },
                [&] { return step_.create(std::move(kept)); });
            if (item.time <= watermark_) [[unlikely]]
                fire_again(item.value.first, key, item.time);
        };
        call_user(info_, add_item);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) fire_until(mark.value);
        if (mark.kind == MarkKind::end_of_round) {
            fire_until(timestamp_max);
            keys_ = Table();
            live_ = 0;
            watermark_ = timestamp_min;
            unfired_.reset();
            has_recent_ = false;
        }
        next_.control(mark);
    }

 private:
    using Key = PaneAggregate<State>;
    using Table = StateTable<K, Key>;

    void look_up_pane(Timestamp time) {
        recent_pane_ = panes_.last_index(time);
        recent_start_ = panes_.start(recent_pane_);
        recent_last_ = panes_.last(recent_pane_);
        has_recent_ = true;
        std::int64_t first = windows_.first_index(time);
        const std::int64_t last = windows_.last_index(time);
        while (first < last && windows_.last(first) <= watermark_) ++first;
        if (windows_.last(first) <= watermark_) return;
        if (!unfired_ || first < *unfired_) unfired_ = first;
    }

    auto combine() {
        return [this](State& state, const State& later) { step_.merge(state, State(later)); };
    }

    [[nodiscard]] std::int64_t first_pane(std::int64_t window) const noexcept {
        return panes_.last_index(windows_.start(window));
    }
    [[nodiscard]] std::int64_t last_pane(std::int64_t window) const noexcept {
        return panes_.last_index(windows_.last(window));
    }

    void fire_until(Timestamp watermark) {
        watermark_ = watermark;
        while (unfired_ && live_ != 0 && windows_.last(*unfired_) <= watermark) {
            if (fire(*unfired_) == 0) {
                skip_empty_windows();
            } else if (*unfired_ == windows_.last_index(timestamp_max)) {
                unfired_.reset();
            } else {
                ++*unfired_;
            }
        }
        forget_panes();
        has_recent_ = false;
        if (live_ == 0) unfired_.reset();
    }

    std::size_t fire(std::int64_t window) {
        std::size_t results = 0;
        auto emit_all = [&] {
            keys_.for_each([&](const K& key, Key& panes) {
                if (windows_.lateness() == 0) drop_panes(panes, first_pane(window));
                results += emit(window, key, panes);
            });
        };
        call_user(info_, emit_all);
        return results;
    }

    bool emit(std::int64_t window, const K& key, Key& panes) {
        if (panes.empty() || panes.first_pane() > last_pane(window)) return false;
        std::optional<State> state;
        if (windows_.lateness() == 0) {
            state = panes.combined(last_pane(window), combine());
        } else {
            state = panes.combined_between(first_pane(window), last_pane(window), combine());
        }
        if (!state) return false;
        next_.push(Timed<std::pair<K, Result>>{
            {K(key), finish_in<WithWindow>(step_, std::move(*state), windows_.bounds(window))},
            windows_.last(window)});
        return true;
    }

    void drop_panes(Key& panes, std::int64_t before) {
        if (panes.empty()) return;
        panes.drop_before(before, combine());
        if (panes.empty()) --live_;
    }

    /// No key has a pane in the next window: goes on with the first window that has one.
    void skip_empty_windows() {
        std::optional<std::int64_t> first;
        keys_.for_each([&](const K&, Key& panes) {
            if (panes.empty()) return;
            const auto pane = panes.first_pane_from(first_pane(*unfired_));
            if (pane && (!first || *pane < *first)) first = pane;
        });
        if (first) {
            unfired_ = std::max(*unfired_ + 1, windows_.first_index(panes_.start(*first)));
        } else {
            unfired_.reset();
        }
    }

    /// Late items may have come for windows that have fired.
    void fire_again(const K& key, Key& panes, Timestamp time) {
        for (std::int64_t window = windows_.first_index(time);
             window <= windows_.last_index(time) && windows_.last(window) <= watermark_; ++window) {
            if (windows_.gone_at(window) > watermark_) emit(window, key, panes);
        }
    }

    /// Takes what no window wants any more out of memory, when it is half of it.
    void forget_panes() {
        if (windows_.lateness() != 0) {
            const bool none_is_gone = watermark_ < timestamp_min + windows_.lateness();
            const Timestamp gone = none_is_gone ? timestamp_min : watermark_ - windows_.lateness();
            const std::int64_t window = windows_.first_index(gone + 1);
            keys_.for_each([&](const K&, Key& panes) { drop_panes(panes, first_pane(window)); });
        }
        if (keys_.size() >= 2 * live_ + least_keys)
            keys_.retain([](const Key& panes) { return !panes.empty(); });
    }

    static constexpr std::size_t least_keys = 1024;

    const OperatorInfo& info_;
    PeriodicWindows windows_;
    PeriodicWindows panes_;
    Step step_;
    Next next_;
    Table keys_;
    std::size_t live_ = 0;  // keys that have panes
    Timestamp watermark_ = timestamp_min;
    std::optional<std::int64_t> unfired_;
    bool has_recent_ = false;
    std::int64_t recent_pane_ = 0;
    Timestamp recent_start_ = 0;
    Timestamp recent_last_ = 0;
};

// ---- sessions ----------------------------------------------------------------------------------

/// For each key its open sessions. A watermark looks at the keys that have a session whose end it
/// may have reached, found by a queue ordered by time.
template <class K, class V, class Step, bool WithWindow, class Next>
class SessionWindowStage {
    using State = typename Step::state_type;
    using Result = window_result_t<WithWindow, Step>;

 public:
    SessionWindowStage(const OperatorInfo& info, SessionWindow windows, Step step, Next next)
        : info_(info), windows_(windows), step_(std::move(step)), next_(std::move(next)) {}

    void push(Timed<std::pair<K, V>>&& item) {
        auto add_item = [&] {
            const auto key = Table::look_up(item.value.first);
            Sessions& sessions = keys_.find_or_create(key, [] { return Sessions(); });
            if (sessions.empty()) ++live_;
            auto kept = keep_at(step_, std::move(item.value.second), item.time);
            add(sessions, item.value.first, item.time, std::move(kept));
        };
        call_user(info_, add_item);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) fire_until(mark.value);
        if (mark.kind == MarkKind::end_of_round) {
            fire_until(timestamp_max);
            keys_ = Table();
            live_ = 0;
        }
        next_.control(mark);
    }

 private:
    struct Session {
        Timestamp first;
        Timestamp last;  // of its items
        State state;
    };
    using Sessions = std::vector<Session>;  // by time; more than a gap apart
    using Table = StateTable<K, Sessions>;

    /// When the sessions of a key are to be looked at.
    struct Due {
        Timestamp time;
        owned_t<K> key;
        friend bool operator<(const Due& a, const Due& b) noexcept { return a.time > b.time; }
    };

    template <class Kept>
    void add(Sessions& sessions, const K& key, Timestamp time, Kept&& kept) {
        auto session = sessions.begin();
        while (session != sessions.end() && windows_.last(session->last) < time) ++session;
        if (session == sessions.end() || windows_.last(time) < session->first) {
            sessions.insert(session, Session{time, time, step_.create(std::move(kept))});
            due_.push({windows_.last(time), to_owned(K(key))});
            return;
        }
        step_.add(session->state, std::move(kept));
        session->first = std::min(session->first, time);
        session->last = std::max(session->last, time);
        const auto following = std::next(session);
        if (following != sessions.end() && windows_.last(session->last) >= following->first) {
            session->last = following->last;
            step_.merge(session->state, std::move(following->state));
            sessions.erase(following);
        }
    }

    void fire_until(Timestamp watermark) {
        while (!due_.empty() && due_.top().time <= watermark) {
            const owned_t<K> owned = std::move(const_cast<Due&>(due_.top()).key);
            due_.pop();
            const K key(owned);
            Sessions& sessions =
                keys_.find_or_create(Table::look_up(key), [] { return Sessions(); });
            if (sessions.empty()) continue;
            fire(key, sessions, watermark);
            if (sessions.empty()) {
                --live_;
            } else {
                due_.push({windows_.last(sessions.front().last), owned});
            }
        }
        if (keys_.size() >= 2 * live_ + least_keys)
            keys_.retain([](const Sessions& sessions) { return !sessions.empty(); });
    }

    void fire(const K& key, Sessions& sessions, Timestamp watermark) {
        auto ended = sessions.begin();
        for (; ended != sessions.end() && windows_.last(ended->last) <= watermark; ++ended) {
            const Timestamp last = windows_.last(ended->last);
            const TimeWindow window{ended->first, last == timestamp_max ? last : last + 1};
            auto finish = [&] {
                return finish_in<WithWindow>(step_, std::move(ended->state), window);
            };
            next_.push(Timed<std::pair<K, Result>>{{K(key), call_user(info_, finish)}, last});
        }
        sessions.erase(sessions.begin(), ended);
    }

    static constexpr std::size_t least_keys = 1024;

    const OperatorInfo& info_;
    SessionWindow windows_;
    Step step_;
    Next next_;
    Table keys_;
    std::size_t live_ = 0;  // keys that have sessions
    std::priority_queue<Due> due_;
};

// ---- windows by number -------------------------------------------------------------------------

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
            auto kept = keep_at(step_, std::move(item.second), static_cast<Timestamp>(key.items));
            key.panes.visit(
                static_cast<std::int64_t>(key.items / pane_),
                [&](State& state) { step_.add(state, std::move(kept)); },
                [&] { return step_.create(std::move(kept)); });
            ++key.items;
            if (key.items >= windows_.size() &&
                (key.items - windows_.size()) % windows_.slide() == 0) {
                emit(std::move(item.first), key);
            }
        };
        call_user(info_, add_item);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) keys_ = Table();
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

    const OperatorInfo& info_;
    CountWindow windows_;
    std::uint64_t pane_;
    Step step_;
    Next next_;
    Table keys_;
};

}  // namespace renoir::detail
