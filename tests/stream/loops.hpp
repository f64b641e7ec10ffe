#pragma once

// What loops should give, as plain loops compute it.

#include "expectations.hpp"

#include <cstdint>

namespace stream_test {

using renoir::IterationState;
using renoir::Stream;

/// A state that depends on every round, every item and every state before.
using State = std::int64_t;
using Delta = std::int64_t;

inline State mixed(State state) {
    return (state * 31 + 7) % 1'000'003;
}

inline State next_state(State state, Delta sum) {
    return mixed(state + sum);
}

/// An item of a round, from an item and the state.
inline int stepped(int item, State state) {
    return static_cast<int>((item * 7 + state) % 10'007);
}

inline void add(Delta& sum, int item) {
    sum += item;
}

inline void update(State& state, Delta sum) {
    state += sum;
}

inline bool mix_and_go_on(State& state) {
    state = mixed(state);
    return true;
}

inline std::vector<int> stepped_all(std::vector<int> items, State state) {
    for (int& item : items) item = stepped(item, state);
    return items;
}

inline Delta sum_of(const std::vector<int>& items) {
    return std::accumulate(items.begin(), items.end(), Delta{0});
}

/// `replay` with a body that computes `round(items, state)`.
template <class Round>
State replayed(std::size_t rounds, const std::vector<int>& items, Round round, State state = 0) {
    for (std::size_t i = 0; i < rounds; ++i) state = next_state(state, sum_of(round(items, state)));
    return state;
}

/// `iterate` with a body that computes `round(items, state)`: the last state and the last items.
template <class Round>
std::pair<State, std::vector<int>> iterated(std::size_t rounds, std::vector<int> items, Round round,
                                            State state = 0) {
    for (std::size_t i = 0; i < rounds; ++i) {
        items = round(items, state);
        state = next_state(state, sum_of(items));
    }
    return {state, items};
}

/// The loops of the library with the folds above.
template <class Body>
Stream<State> replay(Stream<int> items, std::size_t rounds, Body body) {
    return items.replay(rounds, State{0}, body, Delta{0}, add, update, mix_and_go_on);
}

template <class Body>
auto iterate(Stream<int> items, std::size_t rounds, Body body) {
    return items.iterate(rounds, State{0}, body, Delta{0}, add, update, mix_and_go_on);
}

/// A body that only steps each item.
inline Stream<int> step_items(Stream<int> items, IterationState<State> state) {
    return items.map([state](int n) { return stepped(n, state.get()); });
}

inline Stream<int> shuffle_and_step(Stream<int> items, IterationState<State> state) {
    return step_items(items.shuffle(), state);
}

inline Stream<int> step_and_shuffle(Stream<int> items, IterationState<State> state) {
    return step_items(std::move(items), std::move(state)).shuffle();
}

}  // namespace stream_test
