#pragma once

/// Event time in the type of a stream.
///
/// A stream with event time carries Timed<T> through its block and over its exchanges; its items
/// are T for the user's functions all the same. A stream without pays nothing: operators are
/// wrapped where the chain before them is timed, and nowhere else.

#include <renoir/codec/flat.hpp>
#include <renoir/codec/owned.hpp>
#include <renoir/runtime/replica.hpp>
#include <renoir/runtime/stage.hpp>

#include <chrono>
#include <memory>

namespace renoir {

/// An item and its event time, in milliseconds since the epoch.
template <class T>
struct Timed {
    T value{};
    Timestamp time = 0;

    friend auto operator<=>(const Timed&, const Timed&) = default;
};

namespace detail {

template <class T>
struct IsFlat<Timed<T>> : IsFlat<T> {};

template <class T>
struct Owned<Timed<T>> {
    using type = Timed<typename Owned<T>::type>;
    static type from(Timed<T>&& item) { return {Owned<T>::from(std::move(item.value)), item.time}; }
    static Timed<T> show(const type& kept) { return {Owned<T>::show(kept.value), kept.time}; }
};

template <class Item>
inline constexpr bool is_timed_item = false;
template <class T>
inline constexpr bool is_timed_item<Timed<T>> = true;

template <class Chain>
inline constexpr bool is_timed_chain = is_timed_item<typename Chain::value_type>;

/// Whether the items of a stream have event times.
template <class AnyStream>
inline constexpr bool is_timed =
    is_timed_chain<typename std::remove_cvref_t<AnyStream>::chain_type>;

/// What travels in the block of a stream and over its exchange: the item, with its time if it has
/// one.
template <class AnyStream>
using travelling_t = std::conditional_t<is_timed<AnyStream>,
                                        Timed<typename std::remove_cvref_t<AnyStream>::value_type>,
                                        typename std::remove_cvref_t<AnyStream>::value_type>;

/// Gives what an operator emits the time of the item that it works on.
template <class Next>
struct RestampStage {
    const Timestamp* time;
    Next next;

    template <class O>
    void push(O&& item) {
        next.push(Timed<O>{std::move(item), *time});
    }
    void control(const Mark& mark) { next.control(mark); }
};

/// Hands the item without its time to the stage of an untimed operator.
template <class T, class Stage>
struct UnstampStage {
    // On the heap, because both ends look at it while the stages move into each other.
    std::unique_ptr<Timestamp> time;
    Stage stage;

    void push(Timed<T>&& item) {
        *time = item.time;
        stage.push(std::move(item.value));
    }
    void control(const Mark& mark) { stage.control(mark); }
};

/// An operator that emits within push(), made to work on timed items of T.
template <class T, class Operator>
struct TimedOperator {
    using value_type = Timed<typename Operator::value_type>;
    Operator untimed;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext& context, Next next) const {
        auto time = std::make_unique<Timestamp>();
        auto inner = untimed.stage(context, RestampStage<Next>{time.get(), std::move(next)});
        return UnstampStage<T, decltype(inner)>{std::move(time), std::move(inner)};
    }
};

template <class T, class Next>
struct DropTimeStage {
    Next next;
    void push(Timed<T>&& item) { next.push(std::move(item.value)); }
    // Nobody behind here asks for time.
    void control(const Mark& mark) {
        if (mark.kind != MarkKind::watermark && mark.kind != MarkKind::idle) next.control(mark);
    }
};

template <class T>
struct DropTime {
    using value_type = T;
    template <StageFor<T> Next>
    auto stage(ReplicaContext&, Next next) const {
        return DropTimeStage<T, Next>{std::move(next)};
    }
};

/// A partition of untimed items, for timed ones.
template <class Partition>
struct PartitionByValue {
    Partition partition;

    template <class T>
    std::size_t operator()(const Timed<T>& item, std::size_t destinations) {
        return partition(item.value, destinations);
    }
};

/// The partition for what travels in the block of a stream.
template <class AnyStream, class Partition>
auto partition_of_travelling(Partition partition) {
    if constexpr (is_timed<AnyStream>) {
        return PartitionByValue<Partition>{std::move(partition)};
    } else {
        return partition;
    }
}

}  // namespace detail

/// What a point in time may be given as: a number of milliseconds since the epoch, a duration since
/// it, or a time point of any clock.
template <class T>
concept TimeLike = std::integral<T> || requires(const T& time) {
    std::chrono::duration_cast<std::chrono::milliseconds>(time);
} || requires(const T& time) {
    std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
};

namespace detail {

/// Rounded down, and the nearest Timestamp where there is none.
template <class Rep, class Period>
[[nodiscard]] constexpr Timestamp to_milliseconds(
    std::chrono::duration<Rep, Period> duration) noexcept {
    using Unit = std::ratio_divide<Period, std::milli>;
    if constexpr (std::integral<Rep> && Unit::den == 1) {
        Timestamp time = 0;
        if (__builtin_mul_overflow(duration.count(), Unit::num, &time))
            return duration.count() < 0 ? timestamp_min : timestamp_max;
        return time;
    } else {
        return std::chrono::floor<std::chrono::milliseconds>(duration).count();
    }
}

}  // namespace detail

/// The event time that is meant, in milliseconds; finer times are rounded down, and durations that
/// are too long become the nearest time.
template <TimeLike T>
[[nodiscard]] constexpr Timestamp to_timestamp(const T& time) noexcept {
    if constexpr (std::integral<T>) {
        return static_cast<Timestamp>(time);
    } else if constexpr (requires { time.time_since_epoch(); }) {
        return detail::to_milliseconds(time.time_since_epoch());
    } else {
        return detail::to_milliseconds(time);
    }
}

}  // namespace renoir
