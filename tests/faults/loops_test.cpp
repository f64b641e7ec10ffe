// Loops with a state over links with faults: rounds, states and feedback come on channels of their
// own, which no link keeps in order with each other.

#include "loops.hpp"
#include "harness.hpp"

#include <map>

namespace {

using namespace fault_test;
using stream_test::IterationState;
using stream_test::numbers;
using stream_test::State;
using stream_test::Stream;

int eleventh(int number) {
    return number % 11;
}

Stream<int> group_and_step(Stream<int> items, IterationState<State> state) {
    return items.group_by(eleventh).sum().drop_key().map(
        [state](int n) { return stream_test::stepped(n, state.get()); });
}

std::vector<int> grouped_and_stepped(const std::vector<int>& items, State state) {
    std::map<int, int> sums;
    for (const int item : items) sums[eleventh(item)] += item;
    std::vector<int> all;
    for (const auto& [key, sum] : sums) all.push_back(stream_test::stepped(sum, state));
    return all;
}

}  // namespace

TEST_CASE("under faults, loops with a state") {
    constexpr int count = 100;
    constexpr std::size_t rounds = 4;
    const auto all = numbers(count);
    const State replayed = stream_test::replayed(rounds, all, grouped_and_stepped);
    const auto iterated = stream_test::iterated(rounds, all, stream_test::stepped_all);
    expect_under_faults([&](StreamContext& ctx, Expectations& expect, const Layout&) {
        const auto source = [&] { return ctx.stream_par_iter(0, count); };
        expect.items("replay", stream_test::replay(source(), rounds, group_and_step),
                     std::vector{replayed});
        auto [state, last] = stream_test::iterate(source(), rounds, stream_test::shuffle_and_step);
        expect.items("iterate: state", std::move(state), std::vector{iterated.first});
        expect.items("iterate: items", std::move(last), iterated.second);
    });
}
