#pragma once

/// What the stages of all windows have in common: how they call an aggregation.

#include <renoir/operators/fold.hpp>
#include <renoir/stream/window_types.hpp>

#include <concepts>
#include <vector>

namespace renoir::detail {

/// Whether a state can be copied; a vector says so of itself whatever it holds.
template <class State>
inline constexpr bool is_copyable = std::copy_constructible<State>;
template <class T, class Allocator>
inline constexpr bool is_copyable<std::vector<T, Allocator>> = is_copyable<T>;
template <class T>
inline constexpr bool is_copyable<Timed<T>> = is_copyable<T>;

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

}  // namespace renoir::detail
