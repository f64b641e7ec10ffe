#pragma once

/// The aggregations that only windows have, as the values that aggregate.hpp describes, and those
/// of users.

#include <renoir/operators/aggregate.hpp>
#include <renoir/stream/timed.hpp>
#include <renoir/stream/window_types.hpp>

#include <algorithm>
#include <vector>

namespace renoir {

/// What WindowedStream::aggregate takes.
template <class A, class V>
concept WindowAggregation = std::copy_constructible<A> && requires { typename A::State; } &&
                            requires(A& aggregation, V item, typename A::State& state) {
                                {
                                    aggregation.create(std::move(item))
                                } -> std::convertible_to<typename A::State>;
                                aggregation.add(state, std::move(item));
                                aggregation.result(std::as_const(state));
                            };

/// One whose states combine.
template <class A, class V>
concept CombiningAggregation =
    WindowAggregation<A, V> &&
    requires(A& aggregation, typename A::State& state, const typename A::State& other) {
        aggregation.combine(state, other);
    };

namespace detail {

template <class Aggregate>
inline constexpr bool is_mergeable =
    requires(Aggregate& aggregate, typename Aggregate::state_type& state,
             typename Aggregate::state_type other) { aggregate.merge(state, std::move(other)); };

/// An aggregate without its merge: for functions that want the items in order.
template <class Aggregate>
class InOrder {
 public:
    using kept_type = typename Aggregate::kept_type;
    using state_type = typename Aggregate::state_type;
    using result_type = typename Aggregate::result_type;

    InOrder(Aggregate aggregate) : aggregate_(std::move(aggregate)) {}  // NOLINT: a thin wrapper

    template <class T>
    kept_type keep(T&& item) {
        return aggregate_.keep(std::move(item));
    }
    state_type create(kept_type&& kept) { return aggregate_.create(std::move(kept)); }
    void add(state_type& state, kept_type&& kept) { aggregate_.add(state, std::move(kept)); }
    result_type finish(state_type&& state) { return aggregate_.finish(std::move(state)); }

 private:
    Aggregate aggregate_;
};

/// The item whose time comes first by `Before`; that of the one that was there on a tie where
/// `Before` is strict, else that of the one that came.
template <class V, class Before>
struct FirstAggregate {
    using kept_type = Timed<owned_t<V>>;
    using state_type = kept_type;
    using result_type = owned_t<V>;

    static kept_type keep_at(V&& item, Timestamp time) { return {to_owned(std::move(item)), time}; }
    static state_type create(kept_type&& item) { return std::move(item); }
    static void add(state_type& best, kept_type&& item) {
        if (Before{}(item.time, best.time)) best = std::move(item);
    }
    static void merge(state_type& best, state_type&& other) { add(best, std::move(other)); }
    static result_type finish(state_type&& best) { return std::move(best.value); }
};

/// All items with their times.
template <class V>
struct ItemsAggregate {
    using kept_type = Timed<owned_t<V>>;
    using state_type = std::vector<kept_type>;
    using result_type = std::vector<owned_t<V>>;

    static kept_type keep_at(V&& item, Timestamp time) { return {to_owned(std::move(item)), time}; }
    static state_type create(kept_type&& item) {
        state_type items;
        items.push_back(std::move(item));
        return items;
    }
    static void add(state_type& items, kept_type&& item) { items.push_back(std::move(item)); }
    static void merge(state_type& items, state_type&& others) {
        items.insert(items.end(), std::make_move_iterator(others.begin()),
                     std::make_move_iterator(others.end()));
    }
    static result_type finish(state_type&& items) {
        sort_by_time(items);
        result_type values;
        values.reserve(items.size());
        for (kept_type& item : items) values.push_back(std::move(item.value));
        return values;
    }

    static void sort_by_time(state_type& items) {
        std::ranges::stable_sort(items, {}, [](const kept_type& item) { return item.time; });
    }
};

/// What a function makes of all items.
template <class V, class F>
struct MapItemsAggregate : ItemsAggregate<V> {
    using typename ItemsAggregate<V>::state_type;
    using Items = typename ItemsAggregate<V>::result_type;
    static constexpr bool wants_window = std::invocable<F&, Items, TimeWindow>;

    static auto call(F& fn, Items items, [[maybe_unused]] const TimeWindow& window) {
        if constexpr (wants_window) {
            return std::invoke(fn, std::move(items), window);
        } else {
            return std::invoke(fn, std::move(items));
        }
    }
    using result_type =
        owned_t<std::remove_cvref_t<decltype(call(std::declval<F&>(), Items(), TimeWindow()))>>;

    result_type finish_in(state_type&& items, const TimeWindow& window) {
        return result_type(call(fn, ItemsAggregate<V>::finish(std::move(items)), window));
    }

    F fn;
};

/// Makes an aggregate whose states do not combine one whose states do: it keeps the items and folds
/// them, in the order of their times, when the result is asked for.
template <class V, class Aggregate>
struct ReplayAggregate : ItemsAggregate<V> {
    using typename ItemsAggregate<V>::state_type;
    using typename ItemsAggregate<V>::kept_type;
    using result_type = typename Aggregate::result_type;

    explicit ReplayAggregate(Aggregate replayed) : aggregate(std::move(replayed)) {}

    result_type finish(state_type&& items) {
        ItemsAggregate<V>::sort_by_time(items);
        typename Aggregate::state_type state = aggregate.create(keep(items.front()));
        for (auto item = std::next(items.begin()); item != items.end(); ++item)
            aggregate.add(state, keep(*item));
        return aggregate.finish(std::move(state));
    }

    Aggregate aggregate;

 private:
    auto keep(kept_type& item) { return aggregate.keep(V(std::move(item.value))); }
};

template <class V, class A>
struct UserAggregate {
    using kept_type = V;
    using state_type = typename A::State;
    using result_type = owned_t<std::remove_cvref_t<decltype(std::declval<A&>().result(
        std::declval<const state_type&>()))>>;
    A aggregation;

    static V keep(V&& item) { return std::move(item); }
    state_type create(V&& item) { return aggregation.create(std::move(item)); }
    void add(state_type& state, V&& item) { aggregation.add(state, std::move(item)); }
    result_type finish(state_type&& state) {
        return result_type(aggregation.result(std::as_const(state)));
    }
};

template <class V, class A>
struct CombiningUserAggregate : UserAggregate<V, A> {
    using typename UserAggregate<V, A>::state_type;
    void merge(state_type& state, state_type&& other) {
        this->aggregation.combine(state, std::as_const(other));
    }
};

}  // namespace detail

}  // namespace renoir
