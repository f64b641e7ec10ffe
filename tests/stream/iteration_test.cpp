// replay and iterate: what they compute, against plain loops.

#include "loops.hpp"

#include <map>
#include <string>

namespace {

using namespace stream_test;

using Text = std::string;

int last_digit(int number) {
    return number % 10;
}

/// The sums of the items that end with the same digit, stepped.
std::vector<int> grouped(const std::vector<int>& items, State state) {
    std::map<int, int> sums;
    for (const int item : items) sums[last_digit(item)] += item;
    std::vector<int> all;
    for (const auto& [digit, sum] : sums) all.push_back(stepped(sum, state));
    return all;
}

Stream<int> group_and_step(Stream<int> items, IterationState<State> state) {
    return items.group_by(last_digit).sum().drop_key().map([state](int n) {
        return stepped(n, state.get());
    });
}

Stream<int> step_on_one(Stream<int> items, IterationState<State> state) {
    return step_items(items.replication(Replication::one()), std::move(state));
}

Stream<int> step_after_fold(Stream<int> items, IterationState<State> state) {
    return items.fold(0, [](int& sum, int n) { sum = (sum + n) % 9973; })
        .shuffle()
        .map([state](int n) { return stepped(n, state.get()); });
}

std::vector<int> folded(const std::vector<int>& items, State state) {
    if (items.empty()) return {};
    return {stepped(static_cast<int>(sum_of(items) % 9973), state)};
}

std::vector<int> round_counts() {
    return {0, 1, 2, 7};
}

}  // namespace

TEST_CASE("the example of the header gives the mean", "[ranks]") {
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        auto mean = ctx.stream_par_iter(0, 1000).replay(
            100, 0.0,
            [](auto items, IterationState<double> guess) {
                return items.map([guess](int n) { return n - guess.get(); });
            },
            0.0, [](double& sum, double error) { sum += error; },
            [](double& guess, double sum) { guess += sum / 1000; },
            [last = -1.0](double& guess) mutable { return std::exchange(last, guess) != guess; });
        expect.items("mean", std::move(mean), std::vector{499.5});
    });
}

TEST_CASE("replay repeats the same items with the state of each round", "[ranks]") {
    for (const int count : sizes()) {
        for (const int rounds : round_counts()) {
            INFO(count << " items, " << rounds << " rounds");
            const auto all = numbers(count);
            const auto times = static_cast<std::size_t>(rounds);
            const State stepped_state = replayed(times, all, stepped_all);
            const State grouped_state = replayed(times, all, grouped);
            const State folded_state = replayed(times, all, folded);
            expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
                const auto check = [&](const char* name, auto body, State expected) {
                    expect.items(name, replay(ctx.stream_par_iter(0, count), times, body),
                                 std::vector{expected});
                    expect.items(std::string(name) + " from one",
                                 replay(ctx.stream_iter(all), times, body), std::vector{expected});
                };
                check("in place", step_items, stepped_state);
                check("shuffled before", shuffle_and_step, stepped_state);
                check("shuffled behind", step_and_shuffle, stepped_state);
                check("on one", step_on_one, stepped_state);
                check("grouped", group_and_step, grouped_state);
                check("folded", step_after_fold, folded_state);
            });
        }
    }
}

TEST_CASE("iterate repeats with the items of the round before", "[ranks]") {
    for (const int count : sizes()) {
        for (const int rounds : round_counts()) {
            INFO(count << " items, " << rounds << " rounds");
            const auto all = numbers(count);
            const auto times = static_cast<std::size_t>(rounds);
            const auto stepped_end = iterated(times, all, stepped_all);
            const auto grouped_end = iterated(times, all, grouped);
            const auto folded_end = iterated(times, all, folded);
            expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
                const auto check = [&](const std::string& name, Stream<int> items, auto body,
                                       const std::pair<State, std::vector<int>>& expected) {
                    auto [state, last] = iterate(std::move(items), times, body);
                    expect.items(name + ": state", std::move(state), std::vector{expected.first});
                    expect.items(name + ": items", std::move(last), expected.second);
                };
                const auto parallel = [&] { return ctx.stream_par_iter(0, count); };
                check("in place", parallel(), step_items, stepped_end);
                check("from one", ctx.stream_iter(all), step_items, stepped_end);
                check("shuffled before", parallel(), shuffle_and_step, stepped_end);
                check("shuffled behind", parallel(), step_and_shuffle, stepped_end);
                check("from one, shuffled", ctx.stream_iter(all), step_and_shuffle, stepped_end);
                check("on one", parallel(), step_on_one, stepped_end);
                check("grouped", parallel(), group_and_step, grouped_end);
                check("folded", parallel(), step_after_fold, folded_end);
            });
        }
    }
}

TEST_CASE("loops give the same with any number of ranks, workers and items in a batch", "[ranks]") {
    const auto all = numbers(300);
    const auto expected = iterated(5, all, stepped_all);
    const State replayed_state = replayed(5, all, grouped);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] = iterate(ctx.stream_par_iter(0, 300), 5, shuffle_and_step);
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
        expect.items("replay", replay(ctx.stream_iter(all), 5, group_and_step),
                     std::vector{replayed_state});
    });
}

TEST_CASE("the condition stops a loop", "[ranks]") {
    const auto all = numbers(50);
    const auto sum = sum_of(all);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto keep = [](State&, Delta) {};
        const auto count_to_four = [](State& state) { return ++state < 4; };
        const auto unchanged = [](Stream<int> items, IterationState<State>) { return items; };
        const auto increased = [](Stream<int> items, IterationState<State>) {
            return items.map([](int n) { return n + 1; });
        };
        expect.items("replay",
                     ctx.stream_par_iter(0, 50).replay(100, State{0}, unchanged, Delta{0}, add,
                                                       keep, count_to_four),
                     std::vector{State{4}});
        auto [state, last] = ctx.stream_par_iter(0, 50).iterate(100, State{0}, increased, Delta{0},
                                                                add, keep, count_to_four);
        expect.items("iterate", std::move(state), std::vector{State{4}});
        expect.items("its items", std::move(last), mapped(all, [](int n) { return n + 4; }));
        expect.items("at once",
                     ctx.stream_par_iter(0, 50).replay(100, State{7}, unchanged, Delta{0}, add,
                                                       update, [](const State&) { return false; }),
                     std::vector{7 + sum});
    });
}

TEST_CASE("the condition may change the state, in the last round, too", "[ranks]") {
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        const auto unchanged = [](Stream<int> items, IterationState<State>) { return items; };
        const auto keep = [](State&, Delta) {};
        const auto twice = [](State& state) {
            state *= 2;
            return true;
        };
        expect.items(
            "doubled",
            ctx.stream_par_iter(0, 10).replay(5, State{1}, unchanged, Delta{0}, add, keep, twice),
            std::vector{State{32}});
    });
}

TEST_CASE("a loop that never converges ends after its rounds", "[ranks]") {
    const auto all = numbers(8);
    const auto expected = iterated(300, all, stepped_all);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] = iterate(ctx.stream_par_iter(0, 8), 300, step_and_shuffle);
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
    });
}

TEST_CASE("the deltas of the replicas are folded in the order of the replicas") {
    using Names = std::vector<int>;
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const auto results = renoir::testing::run(layout, [](StreamContext& ctx) {
            auto named =
                ctx.stream_par_iter([](std::size_t replica, std::size_t) {
                       return std::vector{static_cast<int>(replica)};
                   })
                    .replay(
                        20, Names{}, [](Stream<int> items, IterationState<Names>) { return items; },
                        Names{}, [](Names& names, int replica) { names.push_back(replica); },
                        [](Names& all, const Names& names) {
                            all.insert(all.end(), names.begin(), names.end());
                        },
                        [](const Names&) { return true; })
                    .collect_vec();
            ctx.execute_blocking();
            return named.get();
        });
        const auto replicas = numbers(static_cast<int>(replicas_of(layout)));
        Names expected;
        for (int round = 0; round < 20; ++round)
            expected.insert(expected.end(), replicas.begin(), replicas.end());
        REQUIRE(*results[0] == std::vector<Names>{expected});
    }
}

TEST_CASE("state, deltas and items may be of any kind", "[ranks]") {
    const std::vector<Text> words =
        mapped(numbers(200), [](int n) { return Text(static_cast<std::size_t>(n % 50), 'a'); });
    const std::vector<std::string_view> views(words.begin(), words.end());
    const auto longer = mapped(words, [](const Text& word) { return word + "bbb"; });
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto longest = [](Text& best, const auto& word) {
            best = std::max(best, Text(word));
        };
        const auto go_on = [](const Text&) { return true; };
        const auto append = [](auto items, IterationState<Text> state) {
            return items.map(
                [state](const auto& word) { return Text(word) + state.get().substr(0, 1); });
        };
        auto [best, all] = ctx.stream_iter(views).shuffle().iterate(3, Text("b"), append, Text(),
                                                                    longest, longest, go_on);
        expect.items("text: state", std::move(best),
                     std::vector{*std::ranges::max_element(longer)});
        expect.items("text: items", std::move(all), longer);
        expect.items("views, replayed",
                     ctx.stream_iter(views).shuffle().replay(
                         3, Text(),
                         [](Stream<std::string_view> items, IterationState<Text>) { return items; },
                         Text(), longest, longest, go_on),
                     std::vector{*std::ranges::max_element(words)});
        expect.items(
            "bool",
            ctx.stream_iter(mapped(numbers(100), [](int n) { return n % 3 == 0; }))
                .replay(
                    2, 0, [](auto items, IterationState<int>) { return items.shuffle(); }, 0,
                    [](int& count, bool is_third) { count += is_third ? 1 : 0; },
                    [](int& sum, int count) { sum += count; }, [](const int&) { return true; }),
            std::vector{68});
    });
}

TEST_CASE("a state larger than a slab reaches every rank", "[ranks]") {
    using Numbers = std::vector<double>;
    const std::size_t size = 20'000;
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto last = ctx.stream_par_iter(0, 16).replay(
            3, Numbers(size, 1.0),
            [](Stream<int> items, IterationState<Numbers> state) {
                return items.shuffle().map([state](int n) {
                    return std::accumulate(state.get().begin(), state.get().end(), 0.0) * (n % 2);
                });
            },
            0.0, [](double& sum, double x) { sum += x; },
            [](Numbers& all, double sum) {
                all[static_cast<std::size_t>(all[0]) % all.size()] += sum;
            },
            [](Numbers& all) {
                ++all[0];
                return true;
            });
        // Every second of 16 items adds the sum of all numbers, which grows by that and by 1.
        double total = static_cast<double>(size);
        for (int round = 0; round < 3; ++round) total += 8 * total + 1;
        expect.items("sum", last.map([](const Numbers& all) {
            return std::accumulate(all.begin(), all.end(), 0.0);
        }),
                     std::vector{total});
    });
}

TEST_CASE("loops stand beside and behind each other in a job", "[ranks]") {
    const auto all = numbers(100);
    const auto first = iterated(3, all, stepped_all);
    const auto second = iterated(4, first.second, stepped_all);
    const State beside = replayed(6, all, stepped_all);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto copies = ctx.stream_par_iter(0, 100).split(3);
        auto [state, last] = iterate(std::move(copies[0]), 3, shuffle_and_step);
        auto [next, end] = iterate(std::move(last), 4, step_and_shuffle);
        expect.items("first", std::move(state), std::vector{first.first});
        expect.items("second", std::move(next), std::vector{second.first});
        expect.items("items", std::move(end), second.second);
        expect.items("beside", replay(std::move(copies[1]), 6, shuffle_and_step),
                     std::vector{beside});
        expect.items("unlooped", std::move(copies[2]), all);
    });
}

TEST_CASE("a body may have branches, and sinks of its own", "[ranks]") {
    const auto all = numbers(60);
    const auto both = [](const std::vector<int>& items, State state) {
        auto result = stepped_all(items, state);
        result.insert(result.end(), items.begin(), items.end());
        return result;
    };
    const auto expected = replayed(4, all, both);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        std::vector<int> every;
        for (int round = 0; round < 4; ++round) every.insert(every.end(), all.begin(), all.end());
        auto state = ctx.stream_par_iter(0, 60).replay(
            4, State{0},
            [&](Stream<int> items, IterationState<State> current) {
                auto branches = items.split(3);
                expect.items("collected in the loop", branches[2].shuffle(), every);
                return shuffle_and_step(std::move(branches[0]), std::move(current))
                    .merge(std::move(branches[1]));
            },
            Delta{0}, add, update, mix_and_go_on);
        expect.items("state", std::move(state), std::vector{expected});
    });
}
