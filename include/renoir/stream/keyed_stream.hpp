#pragma once

/// KeyedStream<K, V>: a stream of values that each belong to a key.
///
/// Made by `group_by` (all values of a key meet on one replica) or `key_by` (nothing moves). The
/// functions get `(const K&, V)` and the key stays with what they return.

#include <renoir/stream/stream.hpp>
#include <renoir/stream/timed.hpp>
#include <renoir/stream/window_types.hpp>

#include <utility>

namespace renoir {

namespace detail {

/// Behind `group_by`: the exchange is not there yet, so that an associative aggregation can be put
/// before it.
template <class Previous, class Key>
struct GroupedChain {
    /// Nothing travels with its key yet; for is_timed.
    using value_type = typename Previous::value_type;
    Previous previous;
    Key key;
    const OperatorInfo* grouping;  ///< the `group_by` itself
};

template <class Chain>
inline constexpr bool is_grouped = false;
template <class Previous, class Key>
inline constexpr bool is_grouped<GroupedChain<Previous, Key>> = true;

/// What travels in the block of a keyed stream once its exchange is in place.
template <class K, class V, class Chain>
using travelling_pair_t =
    std::conditional_t<is_timed_chain<Chain>, Timed<std::pair<K, V>>, std::pair<K, V>>;

/// The stream with its exchange in place and its chain hidden.
template <class K, class V, class Chain>
KeyedStream<K, V, BoxedChain<travelling_pair_t<K, V, Chain>>> hide_chain(
    KeyedStream<K, V, Chain> stream);

}  // namespace detail

template <class K, class V, class Chain = BoxedChain<std::pair<K, V>>>
class [[nodiscard]] KeyedStream {
 public:
    using key_type = K;
    using mapped_type = V;
    using value_type = std::pair<K, V>;
    using chain_type = Chain;
    using Location = std::source_location;

    KeyedStream(StreamHandle handle, Chain chain, std::shared_ptr<const Execution> execution)
        : handle_(std::move(handle)), chain_(std::move(chain)), execution_(std::move(execution)) {}

    /// Hides the chain of another stream; see Stream.
    template <class Other>
        requires(!std::same_as<Other, Chain> &&
                 std::same_as<Chain, BoxedChain<detail::travelling_pair_t<K, V, Other>>>)
    KeyedStream(KeyedStream<K, V, Other> other)  // NOLINT: meant to be implicit, for signatures
        : KeyedStream(detail::hide_chain(std::move(other))) {}

    // Item by item, in place.

    /// Each value becomes `fn(key, value)`.
    template <MapFunction<const K&, V> F>
    [[nodiscard]] auto map(F fn, Location where = Location::current());

    /// Keeps the values for which `predicate(key, value)` holds.
    template <FilterFunction<const K&, const V&> F>
    [[nodiscard]] auto filter(F predicate, Location where = Location::current());

    /// Keeps what the optional `fn(key, value)` holds, if anything.
    template <FilterMapFunction<const K&, V> F>
    [[nodiscard]] auto filter_map(F fn, Location where = Location::current());

    /// Each value becomes the elements of the range `fn(key, value)`.
    template <FlatMapFunction<const K&, V> F>
    [[nodiscard]] auto flat_map(F fn, Location where = Location::current());

    /// Each value is a range and becomes its elements.
    [[nodiscard]] auto flatten(Location where = Location::current());

    /// Calls `fn(key, value)` and hands the value on.
    template <InspectFunction<const K&, const V&> F>
    [[nodiscard]] auto inspect(F fn, Location where = Location::current());

    /// As map, for functions with state: each key has its own copy of `fn`, kept to the end of the
    /// job.
    template <MapFunction<const K&, V> F>
    [[nodiscard]] auto rich_map(F fn, Location where = Location::current());

    /// How this block and those behind it collect items before they send them.
    [[nodiscard]] KeyedStream batch_mode(BatchMode mode, Location where = Location::current());

    // Aggregation: one result for each key, at the end of the stream (of each round of an
    // iteration), in no particular order.

    /// Folds the values of a key, in their order, into a copy of `init` by `fn(accumulator,
    /// value)`.
    template <class Init, FoldFunction<Init, V> F>
    [[nodiscard]] auto fold(Init init, F fn, Location where = Location::current());

    /// Folds locally by `local(accumulator, value)`, then across replicas by
    /// `global(accumulator, other_accumulator)`.
    template <class Init, FoldFunction<Init, V> Local, FoldFunction<Init, Init> Global>
    [[nodiscard]] auto fold_assoc(Init init, Local local, Global global,
                                  Location where = Location::current());

    /// Combines the values of a key, in their order, by `fn`.
    template <ReduceFunction<V> F>
    [[nodiscard]] auto reduce(F fn, Location where = Location::current());

    /// Combines locally, then across replicas; `fn` must be associative and commutative.
    template <ReduceFunction<V> F>
    [[nodiscard]] auto reduce_assoc(F fn, Location where = Location::current());

    /// The number of values of each key, as std::uint64_t.
    [[nodiscard]] auto count(Location where = Location::current());

    /// The sum of the values of each key, by `+=`.
    [[nodiscard]] auto sum(Location where = Location::current());
    /// The sum of `projection(value)`.
    template <MapFunction<const V&> F>
    [[nodiscard]] auto sum(F projection, Location where = Location::current());

    /// The smallest value of each key, the first one among equals.
    [[nodiscard]] auto min(Location where = Location::current());
    /// The value with the smallest `projection(value)`.
    template <MapFunction<const V&> F>
    [[nodiscard]] auto min(F projection, Location where = Location::current());

    /// The largest value of each key, the first one among equals.
    [[nodiscard]] auto max(Location where = Location::current());
    /// The value with the largest `projection(value)`.
    template <MapFunction<const V&> F>
    [[nodiscard]] auto max(F projection, Location where = Location::current());

    /// The mean of the values of each key: their sum divided by their number as a double.
    [[nodiscard]] auto avg(Location where = Location::current());
    /// The mean of `projection(value)`.
    template <MapFunction<const V&> F>
    [[nodiscard]] auto avg(F projection, Location where = Location::current());

    // Windows.

    /// Cuts the items of each key in windows, to be aggregated: see WindowedStream and
    /// EventTimeWindow. Windows in event time need add_timestamps() before.
    ///
    ///     clicks.group_by(page).window(EventTimeWindow::sliding(10min, 1min)).count()
    template <WindowKind Windows>
    [[nodiscard]] auto window(Windows windows);

    // Back to a stream without key.

    /// The pairs of key and value.
    [[nodiscard]] auto unkey(Location where = Location::current());
    /// The values alone.
    [[nodiscard]] auto drop_key(Location where = Location::current());
    /// The pairs, spread evenly over all workers.
    [[nodiscard]] auto shuffle(Location where = Location::current());

    // Structure; as on Stream.

    /// The values of both streams. Both must be partitioned in the same way, as by group_by.
    template <class Other>
    [[nodiscard]] auto merge(KeyedStream<K, V, Other> other, Location where = Location::current());

    // Joins, as on Stream, with the values of the same key on the right side. Both sides must be
    // partitioned in the same way, as by group_by; what is partitioned already is not moved again.

    /// Values of type `std::pair<V, U>`.
    template <class L, class U, class Other>
    [[nodiscard]] auto join(KeyedStream<L, U, Other> right, Location where = Location::current());
    /// Values of type `std::pair<V, std::optional<U>>`.
    template <class L, class U, class Other>
    [[nodiscard]] auto left_join(KeyedStream<L, U, Other> right,
                                 Location where = Location::current());
    /// Values of type `std::pair<std::optional<V>, std::optional<U>>`.
    template <class L, class U, class Other>
    [[nodiscard]] auto outer_join(KeyedStream<L, U, Other> right,
                                  Location where = Location::current());

    /// For streams with event time: a value of this stream with time t meets those of the right one
    /// with the same key and a time from t + lower to t + upper, both included. Bounds are
    /// durations or milliseconds and may be negative. Values of type `std::pair<V, U>`, each as
    /// soon as both are there, with the later one of their times. A value is kept until the
    /// watermark says that none that it could meet will come. Throws Error(usage) when lower is
    /// above upper.
    template <class L, class U, class Other, TimeLike Lower, TimeLike Upper>
    [[nodiscard]] auto interval_join(KeyedStream<L, U, Other> right, Lower lower, Upper upper,
                                     Location where = Location::current());

    // Sinks; as on Stream, with pairs of key and value.

    /// Calls `fn(key, value)` for each value, on the worker where it is.
    template <InspectFunction<const K&, V> F>
    void for_each(F fn, Location where = Location::current());
    [[nodiscard]] auto collect_vec(Location where = Location::current());
    [[nodiscard]] auto collect_vec_all(Location where = Location::current());
    template <class Container>
    [[nodiscard]] Result<Container> collect(Location where = Location::current());
    [[nodiscard]] auto collect_count(Location where = Location::current());
    [[nodiscard]] auto collect_channel(Location where = Location::current());

    // For operators.

    [[nodiscard]] StreamHandle& handle() noexcept { return handle_; }
    [[nodiscard]] Chain& chain() noexcept { return chain_; }
    [[nodiscard]] const std::shared_ptr<const Execution>& execution() const noexcept {
        return execution_;
    }

 private:
    StreamHandle handle_;
    Chain chain_;
    std::shared_ptr<const Execution> execution_;
};

}  // namespace renoir
