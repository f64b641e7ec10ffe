#pragma once

/// The aggregations, as values: what a fold, a count or an average keeps and how it combines.
///
/// An aggregate has
/// - `kept_type`: what it needs of an item, and `keep(T&&)` which takes it,
/// - `state_type`, `create(kept_type&&)` and `add(state_type&, kept_type&&)`,
/// - `result_type` and `finish(state_type&&)`,
/// - and where it is associative, `merge(state_type&, state_type&&)`.

#include <renoir/stream/concepts.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace renoir::detail {

/// Items that an aggregate does not look at.
struct Nothing {};

template <class T>
struct CountAggregate {
    using kept_type = Nothing;
    using state_type = std::uint64_t;
    using result_type = std::uint64_t;

    static Nothing keep(T&&) noexcept { return {}; }
    static state_type create(Nothing&&) noexcept { return 1; }
    static void add(state_type& count, Nothing&&) noexcept { ++count; }
    static void merge(state_type& count, state_type&& other) noexcept { count += other; }
    static result_type finish(state_type&& count) noexcept { return count; }
};

template <class T, class Init, class Fold>
struct FoldAggregate {
    using kept_type = T;
    using state_type = Init;
    using result_type = Init;
    Init init;
    Fold fold;

    static T keep(T&& item) { return std::move(item); }
    state_type create(T&& item) {
        state_type state = init;
        std::invoke(fold, state, std::move(item));
        return state;
    }
    void add(state_type& state, T&& item) { std::invoke(fold, state, std::move(item)); }
    static result_type finish(state_type&& state) { return std::move(state); }
};

template <class T, class Init, class Local, class Global>
struct FoldAssociativeAggregate : FoldAggregate<T, Init, Local> {
    Global global;

    void merge(Init& state, Init&& other) { std::invoke(global, state, std::move(other)); }
};

template <class T, class Reduce>
struct ReduceAggregate {
    using kept_type = owned_t<T>;
    using state_type = owned_t<T>;
    using result_type = owned_t<T>;
    Reduce reduce;

    static kept_type keep(T&& item) { return to_owned(std::move(item)); }
    static state_type create(kept_type&& item) { return std::move(item); }
    void add(state_type& state, kept_type&& item) {
        if constexpr (std::is_invocable_v<Reduce&, state_type&, T>) {
            if constexpr (std::is_void_v<std::invoke_result_t<Reduce&, state_type&, T>>) {
                std::invoke(reduce, state, std::move(item));
                return;
            }
        }
        if constexpr (std::is_invocable_v<Reduce&, state_type, T>) {
            if constexpr (!std::is_void_v<std::invoke_result_t<Reduce&, state_type, T>>) {
                state = state_type(std::invoke(reduce, std::move(state), std::move(item)));
            }
        }
    }
    void merge(state_type& state, state_type&& other) { add(state, std::move(other)); }
    static result_type finish(state_type&& state) { return std::move(state); }
};

template <class T, class Projection>
struct SumAggregate {
    using kept_type = owned_t<item_of_t<Projection, const T&>>;
    using state_type = kept_type;
    using result_type = kept_type;
    Projection projection;

    kept_type keep(T&& item) { return kept_type(std::invoke(projection, std::as_const(item))); }
    static state_type create(kept_type&& value) { return std::move(value); }
    static void add(state_type& sum, kept_type&& value) {
        if constexpr (std::is_arithmetic_v<state_type>) {
            sum = static_cast<state_type>(sum + value);
        } else {
            sum += std::move(value);
        }
    }
    static void merge(state_type& sum, state_type&& other) { add(sum, std::move(other)); }
    static result_type finish(state_type&& sum) { return std::move(sum); }
};

/// The item whose projection comes first by `Before`; the first one among equals.
template <class T, class Projection, class Before>
struct ExtremeAggregate {
    using kept_type = owned_t<T>;
    using state_type = owned_t<T>;
    using result_type = owned_t<T>;
    Projection projection;

    static kept_type keep(T&& item) { return to_owned(std::move(item)); }
    static state_type create(kept_type&& item) { return std::move(item); }
    void add(state_type& best, kept_type&& item) {
        const bool better = Before{}(std::invoke(projection, std::as_const(item)),
                                     std::invoke(projection, std::as_const(best)));
        if (better) best = std::move(item);
    }
    void merge(state_type& best, state_type&& other) { add(best, std::move(other)); }
    static result_type finish(state_type&& best) { return std::move(best); }
};

template <class Sum>
struct MeanState {
    Sum sum;
    std::uint64_t count;
};

template <class T, class Projection>
struct MeanAggregate {
    using kept_type = owned_t<item_of_t<Projection, const T&>>;
    using sum_type = std::conditional_t<std::is_arithmetic_v<kept_type>, double, kept_type>;
    using state_type = MeanState<sum_type>;
    using result_type = decltype(std::declval<sum_type>() / 1.0);
    Projection projection;

    kept_type keep(T&& item) { return kept_type(std::invoke(projection, std::as_const(item))); }
    static state_type create(kept_type&& value) {
        return {static_cast<sum_type>(std::move(value)), 1};
    }
    static void add(state_type& mean, kept_type&& value) {
        mean.sum += static_cast<sum_type>(std::move(value));
        ++mean.count;
    }
    static void merge(state_type& mean, state_type&& other) {
        mean.sum += std::move(other.sum);
        mean.count += other.count;
    }
    static result_type finish(state_type&& mean) {
        return std::move(mean.sum) / static_cast<double>(mean.count);
    }
};

}  // namespace renoir::detail
