// Whole jobs over links that delay, reorder, hold back and starve: results are those of plain
// loops, no thread does what it may not, and no channel exceeds its window.

#include "harness.hpp"
#include "join_references.hpp"
#include "references.hpp"
#include "windows.hpp"

#include <stdexcept>

namespace {

using namespace fault_test;
using stream_test::numbers;
using stream_test::Text;

int eleventh(int number) {
    return number % 11;
}

}  // namespace

TEST_CASE("under faults, shuffle and aggregation by key") {
    constexpr int count = 400;
    const auto all = numbers(count);
    const auto sums = stream_test::rows(
        all, eleventh, [](const auto& group) { return stream_test::sum_of(group); });
    const auto product = [](int& total, int n) { total = (total + 1) * (n % 5 + 1) % 1009; };
    const auto products = stream_test::rows(all, eleventh, [&](const std::vector<int>& group) {
        int total = 0;
        for (const int n : group) product(total, n);
        return total;
    });
    expect_under_faults([&](StreamContext& ctx, Expectations& expect, const Layout&) {
        const auto source = [&] { return ctx.stream_par_iter(0, count); };
        expect.items("sums", source().shuffle().group_by(eleventh).sum(), sums);
        expect.items("in order", ctx.stream_iter(all).group_by(eleventh).fold(0, product),
                     products);
        expect.items("unkeyed", source().shuffle().group_by(eleventh).drop_key(), all);
    });
}

TEST_CASE("under faults, slabs that travel as they are among small ones") {
    std::vector<Text> texts;
    for (std::size_t i = 0; i < 300; ++i)
        texts.emplace_back(i % 3 == 0 ? 20'000 : i, static_cast<char>('a' + i % 26));
    std::uint64_t slabs_as_they_are = 0;
    for (std::uint32_t seed = first_seed(); seed < first_seed() + 20; ++seed) {
        Layout layout = layout_of(seed);
        layout.batch_mode = BatchMode::automatic();
        FaultyCluster cluster(layout.ranks, Faults::drawn(seed));
        INFO(layout.text() << "; " << cluster.faults().text());
        const auto outcomes = run(cluster, layout, [&](StreamContext& ctx, Expectations& expect) {
            expect.items("texts", ctx.stream_iter(texts).shuffle(), texts);
        });
        REQUIRE(complaint(outcomes) == "");
        REQUIRE(complaint(cluster.observations()) == "");
        slabs_as_they_are += cluster.observations().slabs_as_they_are;
    }
    CHECK(slabs_as_they_are > 100);
}

TEST_CASE("under faults, broadcast") {
    constexpr int count = 100;
    expect_under_faults([&](StreamContext& ctx, Expectations& expect, const Layout& layout) {
        std::vector<int> copies;
        for (std::size_t i = 0; i < stream_test::replicas_of(layout); ++i) {
            const auto all = numbers(count);
            copies.insert(copies.end(), all.begin(), all.end());
        }
        expect.items("from one", ctx.stream_iter(numbers(count)).broadcast(), copies);
        expect.items("from all", ctx.stream_par_iter(0, count).broadcast(), copies);
    });
}

TEST_CASE("under faults, joins") {
    constexpr int left = 80;
    constexpr int right = 60;
    const stream_test::NestedLoops rows(numbers(left), numbers(right), stream_test::seventh,
                                        eleventh);
    expect_under_faults([&](StreamContext& ctx, Expectations& expect, const Layout&) {
        const auto with = [&] {
            return ctx.stream_par_iter(0, left).join_with(ctx.stream_par_iter(0, right),
                                                          stream_test::seventh, eleventh);
        };
        expect.items("hash", with().ship_hash().local_hash().outer(), rows.outer());
        expect.items("broadcast", with().ship_broadcast_right().local_hash().inner(), rows.inner());
    });
}

TEST_CASE("under faults, windows in event time") {
    constexpr int count = 400;
    const stream_test::Shape shape{100, 50, 0};
    const auto contents = stream_test::contents_of(numbers(count), shape);
    expect_under_faults([&](StreamContext& ctx, Expectations& expect, const Layout&) {
        const auto timed = [&] { return stream_test::timed_numbers(ctx, count); };
        expect.items(
            "sum",
            timed().group_by(stream_test::key_of).window(shape.sliding()).with_window().sum(),
            stream_test::results_in(contents, [](const std::vector<int>& items) {
                return stream_test::sum_of(items);
            }));
        expect.items(
            "items",
            timed()
                .shuffle()
                .group_by(stream_test::key_of)
                .window(shape.sliding())
                .with_window()
                .to_vec(),
            stream_test::results_in(contents, [](const std::vector<int>& items) { return items; }));
    });
}

TEST_CASE("under faults, an exception of one rank ends the job on all") {
    for (std::uint32_t seed = first_seed(); seed < first_seed() + seeds; ++seed) {
        const Layout layout = layout_of(seed);
        FaultyCluster cluster(layout.ranks, Faults::drawn(seed));
        INFO(layout.text() << "; " << cluster.faults().text());
        const auto outcomes = run(cluster, layout, [&](StreamContext& ctx, Expectations& expect) {
            expect.items("never",
                         ctx.stream_par_iter(0, 600)
                             .shuffle()
                             .map([&](int n) {
                                 if (n == static_cast<int>(seed * 11 % 600))
                                     throw std::runtime_error("boom");
                                 return n;
                             })
                             .group_by(eleventh)
                             .sum(),
                         std::vector<std::pair<int, int>>());
        });
        for (const Outcome& outcome : outcomes) {
            REQUIRE(outcome.error);
            REQUIRE(outcome.error->kind() == ErrorKind::user_function);
            REQUIRE_THAT(outcome.error->what(), Catch::Matchers::ContainsSubstring("boom"));
        }
        REQUIRE(complaint(cluster.observations()) == "");
    }
}
