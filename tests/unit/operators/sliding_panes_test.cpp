// SlidingPanes against a map from pane and key to a multiset: unions commute, and states that are
// lost or doubled show.

#include "catch.hpp"

#include <renoir/operators/sliding_panes.hpp>

#include <map>
#include <random>
#include <set>
#include <vector>

namespace {

using States = std::multiset<int>;
using Panes = renoir::detail::SlidingPanes<States>;
using Reference = std::map<std::pair<std::int64_t, Panes::Number>, States>;

void unite(States& sum, const States& other) {
    sum.insert(other.begin(), other.end());
}

/// What each key has in the panes up to `last`.
std::map<Panes::Number, States> combined(const Reference& panes, std::int64_t last) {
    std::map<Panes::Number, States> all;
    for (const auto& [place, states] : panes) {
        if (place.first <= last) unite(all[place.second], states);
    }
    return all;
}

std::map<Panes::Number, States> combined(Panes& panes) {
    std::map<Panes::Number, States> all;
    panes.for_each_combined(unite, [&](Panes::Number key, States&& states) {
        REQUIRE(all.try_emplace(key, std::move(states)).second);
    });
    return all;
}

}  // namespace

TEST_CASE("panes of many keys combine like a map, whatever comes when") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto below = [&](int limit) {
            return static_cast<int>(random() % static_cast<unsigned>(limit));
        };
        Panes panes;
        Reference reference;
        for (int key = 0; key < 5; ++key)
            REQUIRE(panes.add_key() == static_cast<Panes::Number>(key));
        std::int64_t first = -20;
        std::int64_t last = first - 1;
        for (int step = 0; step < 400; ++step) {
            switch (below(4)) {
                case 0:
                case 1: {  // mostly panes that are open, at times one that was closed before
                    const std::int64_t pane =
                        below(8) == 0 ? first + below(4) : std::max(first, last + 1) + below(4);
                    const auto key = static_cast<Panes::Number>(below(5));
                    panes.add(pane, key, States{step});
                    reference[{pane, key}].insert(step);
                    break;
                }
                case 2:
                    first += below(3);
                    panes.drop_before(std::min(first, last + 1), unite);
                    reference.erase(reference.begin(),
                                    reference.lower_bound({std::min(first, last + 1), 0}));
                    first = std::min(first, last + 1);
                    break;
                default:
                    last += below(4);
                    panes.close_until(last, unite);
            }
            REQUIRE(combined(panes) == combined(reference, last));
            REQUIRE(panes.empty() == reference.empty());
            if (!reference.empty()) REQUIRE(panes.first_pane() == reference.begin()->first.first);
            std::set<Panes::Number> live;
            for (const auto& [place, states] : reference) live.insert(place.second);
            REQUIRE(panes.live() == live.size());
            for (Panes::Number key = 0; key < 5; ++key)
                REQUIRE(panes.is_live(key) == live.contains(key));
        }
    }
}

TEST_CASE("bug 8.28: a state takes part in few combinations, however many panes a window has") {
    constexpr std::int64_t steps = 10'000;
    for (const std::int64_t held : {1, 10, 1000}) {
        INFO(held << " panes");
        renoir::detail::SlidingPanes<int> panes;
        std::int64_t combinations = 0;
        const auto add = [&](int& sum, int other) {
            sum += other;
            ++combinations;
        };
        const auto key = panes.add_key();
        for (std::int64_t pane = 0; pane < steps; ++pane) {
            panes.add(pane, key, 1);
            panes.close_until(pane, add);
            panes.drop_before(pane - held + 1, add);
            panes.for_each_combined(
                add, [&](auto, int sum) { REQUIRE(sum == std::min(held, pane + 1)); });
        }
        REQUIRE(combinations <= 3 * steps);
    }
}

TEST_CASE("the number of a key that is gone serves another one") {
    renoir::detail::SlidingPanes<int> panes;
    const auto add = [](int& sum, int other) { sum += other; };
    const auto key = panes.add_key();
    panes.add(0, key, 7);
    panes.close_until(0, add);
    panes.drop_before(1, add);
    CHECK_FALSE(panes.is_live(key));
    panes.forget_key(key);
    CHECK(panes.add_key() == key);
    panes.add(1, key, 5);
    panes.close_until(1, add);
    int sum = 0;
    panes.for_each_combined(add, [&](auto, int state) { sum = state; });
    CHECK(sum == 5);
}

TEST_CASE("the first and the last pane of all are panes like others") {
    using renoir::timestamp_max;
    using renoir::timestamp_min;
    renoir::detail::SlidingPanes<int> panes;
    const auto add = [](int& sum, int other) { sum += other; };
    const auto sum = [&] {
        int all = 0;
        panes.for_each_combined(add, [&](auto, int value) { all += value; });
        return all;
    };
    const auto key = panes.add_key();
    panes.add(timestamp_min, key, 1);
    panes.add(timestamp_max, key, 10);
    CHECK(panes.first_pane() == timestamp_min);
    panes.close_until(timestamp_min, add);
    CHECK(sum() == 1);
    panes.close_until(timestamp_max, add);
    CHECK(sum() == 11);
    panes.add(timestamp_max, key, 100);
    CHECK(sum() == 111);
    panes.drop_before(timestamp_max, add);
    CHECK(sum() == 110);
}
