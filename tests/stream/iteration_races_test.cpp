// Loops under fast and slow ranks, many rounds, much input and failures. The numbers are those of
// the bugs of others that each case would find.

#include "loops.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

namespace {

using namespace stream_test;
using Catch::Matchers::ContainsSubstring;
using renoir::Error;
using renoir::ErrorKind;

/// The state counts the rounds that have ended.
const auto count_rounds = [](State& state) {
    ++state;
    return true;
};
const auto ignore_item = [](Delta&, int) {};
const auto ignore_delta = [](State&, Delta) {};

/// Takes its time for some items, other ones on each replica.
void dawdle(int item, std::uint32_t& random) {
    random = random * 1664525 + 1013904223 + static_cast<std::uint32_t>(item);
    if (random % 8 != 0) return;
    constexpr int yields = renoir::detail::under_sanitizer ? 5 : 20;
    for (int i = 0; i < yields; ++i) std::this_thread::yield();
}

/// Counts where the state of a function is not that of the round of the item.
struct RoundCheck {
    IterationState<State> state;
    std::atomic<int>* wrong;
    std::uint32_t random = 1;

    int operator()(int round) {
        if (state.get() != round) ++*wrong;
        dawdle(round, random);
        if (state.get() != round) ++*wrong;
        return round;
    }
};

/// Under a sanitizer a third of them, which has every number of workers and every batch mode.
std::vector<Layout> many_ranks() {
    constexpr int step = renoir::detail::under_sanitizer ? 3 : 1;
    return kept(layouts(), [place = 0](const Layout& layout) mutable {
        return layout.ranks > 1 && place++ % step == 0;
    });
}

template <class Loop>
void expect_exact_state(const Loop& loop) {
    for (const Layout& layout : many_ranks()) {
        INFO(layout.text());
        std::atomic<int> wrong = 0;
        const auto states = renoir::testing::run(layout, [&](StreamContext& ctx) {
            auto state = loop(ctx, wrong).collect_vec();
            ctx.execute_blocking();
            return state.get();
        });
        REQUIRE(wrong == 0);
        REQUIRE(*states[0] == std::vector{State{30}});
    }
}

std::string text_of(ErrorKind kind, const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind() == kind ? error.what() : "another kind: " + std::string(error.what());
    }
    return "no error";
}

StreamContext local_context() {
    return StreamContext(renoir::RuntimeConfig::local(2));
}

}  // namespace

TEST_CASE("8.31: each function sees the state of its round, behind exchanges and beside the tail") {
    expect_exact_state([](StreamContext& ctx, std::atomic<int>& wrong) {
        auto zeros = ctx.stream_par_iter(0, 60).map([](int) { return 0; });
        auto [state, last] = zeros.iterate(
            30, State{0},
            [&](Stream<int> items, IterationState<State> current) {
                const RoundCheck check{current, &wrong};
                auto branches = items.map(check).shuffle().map(check).split(2);
                branches[1].shuffle().map(check).shuffle().for_each(check);
                return branches[0].shuffle().map(check).map([](int n) { return n + 1; });
            },
            Delta{0}, ignore_item, ignore_delta, count_rounds);
        last.for_each([&wrong](int n) {
            if (n != 30) ++wrong;
        });
        return std::move(state);
    });
}

TEST_CASE("8.31: a slow branch in an inner loop sees the states of both loops") {
    for (const Layout& layout : many_ranks()) {
        INFO(layout.text());
        std::atomic<int> wrong = 0;
        const auto states = renoir::testing::run(layout, [&](StreamContext& ctx) {
            auto zeros = ctx.stream_par_iter(0, 20).map([](int) { return 0; });
            auto [state, last] = zeros.iterate(
                8, State{0},
                [&](Stream<int> items, IterationState<State> outer) {
                    const RoundCheck check_outer{outer, &wrong};
                    auto [count, inside] = items.iterate(
                        3, State{0},
                        [&](Stream<int> stepped, IterationState<State> inner) {
                            auto branches = stepped.shuffle().split(2);
                            branches[1].shuffle().for_each(check_outer);
                            auto checked = branches[0].map(check_outer).shuffle();
                            return checked.filter([inner](int) { return inner.get() < 3; });
                        },
                        Delta{0}, ignore_item, ignore_delta, count_rounds);
                    count.for_each([](State) {});
                    return inside.map([](int n) { return n + 1; });
                },
                Delta{0}, ignore_item, ignore_delta, count_rounds);
            auto counted = last.collect_vec();
            state.for_each([](State) {});
            ctx.execute_blocking();
            return counted.get();
        });
        REQUIRE(wrong == 0);
        REQUIRE(*states[0] == std::vector<int>(20, 8));
    }
}

TEST_CASE("8.31, 8.22: input that is early or more than the channels hold stops no loop",
          "[ranks]") {
    const int count = 20'000;
    const auto all = numbers(count);
    const auto inner = [](const std::vector<int>& items, State) {
        return iterated(2, items, stepped_all).second;
    };
    const auto expected = iterated(2, all, inner);
    const State replayed_state = replayed(2, all, [](const std::vector<int>& items, State state) {
        auto both = stepped_all(items, state);
        both.push_back(static_cast<int>(replayed(2, items, stepped_all)));
        return both;
    });
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] = iterate(
            ctx.stream_iter(all).shuffle(), 2, [](Stream<int> items, IterationState<State>) {
                auto [none, steps] = iterate(items.shuffle(), 2, shuffle_and_step);
                none.for_each([](State) {});
                return Stream<int>(steps.shuffle());
            });
        expect.items("iterate", std::move(state), std::vector{expected.first});
        expect.items("its items", std::move(last), expected.second);
        auto replayed = replay(
            ctx.stream_par_iter(0, count), 2, [](Stream<int> items, IterationState<State> current) {
                auto copies = items.shuffle().split(2);
                auto result = replay(std::move(copies[0]), 2, step_and_shuffle);
                return Stream<int>(
                    shuffle_and_step(std::move(copies[1]), std::move(current))
                        .merge(result.map([](State n) { return static_cast<int>(n); })));
            });
        expect.items("replay", std::move(replayed), std::vector{replayed_state});
    });
}

TEST_CASE("8.31: what zip holds back does not survive the end of a round", "[ranks]") {
    const auto expected = iterated(20, numbers(9), [](const std::vector<int>& items, State) {
        return std::vector<int>(items.begin(), items.begin() + 9);
    });
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] =
            iterate(ctx.stream_iter(numbers(9)), 20, [&](Stream<int> items, IterationState<State>) {
                // One item too many on the left and hundreds on the right, in each round.
                auto more = items.flat_map(
                    [](int n) { return n == 8 ? std::vector<int>(3, n) : std::vector<int>(1, n); });
                return more.zip(ctx.stream_iter(numbers(9)))
                    .map([](const std::pair<int, int>& pair) { return pair.first; });
            });
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
    });
}

TEST_CASE("8.31: a side input that is late is there in the first round", "[ranks]") {
    const auto round = [](const std::vector<int>& items, State state) {
        auto both = stepped_all(items, state);
        for (const int n : numbers(2000)) both.push_back(n);
        return both;
    };
    const State expected = replayed(3, numbers(4), round);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto state = replay(
            ctx.stream_par_iter(0, 4), 3, [&](Stream<int> items, IterationState<State> current) {
                auto late =
                    ctx.stream_iter(numbers(2000)).map([random = std::uint32_t{7}](int n) mutable {
                        dawdle(n, random);
                        return n;
                    });
                return shuffle_and_step(std::move(items), std::move(current))
                    .merge(late.shuffle().shuffle());
            });
        expect.items("state", std::move(state), std::vector{expected});
    });
}

TEST_CASE("8.16: a loop begins and ends with any number of replicas", "[ranks]") {
    const auto all = numbers(100);
    const auto expected = iterated(5, all, stepped_all);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto narrowed = [](std::size_t replicas) {
            return [replicas](Stream<int> items, IterationState<State> state) {
                return Stream<int>(step_items(items.max_parallelism(replicas), std::move(state)));
            };
        };
        const auto check = [&](const std::string& name, Stream<int> items, std::size_t replicas) {
            auto [state, last] = iterate(std::move(items), 5, narrowed(replicas));
            expect.items(name + ": state", std::move(state), std::vector{expected.first});
            expect.items(name + ": items", std::move(last), expected.second);
        };
        check("one, then three", ctx.stream_iter(all), 3);
        check("all, then one", ctx.stream_par_iter(0, 100), 1);
        check("two, then three", ctx.stream_iter(all).max_parallelism(2), 3);
        check("one on each rank", ctx.stream_iter(all).replication(Replication::host()), 2);
    });
}

TEST_CASE("8.31: a thousand rounds with little in them lose no wake-up", "[ranks]") {
    constexpr int rounds = renoir::detail::under_sanitizer ? 200 : 1000;
    const auto few = iterated(rounds, numbers(3), stepped_all);
    const auto none = iterated(rounds, {}, stepped_all);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] = iterate(ctx.stream_par_iter(0, 3), rounds, shuffle_and_step);
        expect.items("few: state", std::move(state), std::vector{few.first});
        expect.items("few: items", std::move(last), few.second);
        auto [empty_state, nothing] = iterate(ctx.stream_par_iter(0, 0), rounds, step_items);
        expect.items("none: state", std::move(empty_state), std::vector{none.first});
        expect.items("none: items", std::move(nothing), none.second);
    });
}

TEST_CASE("what a function of a loop throws ends the job on every rank") {
    const auto explode = [](State number) {
        if (number == 3) throw std::runtime_error("boom in round 3");
    };
    enum class Where { body, behind_exchange, local, global, condition };
    const auto program = [&](StreamContext& ctx, Where where) {
        auto [state, last] = ctx.stream_par_iter(0, 100).iterate(
            1'000'000, State{0},
            [=](Stream<int> items, IterationState<State> round) {
                return Stream<int>(items
                                       .map([=](int n) {
                                           if (where == Where::body) explode(round.get());
                                           return n;
                                       })
                                       .shuffle()
                                       .map([=](int n) {
                                           if (where == Where::behind_exchange)
                                               explode(round.get());
                                           return n;
                                       }));
            },
            Delta{0},
            [=](Delta& delta, int n) {
                if (where == Where::local && n == 55 && delta >= 0) explode(3);
            },
            [=](State& round, Delta) {
                if (where == Where::global) explode(round);
            },
            [=](State& round) {
                if (where == Where::condition) explode(round);
                return ++round > 0;
            });
        state.for_each([](State) {});
        last.for_each([](int) {});
    };
    const auto expect_failure = [&](Where where, const char* operator_name) {
        for (const Layout& layout : few_layouts()) {
            INFO(layout.text() << ", " << operator_name);
            const auto texts = renoir::testing::run(layout, [&](StreamContext& ctx) {
                program(ctx, where);
                return text_of(ErrorKind::user_function, [&] { ctx.execute_blocking(); });
            });
            for (const std::string& text : texts) {
                REQUIRE_THAT(
                    text, ContainsSubstring(operator_name) && ContainsSubstring("boom in round 3"));
            }
        }
    };
    expect_failure(Where::body, "map (");
    expect_failure(Where::behind_exchange, "map (");
    expect_failure(Where::local, "iterate (");
    expect_failure(Where::global, "iterate (");
    expect_failure(Where::condition, "iterate (");
}

TEST_CASE("a loop without an end is cancelled") {
    StreamContext ctx = local_context();
    std::atomic<State> rounds = 0;
    const auto go_on = [&rounds](State& state) {
        rounds = ++state;
        rounds.notify_all();
        return true;
    };
    ctx.stream_par_iter(0, 10)
        .replay(
            std::numeric_limits<std::size_t>::max(), State{0},
            [](Stream<int> items, IterationState<State>) { return items.shuffle(); }, Delta{0},
            ignore_item, ignore_delta, go_on)
        .for_each([](State) {});
    auto job = ctx.execute();
    for (State seen = rounds; seen < 100; seen = rounds) rounds.wait(seen);
    job.cancel();
    REQUIRE_THAT(text_of(ErrorKind::cancelled, [&] { job.wait(); }),
                 ContainsSubstring("cancelled"));
}

TEST_CASE("a result of iterate that nobody takes is an error") {
    StreamContext ctx = local_context();
    auto [state, last] = iterate(ctx.stream_par_iter(0, 10), 2, step_items);
    state.for_each([](State) {});
    REQUIRE_THAT(text_of(ErrorKind::usage, [&] { ctx.execute_blocking(); }),
                 ContainsSubstring("after iterate (") && ContainsSubstring("ends nowhere"));
}

TEST_CASE("what is inside a loop stays there") {
    StreamContext ctx = local_context();
    std::optional<Stream<int>> leaked;
    auto state = replay(ctx.stream_par_iter(0, 10), 2, [&](Stream<int> items, auto) {
        auto copies = items.split(2);
        leaked.emplace(std::move(copies[1]));
        return Stream<int>(std::move(copies[0]));
    });
    state.for_each([](State) {});
    REQUIRE_THAT(text_of(ErrorKind::usage, [&] { leaked->for_each([](int) {}); }),
                 ContainsSubstring("for_each (") &&
                     ContainsSubstring("from the inside of replay (") &&
                     ContainsSubstring("only what the body returns leaves the loop"));
}

TEST_CASE("a body returns a stream that is made of its items") {
    StreamContext ctx = local_context();
    StreamContext other = local_context();
    REQUIRE_THAT(text_of(ErrorKind::usage,
                         [&] {
                             replay(ctx.stream_par_iter(0, 10), 2, [&](Stream<int> items, auto) {
                                 items.for_each([](int) {});
                                 return Stream<int>(ctx.stream_iter(numbers(3)));
                             }).for_each([](State) {});
                         }),
                 ContainsSubstring("the body of replay (") &&
                     ContainsSubstring("returns a stream from outside of the loop"));
    REQUIRE_THAT(text_of(ErrorKind::usage,
                         [&] {
                             replay(ctx.stream_par_iter(0, 10), 2, [&](Stream<int> items, auto) {
                                 items.for_each([](int) {});
                                 return Stream<int>(other.stream_iter(numbers(3)));
                             }).for_each([](State) {});
                         }),
                 ContainsSubstring("the body of replay (") &&
                     ContainsSubstring("returns a stream of another context"));
}

TEST_CASE("two loops of which neither is inside the other share no streams") {
    StreamContext ctx = local_context();
    const auto beside = [&] {
        replay(ctx.stream_par_iter(0, 10), 2, [&](Stream<int> items, auto) {
            // Begins outside of the first loop, so it is not in it.
            return Stream<int>(
                replay(ctx.stream_iter(numbers(3)), 2, [&](Stream<int> inside, auto) {
                    return Stream<int>(inside.merge(std::move(items)));
                }).map([](State state) { return static_cast<int>(state); }));
        }).for_each([](State) {});
    };
    REQUIRE_THAT(text_of(ErrorKind::usage, beside),
                 ContainsSubstring("merge (") &&
                     ContainsSubstring("neither of these loops is inside the other"));
}
