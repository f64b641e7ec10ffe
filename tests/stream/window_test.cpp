// Tumbling and sliding windows in event time: every aggregation against plain loops over all items.

#include "windows.hpp"

#include <set>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;

using Items = std::vector<int>;

std::uint64_t count(const Items& items) {
    return items.size();
}
int sum(const Items& items) {
    return std::accumulate(items.begin(), items.end(), 0);
}

/// Difference of the greatest and the least item; cannot combine two states.
struct Spread {
    using State = std::pair<int, int>;
    [[nodiscard]] State create(int n) const { return {n, n}; }
    void add(State& state, int n) const {
        state = {std::min(state.first, n), std::max(state.second, n)};
    }
    [[nodiscard]] int result(const State& state) const { return state.second - state.first; }
};

/// The same, where states combine.
struct CombiningSpread : Spread {
    void combine(State& state, const State& other) const {
        state = {std::min(state.first, other.first), std::max(state.second, other.second)};
    }
};

int spread(const Items& items) {
    const auto [least, greatest] = std::minmax_element(items.begin(), items.end());
    return *greatest - *least;
}

/// Every aggregation, on windows of one kind.
template <class Windows>
void expect_aggregations(StreamContext& ctx, Expectations& expect, int count_of_items,
                         const Shape& shape, const Windows& windows) {
    const Contents contents = contents_of(numbers(count_of_items), shape);
    const auto windowed = [&] {
        return timed_numbers(ctx, count_of_items).group_by(key_of).window(windows).with_window();
    };
    const auto add = [](int& total, int n) { total += n; };
    expect.items("count", windowed().count(), results_in(contents, count));
    expect.items("sum", windowed().sum(), results_in(contents, sum));
    expect.items("min", windowed().min([](int n) { return -n; }),
                 results_in(contents, [](const Items& items) {
                     return *std::max_element(items.begin(), items.end());
                 }));
    expect.items("max", windowed().max(), results_in(contents, [](const Items& items) {
                     return *std::max_element(items.begin(), items.end());
                 }));
    expect.items("avg", windowed().avg(), results_in(contents, [](const Items& items) {
                     return static_cast<double>(sum(items)) / static_cast<double>(items.size());
                 }));
    expect.items("first", windowed().first(),
                 results_in(contents, [](const Items& items) { return items.front(); }));
    expect.items("last", windowed().last(),
                 results_in(contents, [](const Items& items) { return items.back(); }));
    expect.items("to_vec", windowed().to_vec(),
                 results_in(contents, [](const Items& items) { return items; }));
    expect.items("fold", windowed().fold(100, add),
                 results_in(contents, [](const Items& items) { return 100 + sum(items); }));
    expect.items("fold_assoc", windowed().fold_assoc(0, add, add), results_in(contents, sum));
    expect.items("reduce", windowed().reduce([](int a, int b) { return a + b; }),
                 results_in(contents, sum));
    expect.items("reduce_assoc", windowed().reduce_assoc([](int a, int b) { return a + b; }),
                 results_in(contents, sum));
    expect.items("aggregate", windowed().aggregate(Spread()), results_in(contents, spread));
    expect.items("aggregate that combines", windowed().aggregate(CombiningSpread()),
                 results_in(contents, spread));
}

/// The map of a window gets its bounds, and all its items in the order of time.
template <class Windows>
void expect_maps(StreamContext& ctx, Expectations& expect, const Shape& shape,
                 const Windows& windows) {
    const Contents contents = contents_of(numbers(300), shape);
    std::vector<std::pair<int, std::pair<Timestamp, Items>>> expected;
    for (const auto& [key_and_window, items] : contents)
        expected.push_back({key_and_window.first, {key_and_window.second.start, items}});
    expect.items("map",
                 timed_numbers(ctx, 300).group_by(key_of).window(windows).map(
                     [](Items items, const TimeWindow& window) {
                         return std::pair(window.start, std::move(items));
                     }),
                 expected);
}

}  // namespace

TEST_CASE("bug 8.6: tumbling windows are aligned to the epoch and hold what belongs to them",
          "[ranks]") {
    for (const int count_of_items : sizes()) {
        const Shape shape = tumbling_shapes()[static_cast<std::size_t>(count_of_items) % 5];
        INFO(count_of_items << " items, " << shape.size << " ms");
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect_aggregations(ctx, expect, count_of_items, shape, shape.tumbling());
        });
    }
}

TEST_CASE("bug 8.6: sliding windows are aligned to the epoch and hold what belongs to them",
          "[ranks]") {
    for (const int count_of_items : sizes()) {
        const Shape shape = sliding_shapes()[static_cast<std::size_t>(count_of_items) % 5];
        INFO(count_of_items << " items, " << shape.size << " ms by " << shape.slide);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect_aggregations(ctx, expect, count_of_items, shape, shape.sliding());
        });
    }
}

TEST_CASE("windows of every shape", "[ranks]") {
    for (const Shape& shape : tumbling_shapes()) {
        INFO(shape.size << " ms, offset " << shape.offset);
        expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect_maps(ctx, expect, shape, shape.tumbling());
        });
    }
    for (const Shape& shape : sliding_shapes()) {
        INFO(shape.size << " ms by " << shape.slide << ", offset " << shape.offset);
        expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect_maps(ctx, expect, shape, shape.sliding());
        });
    }
}

TEST_CASE("results have the last time of their window", "[ranks]") {
    const Shape shape = sliding_shapes()[1];
    std::vector<std::pair<std::pair<int, std::uint64_t>, Timestamp>> expected;
    for (const auto& [key_and_window, items] : contents_of(numbers(500), shape))
        expected.push_back({{key_and_window.first, items.size()}, key_and_window.second.end - 1});
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("times",
                     timed_numbers(ctx, 500)
                         .group_by(key_of)
                         .window(shape.sliding())
                         .count()
                         .unkey()
                         .with_timestamps(),
                     expected);
        // The watermark behind results is right too: what reorder gives is in order and complete.
        const auto goes_back = [last = timestamp_min](const auto& item) mutable {
            return std::exchange(last, item.second) > item.second;
        };
        expect.items("order",
                     timed_numbers(ctx, 500)
                         .group_by(key_of)
                         .window(shape.sliding())
                         .count()
                         .unkey()
                         .reorder()
                         .with_timestamps()
                         .filter(goes_back),
                     decltype(expected)());
    });
}

TEST_CASE("windows follow on windows", "[ranks]") {
    // The sums of 50 ms, summed over 200 ms, are the sums of 200 ms.
    const Shape shape{200, 200, 0};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("sums of sums",
                     timed_numbers(ctx, 500)
                         .group_by(key_of)
                         .window(EventTimeWindow::tumbling(50ms))
                         .sum()
                         .window(shape.tumbling())
                         .with_window()
                         .sum(),
                     results_in(contents_of(numbers(500), shape), sum));
    });
}

TEST_CASE("windows of the whole stream", "[ranks]") {
    const Shape shape{100, 20, 7};
    std::map<Timestamp, int> sums;
    for (const int n : numbers(500)) {
        for (const TimeWindow& window : shape.windows_of(time_of(n))) sums[window.start] += n;
    }
    const std::vector<std::pair<Timestamp, int>> expected(sums.begin(), sums.end());
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("sums",
                     timed_numbers(ctx, 500)
                         .window_all(shape.sliding())
                         .with_window()
                         .sum()
                         .drop_key()
                         .map([](const Windowed<int>& result) {
                             return std::pair(result.window.start, result.value);
                         }),
                     expected);
    });
}

TEST_CASE("windows of a stream that is partitioned already need no exchange", "[ranks]") {
    const Shape shape{100, 50, 0};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto mapped_numbers = [&] {
            return timed_numbers(ctx, 500)
                .group_by(key_of)
                .map([](int, int n) { return n + 1; })
                .filter([](int, int n) { return n > 0; });
        };
        const auto contents = contents_of(numbers(500), shape);
        const auto more = [](const Items& items) {
            return sum(items) + static_cast<int>(count(items));
        };
        expect.items("combining", mapped_numbers().window(shape.sliding()).with_window().sum(),
                     results_in(contents, more));
        expect.items("not combining",
                     mapped_numbers()
                         .window(shape.sliding())
                         .with_window()
                         .fold(0, [](int& total, int n) { total += n; }),
                     results_in(contents, more));
    });
}

TEST_CASE("keys and items of windows may be text", "[ranks]") {
    using Texts = std::vector<std::string>;
    std::map<std::pair<std::string, Timestamp>, std::set<std::string>> groups;
    const auto text_of = [](int n) {
        return "a text that is not short at all " + std::to_string(n);
    };
    for (const int n : numbers(200)) {
        const Timestamp start = (time_of(n) + 1000) / 100 * 100 - 1000;
        groups[{text_of(key_of(n)), start}].insert(text_of(n));
    }
    std::vector<std::pair<std::string, Texts>> expected;
    for (const auto& [key, texts] : groups)
        expected.push_back({key.first, Texts(texts.begin(), texts.end())});
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto texts = [&] {
            return timed_numbers(ctx, 200)
                .map([&](int n) { return std::pair(text_of(key_of(n)), text_of(n)); })
                .group_by([](const auto& pair) { return pair.first; })
                .window(EventTimeWindow::tumbling(100ms));
        };
        expect.items("map", texts().map([](std::vector<std::pair<std::string, std::string>> items) {
            Texts values;
            for (auto& item : items) values.push_back(std::move(item.second));
            std::sort(values.begin(), values.end());
            return values;
        }),
                     expected);
        expect.items("max",
                     texts()
                         .max([](const auto& pair) { return pair.second; })
                         .map([](const std::string&, const auto& pair) { return pair.second; }),
                     mapped(expected, [](const auto& group) {
                         return std::pair(group.first, group.second.back());
                     }));
    });
}

TEST_CASE(
    "a pane that holds many keys is handed on early, and one with few items of a key as they are",
    "[ranks]") {
    // 5000 keys for 10'000 items: local aggregation steps aside. All in one window of each size.
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        for (const int keys : {1, 5000, 10'000}) {
            std::vector<std::pair<int, std::uint64_t>> expected;
            for (int key = 0; key < keys; ++key)
                expected.emplace_back(key, static_cast<std::uint64_t>(30'000 / keys));
            expect.items("counts of " + std::to_string(keys) + " keys",
                         ctx.stream_par_iter(0, 30'000)
                             .add_timestamps([](int n) { return n % 1000; },
                                             WatermarkStrategy::bounded_out_of_orderness(1s))
                             .group_by([keys](int n) { return n % keys; })
                             .window(EventTimeWindow::sliding(1000ms, 1000ms))
                             .count(),
                         expected);
        }
    });
}
