#pragma once

/// What the operators ask of the functions that they are given. Each is checked where the operator
/// is called, so that a mistake is reported on the user's line.

#include <renoir/codec/owned.hpp>
#include <renoir/transport/slab_writer.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>

namespace renoir {

template <class S>
class IterationState;

/// A function that each replica can have a copy of. State that it captures is per replica.
template <class F>
concept ReplicatedFunction = std::copy_constructible<std::decay_t<F>>;

/// `(T) -> O`, with O not void.
template <class F, class... Arguments>
concept MapFunction = ReplicatedFunction<F> && std::invocable<F&, Arguments...> &&
                      !std::is_void_v<std::invoke_result_t<F&, Arguments...>>;

/// `(const T&) -> bool`
template <class F, class... Arguments>
concept FilterFunction = ReplicatedFunction<F> && std::predicate<F&, Arguments...>;

/// `(const T&)`, called for its effect.
template <class F, class... Arguments>
concept InspectFunction = ReplicatedFunction<F> && std::invocable<F&, Arguments...>;

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// The item type of what a function returns.
template <class F, class... Arguments>
using item_of_t = std::remove_cvref_t<std::invoke_result_t<F&, Arguments...>>;

}  // namespace detail

/// `(T) -> std::optional<O>`
template <class F, class... Arguments>
concept FilterMapFunction =
    MapFunction<F, Arguments...> && detail::is_optional<detail::item_of_t<F, Arguments...>>;

/// `(T) -> a range of O`
template <class F, class... Arguments>
concept FlatMapFunction = MapFunction<F, Arguments...> &&
                          std::ranges::input_range<std::invoke_result_t<F&, Arguments...>>;

/// `(const T&) -> key`, pure: it is called by the sender and by the receiver of an item.
template <class F, class T>
concept KeyFunction = MapFunction<F, const T&> && Hashable<owned_t<detail::item_of_t<F, const T&>>>;

/// `(Accumulator&, T)`, called for its effect on the accumulator.
template <class F, class Accumulator, class T>
concept FoldFunction = ReplicatedFunction<F> && std::invocable<F&, Accumulator&, T>;

/// `(T, T) -> T`, or `(T&, T)` for its effect on the first.
template <class F, class T>
concept ReduceFunction =
    ReplicatedFunction<F> &&
    ((std::invocable<F&, owned_t<T>&, T> &&
      std::is_void_v<std::invoke_result_t<F&, owned_t<T>&, T>>) ||
     (std::invocable<F&, owned_t<T>, T> &&
      std::constructible_from<owned_t<T>, std::invoke_result_t<F&, owned_t<T>, T>>));

/// `(Stream of items, IterationState<S>) -> Stream`: the body of a loop, called once, when the
/// loop is described.
template <class F, class Items, class S>
concept LoopBody = std::invocable<F&, Items, IterationState<S>>;

/// `(S&) -> bool`: whether a loop goes on.
template <class F, class S>
concept LoopCondition = ReplicatedFunction<F> && std::predicate<F&, S&>;

/// A function of an item that chooses its destination by a number.
template <class F, class T>
concept PartitionFunction = MapFunction<F, const T&> &&
                            std::convertible_to<std::invoke_result_t<F&, const T&>, std::uint64_t>;

namespace detail {

template <class Signature>
struct ResultsParameter {};
template <class Out, class In, class O>
struct ResultsParameter<std::function<Out(In, std::span<O>)>> {
    using type = O;
};

/// The type of the results of a batch function: O, or where that is void, what its signature says.
template <class F, class O>
struct BatchResult {
    using type = O;
};
template <class F>
struct BatchResult<F, void> : ResultsParameter<decltype(std::function(std::declval<F>()))> {};

template <class F, class O>
using batch_result_t = typename BatchResult<F, O>::type;

}  // namespace detail

/// `(std::span<const T>, std::span<O>)`, with the O that is given, or the one of its signature when
/// that is void. A generic lambda has no signature: name O, as in `map_batch<float>(fn)`.
template <class F, class T, class O>
concept BatchMapFunction = ReplicatedFunction<F> && requires {
    typename detail::batch_result_t<F, O>;
} && std::invocable<F&, std::span<const T>, std::span<detail::batch_result_t<F, O>>>;

}  // namespace renoir
