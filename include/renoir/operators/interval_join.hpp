#pragma once

/// interval_join: rows of two keyed streams with the same key and with event times near each other.
///
///     auto clicks_of_views = views.interval_join(clicks, std::chrono::seconds(0),
///                                                std::chrono::minutes(10));

#include <renoir/operators/join.hpp>

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace renoir {

namespace detail {

/// Wide enough for sums and differences of any two times.
__extension__ using WideTime = __int128;

[[nodiscard]] inline Timestamp to_nearest_timestamp(WideTime time) noexcept {
    return static_cast<Timestamp>(
        std::clamp<WideTime>(time, WideTime{timestamp_min}, WideTime{timestamp_max}));
}

/// Rows in the order of their times. Cheap where they come about in that order.
template <class Row>
class RowsByTime {
 public:
    void insert(Row&& row) {
        if (rows_.empty() || rows_.back().time <= row.time) {
            rows_.push_back(std::move(row));
            return;
        }
        const auto place =
            std::upper_bound(live_begin(), rows_.end(), row.time,
                             [](Timestamp time, const Row& other) { return time < other.time; });
        rows_.insert(place, std::move(row));
    }

    /// Forgets the rows whose time is at most `time`.
    void drop_until(WideTime time) {
        while (!empty() && rows_[first_].time <= time) ++first_;
        // Moving what is left costs no more than what has gone.
        if (first_ * 2 < rows_.size()) return;
        rows_.erase(rows_.begin(), live_begin());
        first_ = 0;
        if (rows_.empty()) rows_ = {};
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == rows_.size(); }
    /// The lowest time; only where there are rows.
    [[nodiscard]] Timestamp first_time() const noexcept { return rows_[first_].time; }
    [[nodiscard]] const Row& row(std::size_t index) const noexcept { return rows_[index]; }

    /// The index of the first row that is not before `time`, behind the last one when all are.
    [[nodiscard]] std::size_t first_from(WideTime time) const {
        const auto found =
            std::lower_bound(rows_.begin() + static_cast<std::ptrdiff_t>(first_), rows_.end(), time,
                             [](const Row& row, WideTime bound) { return row.time < bound; });
        return static_cast<std::size_t>(found - rows_.begin());
    }

 private:
    auto live_begin() noexcept { return rows_.begin() + static_cast<std::ptrdiff_t>(first_); }

    std::vector<Row> rows_;
    std::size_t first_ = 0;  // those before were dropped
};

/// The interval join of one replica. A row of the left side at time t meets those of the right side
/// from t + lower to t + upper; the later one of two looks for the earlier one.
///
/// A row is kept until the watermark says that none that it could meet will come. Keys wait in a
/// heap, so that a watermark visits only those of which it closes a row.
template <class LeftItems, class RightItems, class Next>
class IntervalJoinStage {
    using Shape = JoinShape<LeftItems, RightItems, JoinVariant::inner>;
    using Key = typename Shape::Key;
    using LeftItem = typename Shape::LeftItem;
    using RightItem = typename Shape::RightItem;

 public:
    IntervalJoinStage(LeftItems left, RightItems right, Timestamp lower, Timestamp upper, Next next)
        : left_(std::move(left)),
          right_(std::move(right)),
          lower_(lower),
          upper_(upper),
          next_(std::move(next)) {}

    void push_left(LeftItem&& item) {
        const Key key = left_.key_of(std::as_const(item));
        const WideTime time = item.time;
        if (State* const state = find(key)) {
            match<0>(item, key,
                     {state, state->right.first_from(time + lower_),
                      state->right.first_from(time + upper_ + 1)});
        }
        const WideTime due = time + upper_;
        if (right_ended_ || due <= watermark_) return;
        keep(key, due).left.insert(to_owned(LeftItem(std::move(item))));
    }

    void push_right(RightItem&& item) {
        const Key key = right_.key_of(std::as_const(item));
        const WideTime time = item.time;
        if (State* const state = find(key)) {
            match<1>(item, key,
                     {state, state->left.first_from(time - upper_),
                      state->left.first_from(time - lower_ + 1)});
        }
        const WideTime due = time - lower_;
        if (left_ended_ || due <= watermark_) return;
        keep(key, due).right.insert(to_owned(RightItem(std::move(item))));
    }

    void end_left() noexcept { left_ended_ = true; }
    void end_right() noexcept { right_ended_ = true; }

    void control(const Mark& mark) {
        if (is_behind_) {
            marks_.push_back(mark);
        } else {
            hand_on(mark);
        }
    }

    [[nodiscard]] bool is_behind() const noexcept { return is_behind_; }

    bool catch_up() {
        budget_ = most_emitted;
        if (!is_behind_) return true;
        if (!match_waiting<0>(left_) || !match_waiting<1>(right_)) return false;
        is_behind_ = false;
        for (const Mark& mark : marks_) hand_on(mark);
        marks_.clear();
        return true;
    }

 private:
    static constexpr std::size_t most_emitted = 8192;

    struct State {
        RowsByTime<owned_t<LeftItem>> left;
        RowsByTime<owned_t<RightItem>> right;
        bool is_scheduled = false;
    };

    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(const auto& key) const { return hash_of(key); }
    };
    struct SameKeys : KeyEqual {
        using is_transparent = void;
    };
    using States = std::unordered_map<owned_t<Key>, State, KeyHash, SameKeys>;

    /// When a row of a key can be dropped.
    struct Due {
        Timestamp time;
        typename States::value_type* entry;
        bool operator<(const Due& other) const noexcept { return time > other.time; }
    };

    /// The rows of the other side that a row meets and has not met yet.
    struct Matches {
        State* state;
        std::size_t next;
        std::size_t end;
    };

    template <class Item>
    struct Waiting {
        owned_t<Item> item;
        Matches matches;
    };

    [[nodiscard]] State* find(const Key& key) {
        const auto found = states_.find(key);
        return found == states_.end() ? nullptr : &found->second;
    }

    /// The state of a key that gets a row which can be dropped at `due`.
    State& keep(const Key& key, WideTime due) {
        auto found = states_.find(key);
        if (found == states_.end()) found = states_.try_emplace(to_owned(Key(key))).first;
        if (!std::exchange(found->second.is_scheduled, true))
            dues_.push({to_nearest_timestamp(due), &*found});
        return found->second;
    }

    template <std::size_t own, class Item>
    void match(const Item& item, const Key& key, Matches matches) {
        if (!is_behind_ && match_within_budget<own>(item, key, matches)) return;
        std::get<own>(waiting_).push_back({to_owned(Item(item)), matches});
        is_behind_ = true;
    }

    /// False when the budget is used up before the last match.
    template <std::size_t own, class Item>
    bool match_within_budget(const Item& item, const Key& key, Matches& matches) {
        for (; matches.next < matches.end; ++matches.next) {
            if (budget_ == 0) return false;
            --budget_;
            if constexpr (own == 0) {
                next_.push(Shape::pair(
                    key, item, show_item<RightItem>(matches.state->right.row(matches.next))));
            } else {
                next_.push(Shape::pair(
                    key, show_item<LeftItem>(matches.state->left.row(matches.next)), item));
            }
        }
        return true;
    }

    template <std::size_t own, class Items>
    bool match_waiting(Items& items) {
        using Item = typename Items::item_type;
        for (auto& [kept, matches] : std::get<own>(waiting_)) {
            if (matches.next == matches.end) continue;
            const Item& item = show_item<Item>(kept);
            if (!match_within_budget<own>(item, items.key_of(item), matches)) return false;
        }
        std::get<own>(waiting_).clear();
        return true;
    }

    void hand_on(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) {
            watermark_ = mark.value;
            drop_overdue();
        } else if (mark.kind == MarkKind::end_of_round) {
            clear();
        }
        next_.control(mark);
    }

    void drop_overdue() {
        while (!dues_.empty() && dues_.top().time <= watermark_) {
            auto* const entry = dues_.top().entry;
            dues_.pop();
            auto& [left, right, is_scheduled] = entry->second;
            left.drop_until(watermark_ - upper_);
            right.drop_until(watermark_ + lower_);
            if (left.empty() && right.empty()) {
                states_.erase(states_.find(entry->first));
            } else {
                dues_.push({to_nearest_timestamp(next_due(entry->second)), entry});
            }
        }
    }

    /// When the next row of a key can be dropped.
    [[nodiscard]] WideTime next_due(const State& state) const {
        WideTime due = WideTime{timestamp_max};
        if (!state.left.empty()) due = std::min(due, state.left.first_time() + upper_);
        if (!state.right.empty()) due = std::min(due, state.right.first_time() - lower_);
        return due;
    }

    void clear() {
        states_ = States();
        dues_ = {};
        left_ended_ = right_ended_ = false;
        watermark_ = before_all;
    }

    static constexpr WideTime before_all = WideTime{timestamp_min} - 1;

    LeftItems left_;
    RightItems right_;
    WideTime lower_;
    WideTime upper_;
    Next next_;
    States states_;
    std::priority_queue<Due> dues_;
    WideTime watermark_ = before_all;
    bool left_ended_ = false;
    bool right_ended_ = false;
    std::size_t budget_ = most_emitted;
    bool is_behind_ = false;
    std::tuple<std::vector<Waiting<LeftItem>>, std::vector<Waiting<RightItem>>> waiting_;
    std::vector<Mark> marks_;
};

/// What connect_join is to build for an interval join.
struct LocalInterval {
    static constexpr bool keeps_tables = false;
    Timestamp lower;
    Timestamp upper;

    template <JoinVariant, class LeftItems, class RightItems, class Next>
    auto stage(LeftItems left, RightItems right, Next next) const {
        return IntervalJoinStage<LeftItems, RightItems, Next>(std::move(left), std::move(right),
                                                              lower, upper, std::move(next));
    }
};

template <TimeLike Duration>
[[nodiscard]] Timestamp interval_bound(const Duration& bound, bool is_upper) {
    using std::chrono::milliseconds;
    if constexpr (requires { bound.count(); } && !std::convertible_to<Duration, milliseconds>) {
        // Times are whole milliseconds, so the interval is cut to these.
        if (!is_upper) return std::chrono::ceil<milliseconds>(bound).count();
    }
    return to_timestamp(bound);
}

}  // namespace detail

template <class K, class V, class Chain>
template <class L, class U, class Other, TimeLike Lower, TimeLike Upper>
auto KeyedStream<K, V, Chain>::interval_join(KeyedStream<L, U, Other> right, Lower lower,
                                             Upper upper, Location where) {
    using Right = KeyedStream<L, U, Other>;
    static_assert(detail::is_timed<KeyedStream> && detail::is_timed<Right>,
                  "interval_join: both streams need event times; give them some by "
                  "add_timestamps(time, watermarks)");
    const OperatorInfo info{"interval_join", where};
    const detail::LocalInterval interval{detail::interval_bound(lower, false),
                                         detail::interval_bound(upper, true)};
    if (interval.lower > interval.upper)
        throw Error(ErrorKind::usage,
                    info.text() + " has a lower bound of " + std::to_string(interval.lower) +
                        " ms above its upper bound of " + std::to_string(interval.upper) +
                        " ms, so that no two rows could meet");
    auto left_input = detail::join_input(*this);
    auto right_input = detail::join_input(right);
    detail::require_joinable<decltype(left_input), decltype(right_input)>();
    return detail::connect_join<detail::ShipHash, JoinVariant::inner>(
        std::move(left_input), std::move(right_input), info, interval);
}

}  // namespace renoir
