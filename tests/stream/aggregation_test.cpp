// Aggregations on plain and keyed streams against naive references, in every layout.

#include "references.hpp"

namespace {

using namespace stream_test;

/// One result, or none of an empty input.
template <class T>
std::vector<T> unless_empty(int count, T result) {
    return count == 0 ? std::vector<T>() : std::vector<T>{std::move(result)};
}

}  // namespace

TEST_CASE("counting by key agrees with a map, by local aggregation and by shuffling every item",
          "[ranks]") {
    const auto count_all = [](const Words& group) { return std::uint64_t{group.size()}; };
    for (const int count : {0, 1, 3, 3000}) {
        INFO(count << " words");
        const Words words = random_words(count);
        const auto expected = rows(words, itself, count_all);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            auto streams = ctx.stream_iter(words).split(2);
            expect.items("counted", streams[0].group_by(itself).count(), expected);
            expect.items("folded",
                         streams[1].shuffle().group_by(itself).fold(
                             std::uint64_t{0}, [](std::uint64_t& n, const Text&) { ++n; }),
                         expected);
        });
    }
}

TEST_CASE("keyed aggregations give one result for each key", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        const std::vector<int> all = numbers(count);
        const auto sums = rows(all, seventh, sum_of);
        const auto smallest = rows(all, seventh, [](const auto& group) { return group.front(); });
        const auto largest = rows(all, seventh, [](const auto& group) { return group.back(); });
        const auto means = rows(all, seventh, [](const auto& group) {
            return sum_of(group) / static_cast<double>(group.size());
        });
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto source = [&] { return ctx.stream_par_iter(0, count).group_by(seventh); };
            expect.items("fold", source().fold(0, add), sums);
            expect.items("fold_assoc", source().fold_assoc(0, add, add), sums);
            expect.items("reduce", source().reduce(std::plus<>()), sums);
            expect.items("reduce_assoc", source().reduce_assoc(std::plus<>()), sums);
            expect.items("reduce_assoc in place", source().reduce_assoc(add), sums);
            expect.items("count", source().count(), rows(all, seventh, size_of));
            expect.items("sum", source().sum(), sums);
            expect.items("min", source().min(), smallest);
            expect.items("max", source().max(), largest);
            expect.items("avg", source().avg(), means);
            expect.items("sum of a map", source().map([](int, int n) { return n; }).sum(), sums);
        });
    }
}

TEST_CASE("the whole stream is folded and reduced to one result, and an empty one to none",
          "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        const std::vector<int> sum = unless_empty(count, sum_of(numbers(count)));
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto source = [&] { return ctx.stream_par_iter(0, count); };
            expect.items("fold", source().fold(0, add), sum);
            expect.items("fold_assoc", source().fold_assoc(0, add, add), sum);
            expect.items("reduce", source().reduce(std::plus<>()), sum);
            expect.items("reduce in place", source().reduce(add), sum);
            expect.items("reduce_assoc", source().reduce_assoc(std::plus<>()), sum);
            expect.items("fold of a fold", source().fold_assoc(0, add, add).shuffle().fold(0, add),
                         sum);
        });
    }
}

TEST_CASE("folds of one sender see its items in order", "[ranks]") {
    const Words digits = mapped(numbers(10), [](int n) { return std::to_string(n); });
    const auto is_odd = [](const Text& digit) { return (digit[0] - '0') % 2 == 1; };
    const auto append = [](Text& all, const Text& digit) { all += digit; };
    const std::vector<std::pair<bool, Text>> by_parity{{false, "02468"}, {true, "13579"}};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_iter(digits); };
        expect.items("fold", source().fold(Text("="), append), Words{"=0123456789"});
        expect.items("fold_assoc", source().fold_assoc(Text(), append, append),
                     Words{"0123456789"});
        expect.items("reduce", source().reduce(std::plus<>()), Words{"0123456789"});
        expect.items("keyed fold", source().group_by(is_odd).fold(Text(), append), by_parity);
        expect.items("keyed reduce", source().group_by(is_odd).reduce(std::plus<>()), by_parity);
        expect.items("keyed fold_assoc",
                     source().group_by(is_odd).fold_assoc(Text(), append, append), by_parity);
        expect.items("keyed reduce_assoc", source().group_by(is_odd).reduce_assoc(std::plus<>()),
                     by_parity);
    });
}

namespace {

/// A text of this length.
Text as_long(int length) {
    return Text(static_cast<std::size_t>(length), 'v');
}

}  // namespace

TEST_CASE("accumulators may own memory", "[ranks]") {
    const auto keep = [](std::vector<Text>& all, int n) { all.push_back(as_long(n % 40)); };
    const auto join = [](std::vector<Text>& all, std::vector<Text>&& others) {
        std::ranges::move(others, std::back_inserter(all));
    };
    const auto ordered = [](std::vector<Text> all) { return sorted(std::move(all)); };
    const auto kept_text = [](const std::vector<int>& group) {
        return sorted(mapped(group, [](int n) { return as_long(n % 40); }));
    };
    const std::vector<int> all = numbers(300);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 300); };
        expect.items("plain", source().fold_assoc(Words(), keep, join).map(ordered),
                     std::vector<Words>{kept_text(all)});
        expect.items(
            "keyed",
            source().group_by(seventh).fold_assoc(Words(), keep, join).map([&](int, Words words) {
                return ordered(std::move(words));
            }),
            rows(all, seventh, kept_text));
    });
}
