// PaneAggregate against a map from pane to text: concatenation is associative but does not commute,
// so panes that are lost, doubled or out of order show.

#include "catch.hpp"

#include <renoir/operators/pane_aggregate.hpp>

#include <map>
#include <random>
#include <string>

namespace {

struct CountedAppend {
    std::size_t* calls;
    void operator()(std::string& state, const std::string& later) const {
        ++*calls;
        state += later;
    }
};

using Reference = std::map<std::int64_t, std::string>;

std::optional<std::string> combined(const Reference& panes, std::int64_t first, std::int64_t last) {
    std::optional<std::string> all;
    for (auto pane = panes.lower_bound(first); pane != panes.end() && pane->first <= last; ++pane)
        all = all.value_or("") + pane->second;
    return all;
}

void visit(renoir::detail::PaneAggregate<std::string>& panes, Reference& reference,
           std::int64_t pane, const std::string& text) {
    panes.visit(
        pane, [&](std::string& state) { state += text; }, [&] { return text; });
    reference[pane] += text;
}

}  // namespace

TEST_CASE("panes combine like a map, whatever comes when") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto below = [&](unsigned limit) {
            return static_cast<std::int64_t>(random() % limit);
        };
        renoir::detail::PaneAggregate<std::string> panes;
        Reference reference;
        std::size_t calls = 0;
        std::int64_t first = -50;
        std::int64_t last = first;
        for (int step = 0; step < 300; ++step) {
            switch (below(4)) {
                case 0:
                case 1:  // mostly new panes, at times one that was combined already
                    visit(panes, reference,
                          below(8) == 0 ? first + below(6) : std::max(first, last) + below(4),
                          std::to_string(step) + ",");
                    break;
                case 2:
                    first += below(4);
                    panes.drop_before(first, CountedAppend{&calls});
                    reference.erase(reference.begin(), reference.lower_bound(first));
                    break;
                default:
                    last = std::max(last, first) + below(3);
                    REQUIRE(panes.combined(last, CountedAppend{&calls}) ==
                            combined(reference, first, last));
            }
            REQUIRE(panes.size() == reference.size());
            REQUIRE(panes.empty() == reference.empty());
        }
    }
}

TEST_CASE("bug 8.28: a window that slides costs few combinations, however many panes it holds") {
    constexpr std::int64_t steps = 10'000;
    for (const std::int64_t held : {1, 10, 1000}) {
        renoir::detail::PaneAggregate<std::string> panes;
        std::size_t calls = 0;
        for (std::int64_t pane = 0; pane < steps; ++pane) {
            panes.visit(
                pane, [](std::string&) {}, [] { return std::string(); });
            panes.drop_before(pane - held + 1, CountedAppend{&calls});
            REQUIRE(panes.combined(pane, CountedAppend{&calls}).has_value());
        }
        INFO(held << " panes");
        REQUIRE(calls <= 3 * steps);
    }
}
