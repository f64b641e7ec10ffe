// Loops in loops, and streams from outside in their bodies.

#include "loops.hpp"

#include <string>

namespace {

using namespace stream_test;

using Pair = std::pair<int, int>;

/// How a loop hands on its items.
enum class Kind { replay, iterate };

struct Shape {
    Kind outer;
    Kind inner;
    bool outer_shuffles;
    bool inner_shuffles;

    [[nodiscard]] std::string text() const {
        const auto name = [](Kind kind, bool shuffles) {
            return std::string(kind == Kind::replay ? "replay" : "iterate") +
                   (shuffles ? " with shuffle" : "");
        };
        return name(inner, inner_shuffles) + " in " + name(outer, outer_shuffles);
    }
};

std::vector<Shape> shapes() {
    std::vector<Shape> all;
    for (const Kind outer : {Kind::replay, Kind::iterate}) {
        for (const Kind inner : {Kind::replay, Kind::iterate}) {
            for (const bool outer_shuffles : {false, true}) {
                for (const bool inner_shuffles : {false, true})
                    all.push_back({outer, inner, outer_shuffles, inner_shuffles});
            }
        }
    }
    return all;
}

constexpr std::size_t outer_rounds = 3;
constexpr std::size_t inner_rounds = 4;

/// The items of an inner round depend on both states.
int stepped_by_both(int item, State inner, State outer) {
    return stepped(item, inner + 3 * outer);
}

/// What leaves the inner loop becomes the items of the outer one: of `replay` only the state.
std::vector<int> inner_result(Kind kind, const std::vector<int>& items, State outer) {
    const auto round = [outer](const std::vector<int>& all, State inner) {
        return mapped(all, [=](int n) { return stepped_by_both(n, inner, outer); });
    };
    if (kind == Kind::iterate) return iterated(inner_rounds, items, round).second;
    return {static_cast<int>(replayed(inner_rounds, items, round))};
}

Stream<int> perhaps_shuffled(Stream<int> stream, bool shuffles) {
    if (shuffles) return stream.shuffle();
    return stream;
}

Stream<int> inner_loop(const Shape& shape, Stream<int> items, IterationState<State> outer) {
    const auto body = [shape, outer](Stream<int> inside, IterationState<State> inner) {
        return Stream<int>(
            perhaps_shuffled(std::move(inside), shape.inner_shuffles).map([=](int n) {
                return stepped_by_both(n, inner.get(), outer.get());
            }));
    };
    if (shape.inner == Kind::replay) {
        return replay(std::move(items), inner_rounds, body).map([](State state) {
            return static_cast<int>(state);
        });
    }
    auto [state, last] = iterate(std::move(items), inner_rounds, body);
    state.for_each([](State) {});
    return std::move(last);
}

}  // namespace

TEST_CASE("loops nest, each shuffling or not, and see the states of both", "[ranks]") {
    const auto all = numbers(40);
    for (const Shape& shape : shapes()) {
        INFO(shape.text());
        const auto round = [&](const std::vector<int>& items, State state) {
            return stepped_all(inner_result(shape.inner, items, state), state);
        };
        const auto body = [&](Stream<int> items, IterationState<State> state) {
            auto result =
                inner_loop(shape, perhaps_shuffled(std::move(items), shape.outer_shuffles), state);
            return step_items(std::move(result), state);
        };
        const auto iterated_end = iterated(outer_rounds, all, round);
        const State replayed_end = replayed(outer_rounds, all, round);
        expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
            if (shape.outer == Kind::replay) {
                expect.items("state", replay(ctx.stream_par_iter(0, 40), outer_rounds, body),
                             std::vector{replayed_end});
                return;
            }
            auto [state, last] = iterate(ctx.stream_par_iter(0, 40), outer_rounds, body);
            expect.items("state", std::move(state), std::vector{iterated_end.first});
            expect.items("items", std::move(last), iterated_end.second);
        });
    }
}

TEST_CASE("an inner loop may have no rounds, or none of its items", "[ranks]") {
    const auto all = numbers(30);
    const State expected = replayed(4, all, [](const std::vector<int>& items, State) {
        std::vector<int> both = items;
        both.push_back(5);
        return both;
    });
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto state =
            replay(ctx.stream_par_iter(0, 30), 4, [](Stream<int> items, IterationState<State>) {
                auto [five, unchanged] = items.iterate(0, State{5}, shuffle_and_step, Delta{0}, add,
                                                       update, mix_and_go_on);
                return unchanged.merge(
                    five.map([](State number) { return static_cast<int>(number); }).shuffle());
            });
        expect.items("no rounds", std::move(state), std::vector{expected});
        auto [none, last] =
            iterate(ctx.stream_par_iter(0, 30), 2, [](Stream<int> items, IterationState<State>) {
                auto nothing = items.filter([](int) { return false; });
                return replay(Stream<int>(std::move(nothing)), 3, shuffle_and_step)
                    .map([](State number) { return static_cast<int>(number); });
            });
        none.for_each([](State) {});
        expect.items("no items", std::move(last),
                     std::vector{static_cast<int>(replayed(3, {}, stepped_all))});
    });
}

TEST_CASE("three loops nest", "[ranks]") {
    const auto all = numbers(12);
    const auto innermost = [](const std::vector<int>& items, State) {
        return iterated(2, items, stepped_all).second;
    };
    const auto middle = [&](const std::vector<int>& items, State) {
        return iterated(3, items, innermost).second;
    };
    const auto expected = iterated(2, all, middle);
    const auto inside = [](auto rounds, auto body) {
        return [rounds, body](Stream<int> items, IterationState<State>) {
            auto [state, last] = iterate(std::move(items), rounds, body);
            state.for_each([](State) {});
            return Stream<int>(std::move(last));
        };
    };
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] =
            iterate(ctx.stream_par_iter(0, 12), 2,
                    inside(std::size_t{3}, inside(std::size_t{2}, shuffle_and_step)));
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
    });
}

TEST_CASE("a stream from outside comes again in each round, for merge", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items from outside");
        const auto round = [&](const std::vector<int>& items, State state) {
            auto both = stepped_all(items, state);
            for (const int n : numbers(count)) both.push_back(-n);
            return both;
        };
        const auto expected = iterated(3, numbers(20), round);
        const State replayed_state = replayed(3, numbers(20), round);
        expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto merge = [&](bool from_one) {
                return [&ctx, from_one, count](Stream<int> items, IterationState<State> state) {
                    const auto negative = [](int n) { return -n; };
                    Stream<int> side = from_one ? Stream<int>(ctx.stream_iter(numbers(count)))
                                                : Stream<int>(ctx.stream_par_iter(0, count));
                    return Stream<int>(
                        step_items(std::move(items), std::move(state)).merge(side.map(negative)));
                };
            };
            auto [state, last] = iterate(ctx.stream_par_iter(0, 20), 3, merge(false));
            expect.items("state", std::move(state), std::vector{expected.first});
            expect.items("items", std::move(last), expected.second);
            expect.items("replay", replay(ctx.stream_par_iter(0, 20), 3, merge(true)),
                         std::vector{replayed_state});
        });
    }
}

TEST_CASE("a stream from outside comes again in each round, for zip, whichever side it is",
          "[ranks]") {
    const auto round = [](const std::vector<int>& items, State state) {
        std::vector<int> sums;
        for (std::size_t i = 0; i < items.size() && i < 15; ++i)
            sums.push_back(stepped(items[i] + static_cast<int>(i) * 100, state));
        return sums;
    };
    const auto expected = iterated(3, numbers(20), round);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto hundreds = [&] {
            return ctx.stream_iter(numbers(15)).map([](int n) { return n * 100; });
        };
        const auto sum = [](IterationState<State> state) {
            return [state](const Pair& pair) {
                return stepped(pair.first + pair.second, state.get());
            };
        };
        const auto left = [&](Stream<int> items, IterationState<State> state) {
            return Stream<int>(hundreds().zip(std::move(items)).map(sum(state)));
        };
        const auto right = [&](Stream<int> items, IterationState<State> state) {
            return Stream<int>(items.zip(hundreds()).map(sum(state)));
        };
        const auto check = [&](const std::string& name, auto body) {
            auto [state, last] = iterate(ctx.stream_iter(numbers(20)), 3, body);
            expect.items(name + ": state", std::move(state), std::vector{expected.first});
            expect.items(name + ": items", std::move(last), expected.second);
        };
        check("left", left);
        check("right", right);
    });
}

TEST_CASE("an inner loop takes streams from outside of both loops and from between", "[ranks]") {
    const auto round = [](const std::vector<int>& items, State outer) {
        const auto inner = [&](const std::vector<int>& all, State state) {
            auto merged = stepped_all(all, state);
            for (const int n : items) merged.push_back(stepped(n, outer));
            for (const int n : numbers(5)) merged.push_back(-n);
            return merged;
        };
        return std::vector{static_cast<int>(replayed(inner_rounds, items, inner))};
    };
    const auto expected = iterated(outer_rounds, numbers(10), round);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] = iterate(
            ctx.stream_par_iter(0, 10), outer_rounds,
            [&](Stream<int> items, IterationState<State> outer) {
                auto copies = items.split(2);
                Stream<int> between = step_items(std::move(copies[1]), outer);
                auto inner = replay(
                    std::move(copies[0]), inner_rounds,
                    [&](Stream<int> inside, IterationState<State> current) {
                        auto outside = ctx.stream_par_iter(0, 5).map([](int n) { return -n; });
                        return Stream<int>(shuffle_and_step(std::move(inside), std::move(current))
                                               .merge(std::move(between))
                                               .merge(std::move(outside)));
                    });
                return inner.map([](State number) { return static_cast<int>(number); });
            });
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
    });
}

TEST_CASE("what enters a loop and its side input may come from one stream", "[ranks]") {
    const int count = 30'000;
    const auto all = numbers(count);
    const auto round = [&](const std::vector<int>& items, State state) {
        auto both = stepped_all(items, state);
        both.insert(both.end(), all.begin(), all.end());
        return both;
    };
    const State expected = replayed(2, all, round);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto copies = ctx.stream_iter(all).split(2);
        auto state =
            replay(std::move(copies[0]), 2, [&](Stream<int> items, IterationState<State> current) {
                return Stream<int>(shuffle_and_step(std::move(items), std::move(current))
                                       .merge(copies[1].shuffle()));
            });
        expect.items("state", std::move(state), std::vector{expected});
    });
}
