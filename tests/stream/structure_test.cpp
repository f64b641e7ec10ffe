// split, merge, zip and streams named in signatures: programs that are not chains.

#include "expectations.hpp"

#include <set>

namespace {

using namespace stream_test;

using Text = std::string;
using Pair = std::pair<int, int>;

bool is_even(int number) {
    return number % 2 == 0;
}

int last_digit(int number) {
    return number % 10;
}

std::vector<int> repeated(const std::vector<int>& items, int times) {
    std::vector<int> all;
    for (int i = 0; i < times; ++i) all.insert(all.end(), items.begin(), items.end());
    return all;
}

std::vector<Pair> zipped(const std::vector<int>& left, const std::vector<int>& right) {
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
        pairs.emplace_back(left[i], right[i]);
    return pairs;
}

renoir::Stream<int> evens(renoir::Stream<int> stream) {
    return stream.filter(is_even);
}

renoir::Stream<Text> texts(renoir::Stream<int> stream) {
    return stream.shuffle().map([](int n) { return std::to_string(n); });
}

renoir::KeyedStream<int, int> by_last_digit(renoir::Stream<int> stream) {
    return stream.group_by(last_digit);
}

renoir::KeyedStream<int, int> increased(renoir::KeyedStream<int, int> stream) {
    return stream.map([](int, int n) { return n + 1; });
}

/// The shape of the graph depends on a value, its type does not.
renoir::Stream<int> perhaps_shuffled(renoir::Stream<int> stream, bool shuffled) {
    if (shuffled) return stream.shuffle();
    return stream;
}

}  // namespace

TEST_CASE("each of the streams of a split has every item", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        const std::vector<int> all = numbers(count);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            for (auto& copy : ctx.stream_par_iter(0, count).split(3))
                expect.items("of three", std::move(copy), all);
            for (auto& copy : ctx.stream_iter(all).split(1))
                expect.in_order("of one", std::move(copy), all);
            for (auto& copy : ctx.stream_par_iter(0, count).split(2)) {
                for (auto& nested : copy.filter(is_even).split(2))
                    expect.items("nested", std::move(nested), kept(all, is_even));
            }
        });
    }
}

TEST_CASE("merge has the items of both streams", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        const std::vector<int> all = numbers(count);
        const std::vector<int> twice = repeated(all, 2);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto one = [&] { return ctx.stream_iter(all); };
            const auto parallel = [&] { return ctx.stream_par_iter(0, count); };
            const auto none = [&] { return ctx.stream_iter(std::vector<int>()); };
            expect.items("one and one", one().merge(one()), twice);
            expect.items("all and all", parallel().merge(parallel()), twice);
            expect.items("one and all", one().merge(parallel()), twice);
            expect.items("all and some", parallel().merge(parallel().max_parallelism(2)), twice);
            expect.items("nothing and all", none().merge(parallel()), all);
            expect.items("all and nothing", parallel().merge(none()), all);
            expect.items("nothing", none().merge(none()), std::vector<int>());
            expect.items("three", one().merge(parallel()).merge(one()), repeated(all, 3));
        });
    }
}

TEST_CASE("keyed streams merge key by key", "[ranks]") {
    std::vector<Pair> counts, pairs;
    for (int key = 0; key < 10; ++key) counts.emplace_back(key, 60);
    for (const int n : repeated(numbers(300), 2)) pairs.emplace_back(last_digit(n), n);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto keyed = [&] { return ctx.stream_par_iter(0, 300).group_by(last_digit); };
        const auto from_one = [&] { return ctx.stream_iter(numbers(300)).group_by(last_digit); };
        expect.items("pairs", keyed().merge(from_one()).unkey(), pairs);
        expect.items("count together",
                     keyed().merge(from_one()).map([](int, int) { return 1; }).sum(), counts);
    });
}

TEST_CASE("zip pairs in order and drops what is left over", "[ranks]") {
    const std::vector<int> all = numbers(700);
    const auto negative = mapped(all, std::negate<>());
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto stream = [&](const std::vector<int>& items) { return ctx.stream_iter(items); };
        expect.in_order("same length", stream(all).zip(stream(negative)), zipped(all, negative));
        expect.in_order("short left", stream(numbers(3)).zip(stream(negative)),
                        zipped(numbers(3), negative));
        expect.in_order("short right", stream(all).zip(stream(numbers(1))),
                        zipped(all, numbers(1)));
        expect.in_order("nothing left", stream({}).zip(stream(all)), std::vector<Pair>());
        expect.in_order("nothing right", stream(all).zip(stream({})), std::vector<Pair>());
        expect.in_order("nothing", stream({}).zip(stream({})), std::vector<Pair>());
    });
}

TEST_CASE("zip keeps what views show until their partners come", "[ranks]") {
    const std::vector<Text> words =
        mapped(numbers(400), [](int n) { return Text(static_cast<std::size_t>(n % 60), 'w'); });
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::vector<std::pair<Text, int>> expected;
    for (std::size_t i = 0; i < words.size(); ++i)
        expected.emplace_back(words[i], static_cast<int>(i));
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.in_order("views", ctx.stream_iter(views).zip(ctx.stream_iter(numbers(400))),
                        expected);
    });
}

TEST_CASE("zip of parallel streams pairs every item once") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const auto results = renoir::testing::run(layout, [](StreamContext& ctx) {
            auto pairs = ctx.stream_par_iter(0, 300)
                             .shuffle()
                             .zip(ctx.stream_par_iter(0, 200).shuffle())
                             .collect_vec();
            ctx.execute_blocking();
            return pairs.get();
        });
        std::set<int> left, right;
        for (const auto& [first, second] : *results[0]) {
            REQUIRE(left.insert(first).second);
            right.insert(second);
        }
        REQUIRE(left.size() == 200);
        REQUIRE(std::ranges::equal(right, numbers(200)));
    }
}

TEST_CASE("branches of one stream meet again, however much one is ahead", "[ranks]") {
    // Small batches fill the rings with the smaller number, too.
    const int count = renoir::detail::under_sanitizer ? 6'000 : 30'000;
    const std::vector<int> all = numbers(count);
    const std::vector<int> few = kept(all, [](int n) { return n % 1000 == 999; });
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto halves = [&] { return ctx.stream_iter(all).split(2); };
        auto merging = halves();
        auto right = merging[1].filter(is_even);
        expect.items("split, filter, merge", merging[0].shuffle().merge(std::move(right)), [&] {
            std::vector<int> expected = kept(all, is_even);
            expected.insert(expected.end(), all.begin(), all.end());
            return expected;
        }());
        auto zipping = halves();
        auto rare = zipping[1].filter([](int n) { return n % 1000 == 999; });
        expect.in_order("split, filter, zip", zipping[0].zip(std::move(rare)), zipped(all, few));
    });
}

TEST_CASE("a deep row of diamonds ends", "[ranks]") {
    const std::vector<int> all = numbers(20);
    const int depth = 5;
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto merged = ctx.stream_par_iter(0, 20).shuffle();
        for (int i = 0; i < depth; ++i) {
            auto halves = merged.split(2);
            merged = halves[0].shuffle().merge(halves[1].shuffle()).shuffle();
        }
        expect.items("merge", std::move(merged), repeated(all, 1 << depth));

        renoir::Stream<int> sums = ctx.stream_iter(numbers(3000));
        for (int i = 0; i < depth; ++i) {
            auto halves = sums.split(2);
            sums = halves[0].zip(std::move(halves[1])).map([](const Pair& pair) {
                return (pair.first + pair.second) / 2;
            });
        }
        expect.in_order("zip", std::move(sums), numbers(3000));
    });
}

TEST_CASE("streams can be named in the signatures of functions", "[ranks]") {
    std::vector<Pair> expected;
    for (const int n : kept(numbers(200), is_even)) expected.emplace_back(last_digit(n), n + 1);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 200); };
        expect.items("plain", texts(evens(source())),
                     mapped(kept(numbers(200), is_even), [](int n) { return std::to_string(n); }));
        expect.items("keyed", increased(by_last_digit(evens(source()))), expected);
        expect.items("grouped, as it is", increased(evens(source()).group_by(last_digit)),
                     expected);
        expect.items("in one way or another",
                     perhaps_shuffled(perhaps_shuffled(source(), true), false), numbers(200));
    });
}

TEST_CASE("a hidden chain keeps order, keys and aggregation", "[ranks]") {
    expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
        renoir::Stream<int> plain = ctx.stream_iter(numbers(500)).map([](int n) { return n; });
        expect.in_order("order", evens(std::move(plain)), kept(numbers(500), is_even));
        std::vector<std::pair<int, std::uint64_t>> counts;
        for (int key = 0; key < 10; ++key) counts.emplace_back(key, 30);
        expect.items("count", by_last_digit(ctx.stream_par_iter(0, 300)).count(), counts);
    });
}
