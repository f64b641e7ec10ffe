// join, left_join, outer_join and join_with against nested loops.

#include "join_references.hpp"

namespace {

using namespace stream_test;

using Text = std::string;

int seventh(int number) {
    return number % 7;
}

int fifth(int number) {
    return number % 5;
}

struct Sizes {
    int left;
    int right;
};

/// Empty sides, one row, sides of different and of equal length, and many rows of each key.
std::vector<Sizes> all_sizes() {
    return {{0, 0}, {0, 3}, {3, 0}, {1, 1}, {5, 10}, {10, 5}, {200, 200}};
}

/// The ways to ship and to join locally, each with all its variants. The key is hidden so that both
/// kinds of stream can be compared with the same rows.
void expect_ways(StreamContext& ctx, Expectations& expect, int left, int right) {
    const auto rows = [&](auto key, auto other) {
        return NestedLoops(numbers(left), numbers(right), key, other);
    };
    const auto expected = rows(seventh, fifth);
    const auto with = [&] {
        return ctx.stream_par_iter(0, left).join_with(ctx.stream_iter(numbers(right)), seventh,
                                                      fifth);
    };
    const auto hash = [&] { return with().ship_hash().local_hash(); };
    expect.items("hash, inner", hash().inner(), expected.inner());
    expect.items("hash, left", hash().left(), expected.left());
    expect.items("hash, outer", hash().outer(), expected.outer());
    const auto merge = [&] { return with().ship_hash().local_sort_merge(); };
    expect.items("sort-merge, inner", merge().inner(), expected.inner());
    expect.items("sort-merge, left", merge().left(), expected.left());
    expect.items("sort-merge, outer", merge().outer(), expected.outer());
    const auto broadcast = [&] { return with().ship_broadcast_right(); };
    expect.items("broadcast, hash, inner", broadcast().local_hash().inner(), expected.inner());
    expect.items("broadcast, hash, left", broadcast().local_hash().left(), expected.left());
    expect.items("broadcast, sort-merge, inner", broadcast().local_sort_merge().inner(),
                 expected.inner());
    expect.items("broadcast, sort-merge, left", broadcast().local_sort_merge().left(),
                 expected.left());
}

}  // namespace

TEST_CASE("every way to join finds what nested loops find", "[ranks]") {
    for (const auto& [left, right] : all_sizes()) {
        INFO(left << " x " << right);
        expect_in(layouts(),
                  [left = left, right = right](StreamContext& ctx, Expectations& expect) {
                      expect_ways(ctx, expect, left, right);
                  });
    }
}

TEST_CASE("join, left_join and outer_join are the partitioned hash join", "[ranks]") {
    const NestedLoops expected(numbers(40), numbers(30), seventh, fifth);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto left = [&] { return ctx.stream_par_iter(0, 40); };
        const auto right = [&] { return ctx.stream_par_iter(0, 30); };
        expect.items("join", left().join(right(), seventh, fifth), expected.inner());
        expect.items("left_join", left().left_join(right(), seventh, fifth), expected.left());
        expect.items("outer_join", left().outer_join(right(), seventh, fifth), expected.outer());
    });
}

TEST_CASE("keyed streams join without key functions, partitioned already or not", "[ranks]") {
    const NestedLoops expected(numbers(40), numbers(30), seventh, fifth);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto left = [&] { return ctx.stream_par_iter(0, 40).group_by(seventh); };
        const auto right = [&] { return ctx.stream_iter(numbers(30)).group_by(fifth); };
        const auto partitioned = [](auto stream) {
            return stream.map([](int, int value) { return value; });
        };
        expect.items("grouped", left().join(right()), expected.inner());
        expect.items("left", partitioned(left()).left_join(right()), expected.left());
        expect.items("outer", left().outer_join(partitioned(right())), expected.outer());
        expect.items("both partitioned", partitioned(left()).outer_join(partitioned(right())),
                     expected.outer());
        renoir::KeyedStream<int, int> hidden = left();
        expect.items("hidden", hidden.join(right()), expected.inner());
    });
}

TEST_CASE("a keyed stream on fewer workers is partitioned again for a join", "[ranks]") {
    const NestedLoops expected(numbers(40), numbers(30), seventh, fifth);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("on one replica",
                     ctx.stream_iter(numbers(40))
                         .key_by(seventh)
                         .outer_join(ctx.stream_iter(numbers(30)).key_by(fifth)),
                     expected.outer());
    });
}

TEST_CASE("a stream joins itself through split, and the result joins again", "[ranks]") {
    const NestedLoops once(numbers(60), numbers(60), seventh, fifth);
    std::vector<std::pair<int, std::pair<std::pair<int, int>, int>>> twice;
    for (const auto& [key, pair] : once.inner()) {
        for (const int third : numbers(20)) {
            if (third % 10 == key) twice.push_back({key, {pair, third}});
        }
    }
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto halves = ctx.stream_par_iter(0, 60).split(2);
        auto joined = halves[0].join(std::move(halves[1]), seventh, fifth);
        expect.items(
            "twice",
            joined.join(ctx.stream_iter(numbers(20)).group_by([](int n) { return n % 10; })),
            twice);
        auto uneven = ctx.stream_iter(numbers(3000)).split(2);
        auto few = uneven[1].filter([](int n) { return n % 1000 == 999; });
        const auto itself = [](int n) { return n; };
        expect.items(
            "one branch far ahead", uneven[0].join(std::move(few), itself, itself),
            NestedLoops(numbers(3000), std::vector{999, 1999, 2999}, itself, itself).inner());
    });
}

TEST_CASE("texts join as views and as what owns them", "[ranks]") {
    using Row = std::pair<Text, int>;
    std::vector<Row> left, right;
    for (const int n : numbers(60)) {
        left.emplace_back(Text(static_cast<std::size_t>(n % 23), 'x'), n);
        right.emplace_back(Text(static_cast<std::size_t>(n % 31), 'x'), n);
    }
    const auto text_of = [](const Row& row) { return row.first; };
    const auto views = [](const std::vector<Row>& rows) {
        return mapped(rows, [](const Row& row) { return std::pair<std::string_view, int>(row); });
    };
    const auto view_of = [](const std::pair<std::string_view, int>& row) { return row.first; };
    const auto seen_left = views(left);
    const auto seen_right = views(right);
    const NestedLoops expected(left, right, text_of, text_of);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto owners = [&](const std::vector<Row>& rows) { return ctx.stream_iter(rows); };
        const auto lookers = [&](const auto& rows) { return ctx.stream_iter(rows); };
        expect.items("views", lookers(seen_left).outer_join(lookers(seen_right), view_of, view_of),
                     expected.outer());
        expect.items("owners", owners(left).outer_join(owners(right), text_of, text_of),
                     expected.outer());
        expect.items("one of each", lookers(seen_left).left_join(owners(right), view_of, text_of),
                     expected.left());
        expect.items("views by sort-merge",
                     lookers(seen_left)
                         .join_with(lookers(seen_right), view_of, view_of)
                         .ship_hash()
                         .local_sort_merge()
                         .outer(),
                     expected.outer());
    });
}

TEST_CASE("NaN is a key as any other", "[ranks]") {
    const double nan = std::nan("");
    const auto keys = [nan](int n) { return n % 3 == 0 ? nan : (n % 3 == 1 ? 0.0 : 1.5 * n); };
    const auto others = [nan](int n) { return n % 2 == 0 ? -nan : (n % 5 == 0 ? -0.0 : 1.5 * n); };
    // The keys themselves cannot be compared: NaN differs from itself.
    const NestedLoops expected(numbers(20), numbers(20), keys, others);
    const auto values = [](const auto& rows) {
        return mapped(rows, [](const auto& row) { return row.second; });
    };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto with = [&] {
            return ctx.stream_par_iter(0, 20).join_with(ctx.stream_par_iter(0, 20), keys, others);
        };
        expect.items("hash", with().ship_hash().local_hash().outer().drop_key(),
                     values(expected.outer()));
        expect.items("sort-merge", with().ship_hash().local_sort_merge().outer().drop_key(),
                     values(expected.outer()));
        expect.items("broadcast, sort-merge",
                     with().ship_broadcast_right().local_sort_merge().left().map(
                         [](const auto& row) { return row.second; }),
                     values(expected.left()));
    });
}

TEST_CASE("sort-merge emits each replica's rows in ascending order of the keys", "[ranks]") {
    expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
        const auto negative = [](int n) { return -n; };
        std::vector<int> keys = mapped(numbers(50), [](int n) { return n - 49; });
        expect.in_order("keys",
                        ctx.stream_iter(numbers(50))
                            .join_with(ctx.stream_iter(numbers(50)), negative, negative)
                            .ship_broadcast_right()
                            .local_sort_merge()
                            .inner()
                            .map([](const auto& row) { return row.first; }),
                        keys);
    });
}

TEST_CASE("a key that floods both sides gives every pair", "[ranks]") {
    const int count = 300;
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto same = [](int) { return 1; };
        const auto with = [&] {
            return ctx.stream_par_iter(0, count)
                .join_with(ctx.stream_par_iter(0, count), same, same)
                .ship_hash();
        };
        const auto sum_of = [](auto joined) {
            return joined
                .map([](int, const std::pair<int, int>& pair) {
                    return std::pair<std::int64_t, std::int64_t>(1,
                                                                 pair.first * 1000 + pair.second);
                })
                .reduce([](auto& sum, const auto& other) {
                    sum.first += other.first;
                    sum.second += other.second;
                });
        };
        const std::int64_t pairs = count * count;
        const std::int64_t sum = pairs * (count - 1) / 2 * 1001;
        const std::vector expected{std::pair(1, std::pair(pairs, sum))};
        expect.items("hash", sum_of(with().local_hash().inner()), expected);
        expect.items("sort-merge", sum_of(with().local_sort_merge().inner()), expected);
    });
}

TEST_CASE("a failing key function of a join is named") {
    for (const Layout& layout : few_layouts()) {
        INFO(layout.text());
        const auto program = [](StreamContext& ctx) {
            ctx.stream_par_iter(0, 10)
                .join(
                    ctx.stream_par_iter(0, 10), [](int n) { return n; },
                    [](int n) -> int {
                        if (n == 7) throw std::runtime_error("no key for 7");
                        return n;
                    })
                .for_each([](int, const auto&) {});
            ctx.execute_blocking();
            return 0;
        };
        REQUIRE_THROWS_WITH(
            renoir::testing::run(layout, program),
            Catch::Contains("join (join_test.cpp") && Catch::Contains("no key for 7"));
    }
}

TEST_CASE("streams of two contexts cannot be joined") {
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    StreamContext other(renoir::RuntimeConfig::local(1));
    REQUIRE_THROWS_WITH(static_cast<void>(ctx.stream_par_iter(0, 3).join(
                            other.stream_par_iter(0, 3), seventh, seventh)),
                        Catch::Contains("two contexts"));
}

TEST_CASE("joins of random rows are those of nested loops", "[ranks]") {
    std::mt19937 random(20);
    for (int round = 0; round < 6; ++round) {
        INFO("round " << round);
        // Few keys with many rows, many keys with few, and anything between.
        const auto keys = static_cast<int>(1 + random() % (round % 2 == 0 ? 5 : 400));
        const auto some_rows = [&] {
            std::vector<std::pair<int, int>> rows;
            const auto count = static_cast<int>(random() % 150);
            for (int i = 0; i < count; ++i) rows.emplace_back(static_cast<int>(random()) % keys, i);
            return rows;
        };
        const auto left = some_rows();
        const auto right = some_rows();
        const auto key = [](const std::pair<int, int>& row) { return row.first; };
        const NestedLoops expected(left, right, key, key);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto with = [&] {
                return ctx.stream_iter(left).shuffle().join_with(ctx.stream_iter(right), key, key);
            };
            expect.items("hash", with().ship_hash().local_hash().outer(), expected.outer());
            expect.items("sort-merge", with().ship_hash().local_sort_merge().outer(),
                         expected.outer());
            expect.items("broadcast", with().ship_broadcast_right().local_hash().left(),
                         expected.left());
        });
    }
}

TEST_CASE("rows too large for a bucket join as others", "[ranks]") {
    using Large = std::array<int, 20>;
    const auto large = [](int n) {
        Large row{};
        row.fill(n);
        return row;
    };
    const auto rows = mapped(numbers(300), large);
    const auto key = [](const Large& row) { return row[7] % 50; };
    const auto other_key = [](const Large& row) { return row[3]; };
    const NestedLoops expected(rows, rows, key, other_key);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("outer",
                     ctx.stream_iter(rows).outer_join(ctx.stream_iter(rows), key, other_key),
                     expected.outer());
    });
}
