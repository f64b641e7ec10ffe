// Joins in loops with streams from outside, which stay in tables where that will do.

#include "loops.hpp"

#include <optional>
#include <string>

namespace {

using namespace stream_test;

using Pair = std::pair<int, int>;

constexpr int no_partner = -1;

int key_of_item(int n) {
    return n % 7;
}

int key_of_row(const Pair& row) {
    return row.first;
}

/// Two rows for each of the remainders from 0 to 4, and for 7, which nothing has.
std::vector<Pair> rows() {
    std::vector<Pair> all;
    for (const int number : {0, 1, 2, 3, 4, 7}) {
        all.emplace_back(number, 3 * number + 1);
        all.emplace_back(number, number);
    }
    return all;
}

int joined(std::optional<int> item, std::optional<Pair> row, State state) {
    const int value = item.value_or(no_partner) + (row ? row->second : no_partner);
    return stepped(value, state) % 1000;
}

/// A round that joins all items with `right`, by loops.
std::vector<int> joined_all(const std::vector<int>& items, const std::vector<Pair>& right,
                            State state, bool with_items, bool with_rows) {
    std::vector<int> results;
    for (const int n : items) {
        const std::size_t before = results.size();
        for (const Pair& row : right)
            if (key_of_row(row) == key_of_item(n)) results.push_back(joined(n, row, state));
        if (with_items && results.size() == before)
            results.push_back(joined(n, std::nullopt, state));
    }
    if (!with_rows) return results;
    for (const Pair& row : right) {
        const bool met = std::any_of(items.begin(), items.end(),
                                     [&](int n) { return key_of_item(n) == key_of_row(row); });
        if (!met) results.push_back(joined(std::nullopt, row, state));
    }
    return results;
}

template <class Pairs>
Stream<int> to_items(Pairs pairs, IterationState<State> state) {
    return pairs.drop_key().map([state](const auto& pair) {
        if constexpr (requires { pair.first.has_value(); }) {
            return joined(pair.first, pair.second, state.get());
        } else {
            return joined(std::optional<int>(pair.first), pair.second, state.get());
        }
    });
}

template <class Body, class Round>
void expect_iterated(StreamContext& ctx, Expectations& expect, const std::string& name, Body body,
                     Round round) {
    const auto expected = iterated(3, numbers(20), round);
    auto [state, last] = iterate(ctx.stream_par_iter(0, 20), 3, body);
    expect.items(name + ": state", std::move(state), std::vector{expected.first});
    expect.items(name + ": items", std::move(last), expected.second);
}

}  // namespace

TEST_CASE("a stream from outside is joined in each round, whichever side it is", "[ranks]") {
    const auto round = [](const std::vector<int>& items, State state) {
        return joined_all(items, rows(), state, false, false);
    };
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto check = [&](const std::string& name, auto body) {
            expect_iterated(ctx, expect, name, body, round);
        };
        check("right", [&](Stream<int> items, IterationState<State> state) {
            return to_items(items.join(ctx.stream_iter(rows()), key_of_item, key_of_row), state);
        });
        check("left", [&](Stream<int> items, IterationState<State> state) {
            auto pairs = ctx.stream_iter(rows()).join(std::move(items), key_of_row, key_of_item);
            return Stream<int>(pairs.drop_key().map([state](const std::pair<Pair, int>& pair) {
                return joined(pair.second, pair.first, state.get());
            }));
        });
        check("keyed", [&](Stream<int> items, IterationState<State> state) {
            auto grouped = ctx.stream_iter(rows())
                               .group_by(key_of_row)
                               .fold(std::vector<Pair>(),
                                     [](auto& all, const Pair& row) { all.push_back(row); });
            auto pairs = items.group_by(key_of_item).join(std::move(grouped));
            return Stream<int>(
                pairs.drop_key().flat_map([state](const std::pair<int, std::vector<Pair>>& pair) {
                    return mapped(pair.second, [&](const Pair& row) {
                        return joined(pair.first, row, state.get());
                    });
                }));
        });
        check("broadcast", [&](Stream<int> items, IterationState<State> state) {
            auto pairs = items.join_with(ctx.stream_iter(rows()), key_of_item, key_of_row)
                             .ship_broadcast_right()
                             .local_hash()
                             .inner();
            return Stream<int>(pairs.map([state](const auto& row) {
                return joined(row.second.first, row.second.second, state.get());
            }));
        });
        check("sorted", [&](Stream<int> items, IterationState<State> state) {
            return to_items(items.join_with(ctx.stream_iter(rows()), key_of_item, key_of_row)
                                .ship_hash()
                                .local_sort_merge()
                                .inner(),
                            state);
        });
    });
}

TEST_CASE("rows without a partner come out in each round anew", "[ranks]") {
    const auto round = [](bool with_items, bool with_rows) {
        return [=](const std::vector<int>& items, State state) {
            return joined_all(items, rows(), state, with_items, with_rows);
        };
    };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto check = [&](const std::string& name, auto body, auto expected) {
            expect_iterated(ctx, expect, name, body, expected);
        };
        check(
            "left join",
            [&](Stream<int> items, IterationState<State> state) {
                return to_items(items.left_join(ctx.stream_iter(rows()), key_of_item, key_of_row),
                                state);
            },
            round(true, false));
        check(
            "outer join",
            [&](Stream<int> items, IterationState<State> state) {
                return to_items(items.outer_join(ctx.stream_iter(rows()), key_of_item, key_of_row),
                                state);
            },
            round(true, true));
        check(
            "outer join with the loop on the right",
            [&](Stream<int> items, IterationState<State> state) {
                auto pairs =
                    ctx.stream_iter(rows()).outer_join(std::move(items), key_of_row, key_of_item);
                return Stream<int>(pairs.drop_key().map([state](const auto& pair) {
                    return joined(pair.second, pair.first, state.get());
                }));
            },
            round(true, true));
    });
}

TEST_CASE("an inner loop joins with what the round of the outer one gives it", "[ranks]") {
    const auto row_of = [](int n) { return Pair(key_of_item(n), n); };
    const auto round = [&](const std::vector<int>& items, State outer) {
        const auto between = mapped(stepped_all(items, outer), row_of);
        const auto inner = [&](const std::vector<int>& all, State state) {
            const auto once = joined_all(all, between, state, true, false);
            return joined_all(once, rows(), state, false, false);
        };
        return std::vector{static_cast<int>(replayed(2, items, inner))};
    };
    const State expected = replayed(4, numbers(12), round);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto outer_body = [&](Stream<int> items, IterationState<State> outer) {
            auto copies = items.split(2);
            Stream<Pair> between = step_items(std::move(copies[1]), outer).map(row_of);
            auto inner = [&](Stream<int> inside, IterationState<State> state) {
                auto once =
                    to_items(inside.left_join(std::move(between), key_of_item, key_of_row), state);
                return to_items(once.join(ctx.stream_iter(rows()), key_of_item, key_of_row), state);
            };
            return replay(std::move(copies[0]), 2, inner).map([](State state) {
                return static_cast<int>(state);
            });
        };
        expect.items("state", replay(ctx.stream_par_iter(0, 12), 4, outer_body),
                     std::vector{expected});
    });
}

TEST_CASE("a large side is joined in a loop by keys of text", "[ranks]") {
    const int count = 20'000;
    const auto text = [](int n) { return "the number " + std::to_string(n % 5000); };
    const auto round = [&](const std::vector<int>& items, State state) {
        return mapped(items, [&](int n) { return stepped(n % 5000, state) % 5000; });
    };
    const auto expected = iterated(3, numbers(40), round);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] = iterate(
            ctx.stream_par_iter(0, 40), 3, [&](Stream<int> items, IterationState<State> now) {
                auto large = ctx.stream_par_iter(0, count);
                auto pairs = items.join(std::move(large), text, text);
                return Stream<int>(pairs.drop_key()
                                       .filter([](const Pair& pair) { return pair.second < 5000; })
                                       .map([now](const Pair& pair) {
                                           return stepped(pair.second, now.get()) % 5000;
                                       }));
            });
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
    });
}

TEST_CASE("views of text from outside are kept by a join in a loop", "[ranks]") {
    const std::vector<std::string> words = mapped(
        numbers(100), [](int n) { return "a word of some length, number " + std::to_string(n); });
    const std::vector<std::string_view> views(words.begin(), words.end());
    const auto expected = iterated(3, numbers(50), [](const std::vector<int>& items, State) {
        return mapped(items, [](int n) { return n + 1; });
    });
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto [state, last] =
            iterate(ctx.stream_par_iter(0, 50), 3, [&](Stream<int> items, IterationState<State>) {
                auto pairs = items.join(
                    ctx.stream_iter(views),
                    [&](int n) { return words[static_cast<std::size_t>(n)]; },
                    [](std::string_view word) { return std::string(word); });
                return Stream<int>(pairs.drop_key().map([](const auto& pair) {
                    const std::string_view word = pair.second;
                    return std::stoi(std::string(word.substr(word.rfind(' ')))) + 1;
                }));
            });
        expect.items("state", std::move(state), std::vector{expected.first});
        expect.items("items", std::move(last), expected.second);
    });
}
