#pragma once

/// Windows: window, window_all, and what is computed in them.
///
///     using namespace std::chrono_literals;
///     auto per_minute = clicks
///         .add_timestamps([](const Click& c) { return c.time; },
///                         WatermarkStrategy::bounded_out_of_orderness(5s))
///         .group_by([](const Click& c) { return c.page; })
///         .window(EventTimeWindow::tumbling(1min))
///         .count();

#include <renoir/operators/keyed_fold.hpp>
#include <renoir/operators/window_aggregate.hpp>
#include <renoir/operators/window_count.hpp>
#include <renoir/operators/window_late.hpp>
#include <renoir/operators/window_session.hpp>
#include <renoir/operators/window_sliding.hpp>
#include <renoir/operators/window_tables.hpp>

namespace renoir {

namespace detail {

/// Aggregation by pane where the items are.
template <class Item, class Keyed, class Step>
struct PanePartial {
    using value_type = Timed<std::pair<typename Keyed::key_type, typename Step::state_type>>;
    const OperatorInfo& info;
    PeriodicWindows panes;
    Keyed keyed;
    Step step;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return PanePartialStage<Item, Keyed, Step, Next>(info, panes, keyed, step, std::move(next));
    }
};

/// An operator on windows, with a stage of one of the kinds below.
template <class Value, class Kind, class Windows, class Step>
struct WindowOperator {
    using value_type = Value;
    const OperatorInfo& info;
    Windows windows;
    Step step;

    template <StageFor<Value> Next>
    auto stage(ReplicaContext&, Next next) const {
        using Stage = typename Kind::template Stage<Next>;
        return Stage(info, windows, step, std::move(next));
    }
};

template <class K, class V, class Step, bool WithWindow>
struct WindowTables {
    template <class Next>
    using Stage = WindowTablesStage<K, V, Step, WithWindow, Next>;
};
template <class K, class Step, bool WithWindow>
struct SlidingStates {
    template <class Next>
    using Stage = SlidingStatesStage<K, Step, WithWindow, Next>;
};
template <class K, class V, class Step, bool WithWindow>
struct SessionWindows {
    template <class Next>
    using Stage = SessionWindowStage<K, V, Step, WithWindow, Next>;
};
template <class K, class V, class Step>
struct CountWindows {
    template <class Next>
    using Stage = CountWindowStage<K, V, Step, Next>;
};

/// Puts an operator of a kind of windows behind a stream; its results are values of keys.
template <class Kind, class K, class R, class AnyStream, class Windows, class Step>
auto append_windows(AnyStream& stream, const OperatorInfo& info, const Windows& windows,
                    Step step) {
    return append_as_is<KeyedResult<K, R>>(stream, info, [&](const OperatorInfo& named) {
        return WindowOperator<Timed<std::pair<K, R>>, Kind, Windows, Step>{named, windows,
                                                                           std::move(step)};
    });
}

/// A filter for late items on a stream that is partitioned. Behind an exchange a state of several
/// items counts as one.
template <class K, class V, class AnyStream, class Windows>
auto filter_late_partitioned(AnyStream& stream, const OperatorInfo& info, const Windows& windows,
                             std::optional<EdgeId> late = std::nullopt) {
    const auto dropped = stream.handle().graph().late_items();
    return append_as_is<KeyedResult<K, V>>(stream, info, [&](const OperatorInfo&) {
        return LateFilter<std::pair<K, V>, V, Windows>{windows, dropped, late};
    });
}

/// A keyed stream with a filter for late items behind what makes its items, before its exchange
/// where that is still to come.
template <class K, class V, class Chain, class Windows>
auto filter_late(KeyedStream<K, V, Chain>& stream, const OperatorInfo& info, Windows windows,
                 std::optional<EdgeId> late) {
    if constexpr (is_grouped<Chain>) {
        const auto dropped = stream.handle().graph().late_items();
        using Previous = decltype(stream.chain().previous);
        using Filtered = OperatorChain<Previous, LateFilter<V, V, Windows>>;
        using Grouped = GroupedChain<Filtered, decltype(stream.chain().key)>;
        const StreamHandle taken = stream.handle().take(info);
        const OperatorInfo& named = taken.graph().add_operator(taken.block(), info);
        return KeyedStream<K, V, Grouped>(
            taken.behind(named),
            Grouped{Filtered{std::move(stream.chain().previous), {windows, dropped, late}},
                    std::move(stream.chain().key), stream.chain().grouping},
            stream.execution());
    } else {
        return filter_late_partitioned<K, V>(stream, info, windows, late);
    }
}

/// Partitions a stream by its key where that is still to be done, and calls `use(stream)`.
template <class K, class V, class Chain, class Windows, class Use>
auto with_partition_on_time(KeyedStream<K, V, Chain>& stream, const OperatorInfo& info,
                            const Windows& windows, Use use) {
    return with_partition(stream, [&](auto& partitioned) {
        if constexpr (is_grouped<Chain>) {
            auto on_time = filter_late_partitioned<K, V>(partitioned, info, windows);
            return use(on_time);
        } else {
            return use(partitioned);
        }
    });
}

/// Windows over all items of a key, of which each has a table.
template <class K, class V, bool WithWindow, class AnyStream, class Step>
auto append_tables(AnyStream& stream, const OperatorInfo& info, const PeriodicWindows& windows,
                   Step step) {
    return append_windows<WindowTables<K, V, Step, WithWindow>, K,
                          window_result_t<WithWindow, Step>>(stream, info, windows,
                                                             std::move(step));
}

/// The states of the keys in each pane, at its end.
template <class Item, class AnyStream, class Keyed, class Aggregate>
auto append_panes(AnyStream& stream, const OperatorInfo& info, const PeriodicWindows& windows,
                  Keyed keyed, const Aggregate& aggregate) {
    using Step = Partial<Aggregate>;
    using Result = KeyedResult<typename Keyed::key_type, typename Aggregate::state_type>;
    return append_as_is<Result>(stream, info, [&](const OperatorInfo& named) {
        return PanePartial<Item, Keyed, Step>{
            named, windows.panes(), std::move(keyed), {{aggregate}}};
    });
}

/// Windows over the states of panes.
template <class K, bool WithWindow, class AnyStream, class Windows, class Aggregate>
auto append_states(AnyStream& stream, const OperatorInfo& info, const Windows& windows,
                   Aggregate aggregate) {
    using Step = Merging<Aggregate>;
    if constexpr (std::same_as<Windows, SlidingWindow>) {
        return append_windows<SlidingStates<K, Step, WithWindow>, K,
                              window_result_t<WithWindow, Step>>(stream, info, windows,
                                                                 Step{std::move(aggregate)});
    } else {
        return append_tables<K, typename Aggregate::state_type, WithWindow>(
            stream, info, windows, Step{std::move(aggregate)});
    }
}

template <class State, class Windows>
void require_copyable_for_lateness(const OperatorInfo& info, const Windows& windows) {
    if constexpr (!is_copyable<State>) {
        if (windows.lateness() != 0) {
            throw Error(ErrorKind::usage, info.text() +
                                              ": windows with a lateness may fire twice, so their "
                                              "state must be copyable");
        }
    }
}

template <bool WithWindow, class K, class V, class Chain, class Windows, class Aggregate>
auto apply_periodic(KeyedStream<K, V, Chain>& stream, const OperatorInfo& info,
                    const Windows& windows, Aggregate aggregate) {
    using State = typename Aggregate::state_type;
    static_assert(is_copyable<State> || std::same_as<Windows, TumblingWindow>,
                  "the state of a sliding window is in several windows, so it must be copyable");
    require_copyable_for_lateness<State>(info, windows);
    if constexpr (is_grouped<Chain> && is_mergeable<Aggregate>) {
        auto key = std::move(stream.chain().key);
        const OperatorInfo grouping = *stream.chain().grouping;
        auto items = ungroup(stream);
        auto panes =
            append_panes<V>(items, info, windows,
                            KeyedByFunction<V, decltype(key)>{grouping, std::move(key)}, aggregate);
        auto partitioned = exchange<std::pair<K, State>>(
            panes, info, Replication::unlimited(),
            [](const OperatorInfo&, ReplicaContext&) { return PairPartition{}; });
        auto on_time =
            filter_late_partitioned<K, State>(partitioned, info, PeriodicWindows(windows));
        return append_states<K, WithWindow>(on_time, info, windows, std::move(aggregate));
    } else if constexpr (std::same_as<Windows, SlidingWindow> && is_mergeable<Aggregate>) {
        auto panes =
            append_panes<std::pair<K, V>>(stream, info, windows, KeyedByPair<K, V>{}, aggregate);
        return append_states<K, WithWindow>(panes, info, windows, std::move(aggregate));
    } else {
        const PeriodicWindows periodic(windows);
        return with_partition_on_time(stream, info, periodic, [&](auto& partitioned) {
            return append_tables<K, V, WithWindow>(partitioned, info, windows,
                                                   Whole<Aggregate>{std::move(aggregate)});
        });
    }
}

/// An aggregate that combines: the given one, or one that keeps the items and replays them.
template <class V, class Aggregate>
auto combining(Aggregate aggregate) {
    if constexpr (is_mergeable<Aggregate>) {
        return aggregate;
    } else {
        return ReplayAggregate<V, Aggregate>{std::move(aggregate)};
    }
}

}  // namespace detail

/// A keyed stream cut in windows, on which an aggregation is called: count, sum, min, max, avg,
/// first, last, to_vec, map, fold, fold_assoc, reduce, reduce_assoc, aggregate. The result is a
/// keyed stream with one value for each key and window in which the key has items.
///
/// - Time: a result of an event-time window has the last time of its window, end - 1 ms; one of a
///   count window has the time of the item that completed it, if the stream has times.
/// - Firing: an event-time window fires when the watermark reaches end - 1, or at the end of the
///   stream. A count window fires with its last item; at the end of the stream, windows that are
///   not full are dropped.
/// - Order: tumbling and sliding windows fire in the order of their time, sessions in that of each
///   key; within a window keys have no order.
/// - Late items, of which every window has passed by the watermark of the replica that they come
///   from, are dropped and counted (StreamContext::late_items) or given by `late_output`.
/// - Memory: the states of open windows, gone once they have fired. A window by number that is
///   never full stays open to the end of the stream.
/// - Cost: aggregations that combine keep a state for each pane (the greatest common divisor of
///   size and slide) and key, and behind a group_by make it where the items are, before anything
///   travels. So a state of a sliding window costs O(1), but size / slide where the window has a
///   lateness. `fold`, `reduce` and an `aggregate` without `combine` have every item travel, and
///   an item costs size / slide; in sessions and windows by number they keep the items.
/// - Errors: an exception of a user function ends the job with the name of the aggregation.
template <class K, class V, class Chain, class Windows, bool WithWindow = false>
class [[nodiscard]] WindowedStream {
    static constexpr bool by_number = std::same_as<Windows, CountWindow>;

 public:
    using Location = std::source_location;

    WindowedStream(KeyedStream<K, V, Chain> stream, Windows windows,
                   std::optional<EdgeId> late = std::nullopt)
        : stream_(std::move(stream)), windows_(windows), late_(late) {}

    /// Each result as Windowed<R>, with the bounds of its window.
    ///
    ///     clicks.group_by(page).window(EventTimeWindow::tumbling(1min)).with_window().count()
    [[nodiscard]] auto with_window() && {
        static_assert(!by_number, "with_window: a window by number has no bounds in time");
        return WindowedStream<K, V, Chain, Windows, true>(std::move(stream_), windows_, late_);
    }

    /// The items that come too late for every window, as a Stream<V> with event times, instead of
    /// dropping them. They are behind the watermarks of that stream, too. To be called before the
    /// aggregation, once, else Error(usage); both streams need a sink.
    ///
    ///     auto windows = readings.group_by(sensor).window(EventTimeWindow::tumbling(1s));
    ///     windows.late_output().write_text("late.txt");
    ///     std::move(windows).count()...
    [[nodiscard]] auto late_output(Location where = Location::current()) {
        static_assert(!by_number, "late_output: in a window by number no item is late");
        const OperatorInfo info{"late_output", where};
        stream_.handle().require_usable(info);
        if (late_) {
            throw Error(ErrorKind::usage, info.text() +
                                              " was called on these windows before; use "
                                              "split(n) on the stream that it gave");
        }
        const std::shared_ptr<Graph> graph = stream_.handle().shared_graph();
        const BlockId from = stream_.handle().block();
        const BlockId to =
            graph->add_block(graph->block(from).replication, graph->block(from).batch_mode);
        late_ = graph->connect(from, to);
        return Stream<V, ExchangeChain<Timed<V>>>(
            StreamHandle(graph, to, graph->add_operator(to, info)),
            ExchangeChain<Timed<V>>{{*late_}}, stream_.execution());
    }

    /// Number of items.
    [[nodiscard]] auto count(Location where = Location::current()) && {
        return apply({"count", where}, detail::CountAggregate<V>{});
    }
    /// Sum of the items, or of what a function makes of them.
    [[nodiscard]] auto sum(Location where = Location::current()) && {
        return std::move(*this).sum(detail::Identity{}, where);
    }
    template <MapFunction<const V&> F>
    [[nodiscard]] auto sum(F projection, Location where = Location::current()) && {
        return apply({"sum", where}, detail::SumAggregate<V, F>{std::move(projection)});
    }
    /// The least item, or the one of which a function gives the least value; of equal ones one that
    /// came first where they were combined.
    [[nodiscard]] auto min(Location where = Location::current()) && {
        return std::move(*this).min(detail::Identity{}, where);
    }
    template <MapFunction<const V&> F>
    [[nodiscard]] auto min(F projection, Location where = Location::current()) && {
        return apply({"min", where},
                     detail::ExtremeAggregate<V, F, std::less<>>{std::move(projection)});
    }
    /// The greatest item, as min.
    [[nodiscard]] auto max(Location where = Location::current()) && {
        return std::move(*this).max(detail::Identity{}, where);
    }
    template <MapFunction<const V&> F>
    [[nodiscard]] auto max(F projection, Location where = Location::current()) && {
        return apply({"max", where},
                     detail::ExtremeAggregate<V, F, std::greater<>>{std::move(projection)});
    }
    /// Arithmetic mean.
    [[nodiscard]] auto avg(Location where = Location::current()) && {
        return std::move(*this).avg(detail::Identity{}, where);
    }
    template <MapFunction<const V&> F>
    [[nodiscard]] auto avg(F projection, Location where = Location::current()) && {
        return apply({"avg", where}, detail::MeanAggregate<V, F>{std::move(projection)});
    }
    /// The item with the earliest time; in a window by number, the one that came first.
    [[nodiscard]] auto first(Location where = Location::current()) && {
        return apply({"first", where}, detail::FirstAggregate<V, std::less<>>{});
    }
    /// The item with the latest time; in a window by number, the one that came last.
    [[nodiscard]] auto last(Location where = Location::current()) && {
        return apply({"last", where}, detail::FirstAggregate<V, std::greater_equal<>>{});
    }
    /// All items, in the order of their times; in a window by number, as they came.
    [[nodiscard]] auto to_vec(Location where = Location::current()) && {
        return apply({"to_vec", where}, detail::ItemsAggregate<V>{});
    }
    /// `fn(items)`, or `fn(items, window)` in event time, of all items as std::vector, ordered as
    /// by to_vec.
    template <class F>
    [[nodiscard]] auto map(F fn, Location where = Location::current()) && {
        using Items = std::vector<owned_t<V>>;
        static_assert(std::invocable<F&, Items> || std::invocable<F&, Items, TimeWindow>,
                      "map: the function must take the items of a window, (std::vector<T>) -> R or "
                      "(std::vector<T>, TimeWindow) -> R");
        static_assert(!by_number || std::invocable<F&, Items>,
                      "map: a window by number has no bounds in time");
        return apply({"map", where}, detail::MapItemsAggregate<V, F>{{}, std::move(fn)});
    }
    /// Folds the items of a window, in the order in which they arrive (in sessions in that of their
    /// times), into a copy of `init`.
    template <class Init, FoldFunction<Init, V> F>
    [[nodiscard]] auto fold(Init init, F fn, Location where = Location::current()) && {
        return apply({"fold", where},
                     detail::FoldAggregate<V, Init, F>{std::move(init), std::move(fn)});
    }
    /// The same in no particular order, where `combine(state, other)` makes one state of two.
    template <class Init, FoldFunction<Init, V> F, FoldFunction<Init, Init> Combine>
    [[nodiscard]] auto fold_assoc(Init init, F fn, Combine combine,
                                  Location where = Location::current()) && {
        return apply({"fold_assoc", where},
                     detail::FoldAssociativeAggregate<V, Init, F, Combine>{
                         {std::move(init), std::move(fn)}, std::move(combine)});
    }
    /// Reduces the items of a window, in the order of fold.
    template <ReduceFunction<V> F>
    [[nodiscard]] auto reduce(F fn, Location where = Location::current()) && {
        return apply({"reduce", where},
                     detail::InOrder<detail::ReduceAggregate<V, F>>{{std::move(fn)}});
    }
    /// The same for a function that is associative and commutative.
    template <ReduceFunction<V> F>
    [[nodiscard]] auto reduce_assoc(F fn, Location where = Location::current()) && {
        return apply({"reduce_assoc", where}, detail::ReduceAggregate<V, F>{std::move(fn)});
    }
    /// An aggregation of your own:
    ///
    ///     struct Range {
    ///         using State = std::pair<int, int>;
    ///         State create(int n) const { return {n, n}; }
    ///         void add(State& s, int n) const { ... }
    ///         void combine(State& s, const State& other) const { ... }  // where it can
    ///         int result(const State& s) const { return s.second - s.first; }
    ///     };
    template <class A>
        requires WindowAggregation<A, V>
    [[nodiscard]] auto aggregate(A aggregation, Location where = Location::current()) && {
        if constexpr (CombiningAggregation<A, V>) {
            return apply({"aggregate", where},
                         detail::CombiningUserAggregate<V, A>{{std::move(aggregation)}});
        } else {
            return apply({"aggregate", where}, detail::UserAggregate<V, A>{std::move(aggregation)});
        }
    }

 private:
    template <class Aggregate>
    auto apply(const OperatorInfo& info, Aggregate aggregate) {
        if constexpr (by_number) {
            auto combined = detail::combining<V>(std::move(aggregate));
            using Step = detail::Whole<decltype(combined)>;
            using R = detail::window_result_t<false, Step>;
            using Kind = detail::CountWindows<K, V, Step>;
            return detail::with_partition(stream_, [&](auto& partitioned) {
                return append_operator<KeyedResult<K, R>>(
                    partitioned, info, [&](const OperatorInfo& named) {
                        return detail::WindowOperator<std::pair<K, R>, Kind, Windows, Step>{
                            named, windows_, Step{std::move(combined)}};
                    });
            });
        } else if constexpr (std::same_as<Windows, SessionWindow>) {
            auto filtered = detail::filter_late(stream_, info, windows_, late_);
            auto combined = detail::combining<V>(std::move(aggregate));
            using Step = detail::Whole<decltype(combined)>;
            using R = detail::window_result_t<WithWindow, Step>;
            detail::require_copyable_for_lateness<typename Step::state_type>(info, windows_);
            using Kind = detail::SessionWindows<K, V, Step, WithWindow>;
            return detail::with_partition_on_time(filtered, info, windows_, [&](auto& partitioned) {
                return detail::append_windows<Kind, K, R>(partitioned, info, windows_,
                                                          Step{std::move(combined)});
            });
        } else {
            auto filtered = detail::filter_late(stream_, info, PeriodicWindows(windows_), late_);
            return detail::apply_periodic<WithWindow>(filtered, info, windows_,
                                                      std::move(aggregate));
        }
    }

    KeyedStream<K, V, Chain> stream_;
    Windows windows_;
    std::optional<EdgeId> late_;
};

namespace detail {

/// The one key of a whole stream.
struct WholeStream {
    template <class T>
    std::uint8_t operator()(const T&) const noexcept {
        return 0;
    }
};

template <class AnyStream, class Windows>
constexpr void require_times() {
    static_assert(std::same_as<Windows, CountWindow> || is_timed<AnyStream>,
                  "window: an event-time window needs event times, and this stream has none; give "
                  "it some by add_timestamps(time, watermarks) before");
}

}  // namespace detail

template <class K, class V, class Chain>
template <WindowKind Windows>
auto KeyedStream<K, V, Chain>::window(Windows windows) {
    detail::require_times<KeyedStream, Windows>();
    return WindowedStream<K, V, Chain, Windows>(std::move(*this), windows);
}

template <class T, class Chain>
template <WindowKind Windows>
auto Stream<T, Chain>::window_all(Windows windows, Location where) {
    detail::require_times<Stream, Windows>();
    return group_by(detail::WholeStream{}, where).window(windows);
}

}  // namespace renoir
