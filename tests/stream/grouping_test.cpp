// Keys and values of many kinds, projections and the group_by_ forms, against naive references.

#include "references.hpp"

namespace {

using namespace stream_test;

/// A key of several members.
struct Place {
    Text city;
    int street;

    friend auto operator<=>(const Place&, const Place&) = default;
};

Place place_of(int number) {
    return {Text(static_cast<std::size_t>(number % 20), 'c'), number % 3};
}

}  // namespace

TEST_CASE("views are keys and values like the text they show", "[ranks]") {
    const Words words = random_words(1000);
    const std::vector<std::string_view> views(words.begin(), words.end());
    const auto view = [](std::string_view word) { return word; };
    const auto initial = [](std::string_view word) { return word.substr(0, 1); };
    const auto first_letter = [](const Text& word) { return word.substr(0, 1); };
    const auto count_all = [](const Words& group) { return std::uint64_t{group.size()}; };
    const auto joined = [](const Words& group) {
        return std::accumulate(group.begin(), group.end(), Text());
    };
    const auto longest = [](const Words& group) { return *std::ranges::max_element(group); };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_iter(views); };
        expect.items("count", source().group_by(view).count(), rows(words, itself, count_all));
        expect.items("fold",
                     source().group_by(initial).fold(
                         Text(), [](Text& all, std::string_view word) { all += word; }),
                     rows(words, first_letter, joined));
        expect.items("max", source().shuffle().group_by(initial).max(),
                     rows(words, first_letter, longest));
        expect.items("unkey", source().shuffle().group_by(view).unkey(),
                     mapped(words, [](const Text& word) { return std::pair(word, word); }));
    });
}

TEST_CASE("aggregations take a projection", "[ranks]") {
    const std::vector<int> all = numbers(500);
    const auto distance = [](int n) { return n < 250 ? 250 - n : n - 250; };
    const auto closer = [&](int a, int b) { return distance(a) < distance(b); };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        // One sender, so that the first among equals is known.
        const auto source = [&] { return ctx.stream_iter(all).group_by(seventh); };
        expect.items("sum", source().sum(distance), rows(all, seventh, [&](const auto& group) {
                         return sum_of(mapped(group, distance));
                     }));
        expect.items("min", source().min(distance), rows(all, seventh, [&](const auto& group) {
                         return *std::ranges::min_element(group, closer);
                     }));
        expect.items("max", source().max(distance), rows(all, seventh, [&](const auto& group) {
                         return *std::ranges::max_element(group, closer);
                     }));
        expect.items("avg", source().avg(distance), rows(all, seventh, [&](const auto& group) {
                         return sum_of(mapped(group, distance)) / static_cast<double>(group.size());
                     }));
    });
}

TEST_CASE("the group_by_ forms agree with group_by and an aggregation", "[ranks]") {
    const std::vector<int> all = numbers(500);
    const auto half = [](int n) { return n / 2; };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 500); };
        const auto sums = rows(all, seventh, sum_of);
        const auto halves = [&](const auto& group) { return sum_of(mapped(group, half)); };
        const auto mean = [&](const auto& group) {
            return halves(group) / static_cast<double>(group.size());
        };
        expect.items("fold", source().group_by_fold(seventh, 0, add, add), sums);
        expect.items("reduce", source().group_by_reduce(seventh, std::plus<>()), sums);
        expect.items("count", source().group_by_count(seventh), rows(all, seventh, size_of));
        expect.items("sum", source().group_by_sum(seventh, half), rows(all, seventh, halves));
        expect.items("min", source().group_by_min(seventh, std::negate<>()),
                     rows(all, seventh, [](const auto& group) { return group.back(); }));
        expect.items("max", source().group_by_max(seventh, std::negate<>()),
                     rows(all, seventh, [](const auto& group) { return group.front(); }));
        expect.items("avg", source().group_by_avg(seventh, half), rows(all, seventh, mean));
    });
}

TEST_CASE("keys may be aggregates, pairs and long text", "[ranks]") {
    const std::vector<int> all = numbers(500);
    const auto pair_of = [](int n) { return std::pair(Text("key"), n % 11); };
    const auto long_text = [](int n) { return Text(static_cast<std::size_t>(n % 60), 'k'); };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 500); };
        expect.items("aggregate", source().group_by(place_of).sum(), rows(all, place_of, sum_of));
        expect.items("pair", source().group_by(pair_of).count(), rows(all, pair_of, size_of));
        expect.items("text", source().group_by(long_text).fold(0, add),
                     rows(all, long_text, sum_of));
    });
}

TEST_CASE("keys may be views beside numbers", "[ranks]") {
    static const std::array<Text, 3> names{"alpha", "beta", "a name of more than sixteen letters"};
    const std::vector<int> all = numbers(500);
    const auto view_of = [](int n) {
        return std::pair(std::string_view(names[static_cast<std::size_t>(n % 3)]), n % 2);
    };
    const auto text_of = [&](int n) {
        const auto [name, number] = view_of(n);
        return std::pair(Text(name), number);
    };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 500).shuffle(); };
        expect.items("count", source().group_by(view_of).count(), rows(all, text_of, size_of));
        expect.items("fold", source().group_by(view_of).fold(0, add), rows(all, text_of, sum_of));
        expect.items(
            "windows",
            source()
                .add_timestamps([](int) { return 0; }, renoir::WatermarkStrategy::monotonous())
                .group_by(view_of)
                .window(renoir::EventTimeWindow::tumbling(std::chrono::milliseconds(10)))
                .count(),
            rows(all, text_of, size_of));
    });
}

TEST_CASE("items may be large", "[ranks]") {
    // Stages keep some of them beside each other, on the stack while they are made.
    struct Frame {
        int number;
        std::array<std::uint8_t, 300'000> pixels;
    };
    const std::vector<int> all = numbers(20);
    const auto frame_of = [](int n) { return Frame{n, {}}; };
    const auto group_of = [](const Frame& frame) { return frame.number % 3; };
    const auto third = [](int n) { return n % 3; };
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 20).map(frame_of).shuffle(); };
        expect.items("fold",
                     source().group_by(group_of).fold(
                         0, [](int& sum, const Frame& frame) { sum += frame.number; }),
                     rows(all, third, sum_of));
        expect.items("windows",
                     source()
                         .add_timestamps([](const Frame&) { return 0; },
                                         renoir::WatermarkStrategy::monotonous())
                         .group_by(group_of)
                         .window(renoir::EventTimeWindow::tumbling(std::chrono::milliseconds(10)))
                         .count(),
                     rows(all, third, size_of));
    });
}
