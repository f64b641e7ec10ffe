#pragma once

/// Stream<T>: a description of items of type T that flow when the context is executed.
///
/// A method takes the stream and gives the next one; nothing runs before `execute_blocking()`. A
/// stream has one consumer: using it a second time is an Error(usage), `split(n)` makes copies. A
/// stream of views (`std::string_view`) hands each function a view that is valid during the call.
///
/// The second template argument is the chain of operators since the last exchange; `Stream<T>`
/// without it hides the chain and is meant for signatures:
///
///     renoir::Stream<int> evens(renoir::Stream<int> numbers) {
///         return numbers.filter([](int n) { return n % 2 == 0; });
///     }
///
/// What a user function throws ends the job with the name of the operator. Functions are copied
/// once for each replica; what they capture is theirs alone.
///
/// The operators themselves are in renoir/operators, one file each.

#include <renoir/stream/chain.hpp>
#include <renoir/stream/concepts.hpp>
#include <renoir/stream/handle.hpp>
#include <renoir/stream/result.hpp>
#include <renoir/stream/watermark_strategy.hpp>
#include <renoir/stream/window_types.hpp>

#include <filesystem>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

namespace renoir {

template <class K, class V, class Chain>
class KeyedStream;

template <class T>
class ChannelReceiver;

template <class S, class T>
struct IterationResult;

namespace detail {

/// Items that can be handed out again and again while they are kept.
template <class T>
concept Replayable = std::constructible_from<T, const owned_t<T>&>;

template <Replayable T>
struct ReplayChain;
template <Exchangeable T>
struct IterateChain;

}  // namespace detail

template <class T, class Chain = BoxedChain<T>>
class [[nodiscard]] Stream {
 public:
    using value_type = T;
    using chain_type = Chain;
    using Location = std::source_location;

    Stream(StreamHandle handle, Chain chain, std::shared_ptr<const Execution> execution)
        : handle_(std::move(handle)), chain_(std::move(chain)), execution_(std::move(execution)) {}

    /// Hides the chain of another stream of the same items; costs a virtual call for each item.
    template <class Other>
        requires(!std::same_as<Other, Chain> &&
                 std::same_as<Chain, BoxedChain<typename Other::value_type>>)
    Stream(Stream<T, Other> other)  // NOLINT: meant to be implicit, for signatures
        : handle_(std::move(other.handle_)),
          chain_(std::move(other.chain_)),
          execution_(std::move(other.execution_)) {}

    // Item by item, in place; order, time and watermarks are kept.

    /// Each item becomes `fn(item)`.
    template <MapFunction<T> F>
    [[nodiscard]] auto map(F fn, Location where = Location::current());

    /// Keeps the items for which `predicate(item)` holds.
    template <FilterFunction<const T&> F>
    [[nodiscard]] auto filter(F predicate, Location where = Location::current());

    /// Keeps what the optional `fn(item)` holds, if anything.
    template <FilterMapFunction<T> F>
    [[nodiscard]] auto filter_map(F fn, Location where = Location::current());

    /// Each item becomes the elements of the range `fn(item)`, which is read lazily.
    template <FlatMapFunction<T> F>
    [[nodiscard]] auto flat_map(F fn, Location where = Location::current());

    /// Each item is a range and becomes its elements.
    [[nodiscard]] auto flatten(Location where = Location::current());

    /// Calls `fn(item)` and hands the item on.
    template <InspectFunction<const T&> F>
    [[nodiscard]] auto inspect(F fn, Location where = Location::current());

    /// As filter_map, but the first empty optional of a replica ends its output.
    template <FilterMapFunction<T> F>
    [[nodiscard]] auto map_while(F fn, Location where = Location::current());

    /// As map, for functions with state: `fn` may be mutable. Each replica has its own copy, which
    /// lives as long as the job.
    template <MapFunction<T> F>
    [[nodiscard]] auto rich_map(F fn, Location where = Location::current());

    // Batches: functions of many items at once, which lie side by side; see operators/batch.hpp.
    // Order and watermarks are kept; on a stream with event time the results of map_batch have the
    // times of their items, and flat_map_batch does not compile.

    /// `fn(std::span<const T> in, std::span<O> out)` gives each item its result: it must assign all
    /// elements of `out`, which is as long as `in`. O is taken from the signature of `fn`, or named
    /// where that has none: `map_batch<float>([](auto in, auto out) { ... })`.
    template <class O = void, BatchMapFunction<T, O> F>
    [[nodiscard]] auto map_batch(F fn, Location where = Location::current());

    /// A batch becomes the elements of the range `fn(std::span<const T>)`; a std::vector is handed
    /// on as a batch, other ranges are read lazily.
    template <FlatMapFunction<std::span<const T>> F>
    [[nodiscard]] auto flat_map_batch(F fn, Location where = Location::current());

    /// Folds batches on each replica by `fn(accumulator, std::span<const T>)`, then what the
    /// replicas have by `combine(accumulator, other_accumulator)`, to one result on one replica at
    /// the end of the stream (of each round of an iteration). An empty stream gives none.
    template <class Init, FoldFunction<Init, std::span<const T>> F,
              FoldFunction<Init, Init> Combine>
    [[nodiscard]] auto fold_batch(Init init, F fn, Combine combine,
                                  Location where = Location::current());

    /// The same without the second step: each replica has a result of its own, where it is; one
    /// without items has `init`. So an index of what a replica has is made, for the rounds of a
    /// loop to read:
    ///
    ///     edges.repartition_by(Replication::unlimited(), block_of)
    ///         .fold_batch(Neighbours(), &Neighbours::add)
    ///         .replay(...)
    template <class Init, FoldFunction<Init, std::span<const T>> F>
    [[nodiscard]] auto fold_batch(Init init, F fn, Location where = Location::current());

    /// Calls `fn(std::span<const T>)` for each batch, on the worker where it is.
    template <InspectFunction<std::span<const T>> F>
    void for_each_batch(F fn, Location where = Location::current());

    // Repartition: each begins a new block.

    /// Spreads the items evenly over all workers.
    [[nodiscard]] auto shuffle(Location where = Location::current());

    /// Every replica of the next block gets a copy of every item.
    [[nodiscard]] auto broadcast(Location where = Location::current());

    /// Items with the same number `fn(item)` go to the same replica, of which there are at most as
    /// `replication` says.
    template <PartitionFunction<T> F>
    [[nodiscard]] auto repartition_by(Replication replication, F fn,
                                      Location where = Location::current());

    /// What follows runs on at most as many replicas as `replication` says. No item is lost,
    /// whether their number goes up or down; items are spread evenly unless the number stays.
    [[nodiscard]] auto replication(Replication replication, Location where = Location::current());

    /// `replication(Replication::limited(replicas))`
    [[nodiscard]] auto max_parallelism(std::size_t replicas, Location where = Location::current());

    /// How this block and those behind it collect items before they send them.
    [[nodiscard]] Stream batch_mode(BatchMode mode, Location where = Location::current());

    // Structure.

    /// `copies` streams that each have every item. Throws Error(usage) for 0.
    [[nodiscard]] auto split(std::size_t copies, Location where = Location::current());

    /// The items of both streams, in no particular order. Both have event times or neither has;
    /// the watermark is the lower one of both.
    template <class Other>
    [[nodiscard]] auto merge(Stream<T, Other> other, Location where = Location::current());

    /// Pairs in order of arrival, on one replica, without event times; what one side is ahead is
    /// held in memory, and what is left over at the end is dropped.
    template <class U, class Other>
    [[nodiscard]] auto zip(Stream<U, Other> other, Location where = Location::current());

    // Keys.

    /// Partitions by `key(item)`: all items with the same key meet on one replica, and the order of
    /// the items of one sender is kept. Aggregations that are associative by nature (count, sum,
    /// min, max, avg, reduce_assoc, fold_assoc) behind it aggregate locally before the exchange.
    template <KeyFunction<T> F>
    [[nodiscard]] auto group_by(F key, Location where = Location::current());

    /// Names the key of each item without moving any; right only where equal keys are together.
    template <KeyFunction<T> F>
    [[nodiscard]] auto key_by(F key, Location where = Location::current());

    /// `group_by(key).fold_assoc(init, local, global)`
    template <KeyFunction<T> F, class Init, class Local, class Global>
    [[nodiscard]] auto group_by_fold(F key, Init init, Local local, Global global,
                                     Location where = Location::current());
    /// `group_by(key).reduce_assoc(fn)`
    template <KeyFunction<T> F, ReduceFunction<T> G>
    [[nodiscard]] auto group_by_reduce(F key, G fn, Location where = Location::current());
    /// `group_by(key).count()`
    template <KeyFunction<T> F>
    [[nodiscard]] auto group_by_count(F key, Location where = Location::current());
    /// `group_by(key).sum(value)`
    template <KeyFunction<T> F, class G>
    [[nodiscard]] auto group_by_sum(F key, G value, Location where = Location::current());
    /// For each key the item with the smallest `value(item)`, the first one among equals.
    template <KeyFunction<T> F, class G>
    [[nodiscard]] auto group_by_min(F key, G value, Location where = Location::current());
    /// For each key the item with the largest `value(item)`, the first one among equals.
    template <KeyFunction<T> F, class G>
    [[nodiscard]] auto group_by_max(F key, G value, Location where = Location::current());
    /// `group_by(key).avg(value)`
    template <KeyFunction<T> F, class G>
    [[nodiscard]] auto group_by_avg(F key, G value, Location where = Location::current());

    // Event time. A stream has it or has it not, in its type; the operators above keep it, those
    // that end a stream or fold it to one result leave it behind.

    /// Gives each item the event time `time(item)` (milliseconds since the epoch, a duration or a
    /// time point) and lets the strategy say how far time has come. Times that were there are
    /// replaced. A watermark goes out after a thousand items, about every millisecond, and when the
    /// worker has nothing else to do; the end of the stream counts as +infinity. A replica without
    /// items holds back the time of all, unless the strategy says idle_after().
    ///
    ///     events.add_timestamps([](const Event& e) { return e.time; },
    ///                           WatermarkStrategy::bounded_out_of_orderness(2s))
    template <TimestampFunction<T> F>
    [[nodiscard]] auto add_timestamps(F time, WatermarkStrategy watermarks,
                                      Location where = Location::current());

    /// The same with watermarks of your own: `watermark(item, time)` returns an optional time t, to
    /// promise behind this item that no later one of this replica has a time <= t. One that goes
    /// back is ignored. A replica without items holds back the time of all until it ends.
    ///
    ///     events.add_timestamps(&Event::time, [](const Event& e, Timestamp) {
    ///         return e.is_last_of_its_second ? std::optional(e.time) : std::nullopt;
    ///     })
    template <TimestampFunction<T> F, WatermarkFunction<T> G>
    [[nodiscard]] auto add_timestamps(F time, G watermark, Location where = Location::current());

    /// The items without their times and watermarks.
    [[nodiscard]] auto drop_timestamps(Location where = Location::current());

    /// Pairs of an item and its time, so that functions see it; the stream itself has none any
    /// more.
    [[nodiscard]] auto with_timestamps(Location where = Location::current());

    /// Within each replica, items in the order of their times (those of one time in the order in
    /// which they came), each as soon as the watermark has reached it. Late items come at once,
    /// out of order. Holds in memory what the watermark has not reached. The items own their text:
    /// owned_t<T>.
    [[nodiscard]] auto reorder(Location where = Location::current());

    /// Cuts the whole stream in windows, to be aggregated to one result each: see WindowedStream
    /// and EventTimeWindow. The key of the results is 0; drop_key() takes it away.
    template <WindowKind Windows>
    [[nodiscard]] auto window_all(Windows windows, Location where = Location::current());

    // Joins: each item of this stream, the left side, meets each item of the right side with the
    // same key; the items of both must be copyable. The result is a keyed stream whose values are
    // pairs of both items. Rows are kept for one round.

    /// Only the pairs: values of type `std::pair<T, U>`. A pair comes out as soon as both items are
    /// there; when one side has ended, the items of the other are not kept any more, so the smaller
    /// side is best on the right, where it is read first.
    ///
    ///     orders.join(users, &Order::user, &User::id)
    template <class U, class Other, KeyFunction<T> F, KeyFunction<U> G>
    [[nodiscard]] auto join(Stream<U, Other> right, F left_key, G right_key,
                            Location where = Location::current());

    /// Also the items of this stream that met none: `std::pair<T, std::optional<U>>`. They come out
    /// when the right side has ended.
    template <class U, class Other, KeyFunction<T> F, KeyFunction<U> G>
    [[nodiscard]] auto left_join(Stream<U, Other> right, F left_key, G right_key,
                                 Location where = Location::current());

    /// Also the items of either stream that met none:
    /// `std::pair<std::optional<T>, std::optional<U>>`. They come out when the opposite side has
    /// ended.
    template <class U, class Other, KeyFunction<T> F, KeyFunction<U> G>
    [[nodiscard]] auto outer_join(Stream<U, Other> right, F left_key, G right_key,
                                  Location where = Location::current());

    /// A join whose parts are chosen one after the other:
    /// `ship_hash()` or `ship_broadcast_right()`, then `local_hash()` or `local_sort_merge()`, then
    /// `inner()`, `left()` or `outer()`.
    ///
    ///     orders.join_with(countries, &Order::country, &Country::code)
    ///         .ship_broadcast_right()
    ///         .local_hash()
    ///         .inner()
    template <class U, class Other, MapFunction<const T&> F, MapFunction<const U&> G>
    [[nodiscard]] auto join_with(Stream<U, Other> right, F left_key, G right_key,
                                 Location where = Location::current());

    // Aggregation of the whole stream to one result, on one replica, at the end of the stream (of
    // each round of an iteration). An empty stream gives no result.

    /// Folds all items into a copy of `init` by `fn(accumulator, item)`.
    template <class Init, FoldFunction<Init, T> F>
    [[nodiscard]] auto fold(Init init, F fn, Location where = Location::current());

    /// Folds locally by `local(accumulator, item)`, then what the replicas have by
    /// `global(accumulator, other_accumulator)`.
    template <class Init, FoldFunction<Init, T> Local, FoldFunction<Init, Init> Global>
    [[nodiscard]] auto fold_assoc(Init init, Local local, Global global,
                                  Location where = Location::current());

    /// Combines all items by `fn`.
    template <ReduceFunction<T> F>
    [[nodiscard]] auto reduce(F fn, Location where = Location::current());

    /// Combines locally, then what the replicas have; `fn` must be associative and commutative.
    template <ReduceFunction<T> F>
    [[nodiscard]] auto reduce_assoc(F fn, Location where = Location::current());

    // Loops. `body(items, state)` describes what happens in a round: it makes of the stream of
    // items another one. Its functions capture `state`, an IterationState<S>, and read
    // `state.get()`, which is what the round began with, on every rank. At the end of a round each
    // replica has folded the items that the body returned into a copy of `delta` by `local(delta,
    // item)`; then one replica calls `global(state, delta)` for each of them, in the order of the
    // replicas, and `condition(state)`, which says whether to go on and may change the state. There
    // are at most `max_rounds` rounds; with 0 the result is `init` and the body never runs.
    //
    // Streams from outside of the loop can be used in the body: they are read once and their items
    // come again in each round. A loop in the body of another one begins anew in each of its
    // rounds. The items of a loop have no event time. A body that does not return what it made of
    // the items of the loop is an Error(usage); an exception in any function ends the job.

    /// Each round has the items of this stream. They stay where they are, in memory. Gives the last
    /// state, as one item on one replica.
    template <class S, LoopBody<Stream<T, detail::ReplayChain<T>>, S> Body, class Delta,
              class Local, FoldFunction<S, Delta> Global, LoopCondition<S> Condition>
    [[nodiscard]] Stream<S> replay(std::size_t max_rounds, S init, Body body, Delta delta,
                                   Local local, Global global, Condition condition,
                                   Location where = Location::current());

    /// The first round has the items of this stream, each other one those that the body returned in
    /// the round before, each on the replica where it was. Gives the last state and the items that
    /// the last round returned (with 0 rounds those of this stream).
    ///
    ///     auto [left, ones] = numbers.iterate(  // until all numbers are 1
    ///         1000, false,
    ///         [](auto items, IterationState<bool>) {
    ///             return items.map([](int n) { return n == 1 ? 1 : n % 2 ? 3 * n + 1 : n / 2; });
    ///         },
    ///         false, [](bool& any, int n) { any |= n != 1; },
    ///         [](bool& left, bool any) { left |= any; },
    ///         [](bool& left) { return std::exchange(left, false); });
    template <class S, LoopBody<Stream<owned_t<T>, detail::IterateChain<owned_t<T>>>, S> Body,
              class Delta, class Local, FoldFunction<S, Delta> Global, LoopCondition<S> Condition>
    [[nodiscard]] IterationResult<S, owned_t<T>> iterate(std::size_t max_rounds, S init, Body body,
                                                         Delta delta, Local local, Global global,
                                                         Condition condition,
                                                         Location where = Location::current());

    // Sinks.

    /// Calls `fn(item)` for each item, on the worker where it is.
    template <InspectFunction<T> F>
    void for_each(F fn, Location where = Location::current());

    /// All items in a std::vector on rank 0, views turned into what they look at.
    [[nodiscard]] auto collect_vec(Location where = Location::current());
    /// The same on every rank.
    [[nodiscard]] auto collect_vec_all(Location where = Location::current());
    /// All items in a container of another kind, for example `collect<std::set<int>>()`.
    template <class Container>
    [[nodiscard]] Result<Container> collect(Location where = Location::current());
    /// The number of items, as Result<std::uint64_t>; 0 for an empty stream.
    [[nodiscard]] auto collect_count(Location where = Location::current());
    /// A queue from which another thread takes the items of rank 0 while the job runs.
    [[nodiscard]] auto collect_channel(Location where = Location::current());
    /// Writes each item as a line of a text file, from one replica. The file appears under its name
    /// when it is complete.
    void write_text(std::filesystem::path path, Location where = Location::current());

    // For operators.

    [[nodiscard]] StreamHandle& handle() noexcept { return handle_; }
    [[nodiscard]] Chain& chain() noexcept { return chain_; }
    [[nodiscard]] const std::shared_ptr<const Execution>& execution() const noexcept {
        return execution_;
    }

 private:
    template <class U, class Other>
    friend class Stream;

    StreamHandle handle_;
    Chain chain_;
    std::shared_ptr<const Execution> execution_;
};

/// A stream with event times whose chain is hidden, as Stream<T> is one without: for signatures.
///
///     TimedStream<Click> on_time(Stream<Click> clicks);
template <class T>
using TimedStream = Stream<T, BoxedChain<Timed<T>>>;

}  // namespace renoir
