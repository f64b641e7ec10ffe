// Sessions in event time and windows by number against plain loops.

#include "windows.hpp"

#include <memory>
#include <random>

namespace {

/// What can only be moved.
struct Box {
    std::unique_ptr<int> content;
};

}  // namespace

template <>
struct renoir::Codec<Box> : renoir::CodecBy<Box, int> {
    static int to(const Box& box) { return *box.content; }
    static Box from(int&& content) { return {std::make_unique<int>(content)}; }
};

namespace {

using namespace stream_test;
using namespace std::chrono_literals;
using renoir::CountWindow;

/// Times with gaps of every length, that go back by less than 100.
Timestamp visit_time(int n) {
    return 5 * (n ^ 3) + (n / 40) * 100 + (n % 5) * (n / 40);
}

/// Sessions of each key as loops find them: the items by time, cut where the gap is.
std::vector<std::pair<int, Windowed<std::vector<int>>>> sessions_of(std::vector<int> items,
                                                                    Timestamp gap) {
    std::sort(items.begin(), items.end(), [](int a, int b) {
        return std::pair(visit_time(a), a) < std::pair(visit_time(b), b);
    });
    std::vector<std::pair<int, Windowed<std::vector<int>>>> sessions;
    for (int key = 0; key < 7; ++key) {
        std::vector<int> session;
        const auto end_session = [&] {
            if (session.empty()) return;
            const TimeWindow window{visit_time(session.front()), visit_time(session.back()) + gap};
            std::sort(session.begin(), session.end());
            sessions.push_back({key, {window, std::exchange(session, {})}});
        };
        for (const int n : items) {
            if (key_of(n) != key) continue;
            if (!session.empty() && visit_time(n) - visit_time(session.back()) >= gap)
                end_session();
            session.push_back(n);
        }
        end_session();
    }
    return sessions;
}

auto visits(StreamContext& ctx, int count) {
    return ctx.stream_par_iter(0, count)
        .add_timestamps(visit_time, WatermarkStrategy::bounded_out_of_orderness(100ms))
        .group_by(key_of);
}

/// The numbers of a key, cut in windows of `size` that begin every `slide`.
std::vector<std::pair<int, std::vector<int>>> number_windows(int count, std::size_t size,
                                                             std::size_t slide) {
    std::vector<std::pair<int, std::vector<int>>> windows;
    for (int key = 0; key < 7; ++key) {
        const std::vector<int> all = kept(numbers(count), [&](int n) { return key_of(n) == key; });
        for (std::size_t first = 0; first + size <= all.size(); first += slide) {
            const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
            windows.emplace_back(
                key, std::vector<int>(begin, begin + static_cast<std::ptrdiff_t>(size)));
        }
    }
    return windows;
}

}  // namespace

TEST_CASE("a session is a run of items without a gap, in whatever order they come", "[ranks]") {
    for (const int count : sizes()) {
        for (const int gap : {1, 30, 120, 100'000}) {
            INFO(count << " items, gap " << gap);
            const auto expected = sessions_of(numbers(count), gap);
            const auto session = EventTimeWindow::session(std::chrono::milliseconds(gap));
            expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
                expect.items("items",
                             visits(ctx, count)
                                 .window(session)
                                 .with_window()
                                 .map([](std::vector<int> items) {
                                     std::sort(items.begin(), items.end());
                                     return items;
                                 }),
                             expected);
                expect.items("counts", visits(ctx, count).window(session).count(),
                             mapped(expected, [](const auto& window) {
                                 return std::pair(window.first,
                                                  std::uint64_t{window.second.value.size()});
                             }));
                expect.items("folds",
                             visits(ctx, count)
                                 .window(session)
                                 .with_window()
                                 .fold(0, [](int& sum, int n) { sum += n; }),
                             mapped(expected, [](const auto& window) {
                                 const std::vector<int>& items = window.second.value;
                                 return std::pair(
                                     window.first,
                                     Windowed<int>{window.second.window,
                                                   std::accumulate(items.begin(), items.end(), 0)});
                             }));
            });
        }
    }
}

TEST_CASE("an item in the gap makes one session of two", "[ranks]") {
    const std::vector<Timestamp> times{0, 20, 40, 10, 100, 30};
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("sessions",
                     ctx.stream_iter(times)
                         .add_timestamps([](Timestamp t) { return t; },
                                         WatermarkStrategy::bounded_out_of_orderness(1s))
                         .window_all(EventTimeWindow::session(15ms))
                         .with_window()
                         .to_vec()
                         .drop_key(),
                     std::vector<Windowed<std::vector<Timestamp>>>{{{0, 55}, {0, 10, 20, 30, 40}},
                                                                   {{100, 115}, {100}}});
    });
}

TEST_CASE("a key may have many sessions that are kept for late items") {
    // A look at a session costs the same however many there are: else this takes minutes.
    constexpr int count = 100'000;
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    auto sessions =
        ctx.stream_iter(numbers(count))
            .add_timestamps([](int n) { return 100 * n; },
                            [](int, Timestamp time) { return std::optional<Timestamp>(time - 1); })
            .window_all(EventTimeWindow::session(10ms).allowed_lateness(1s))
            .count()
            .collect_count();
    ctx.execute_blocking();
    REQUIRE(sessions.get() == count);
}

TEST_CASE("sessions take items that can only be moved") {
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto sums = ctx.stream_iter(numbers(30))
                    .add_timestamps([](int n) { return n; }, WatermarkStrategy::monotonous())
                    .map([](int n) { return Box{std::make_unique<int>(n)}; })
                    .key_by([](const Box& box) { return *box.content / 10; })
                    .window(EventTimeWindow::session(5ms))
                    .fold(0, [](int& sum, Box&& box) { sum += *box.content; })
                    .unkey()
                    .collect_vec();
    ctx.execute_blocking();
    REQUIRE(sorted(*sums.get()) == std::vector<std::pair<int, int>>{{0, 45}, {1, 145}, {2, 245}});
}

TEST_CASE("windows by number hold so many items of a key, in order", "[ranks]") {
    struct Numbers {
        std::size_t size;
        std::size_t slide;
    };
    for (const Numbers& window : {Numbers{1, 1}, Numbers{10, 10}, Numbers{10, 3}, Numbers{12, 4},
                                  Numbers{7, 1}, Numbers{100, 100}}) {
        for (const int count : sizes()) {
            INFO(window.size << " by " << window.slide << ", " << count << " items");
            const auto expected = number_windows(count, window.size, window.slide);
            expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
                const auto windowed = [&] {
                    return ctx.stream_iter(numbers(count))
                        .group_by(key_of)
                        .window(CountWindow::sliding(window.size, window.slide));
                };
                expect.items("items", windowed().to_vec(), expected);
                expect.items("sums", windowed().sum(), mapped(expected, [](const auto& items) {
                                 return std::pair(
                                     items.first,
                                     std::accumulate(items.second.begin(), items.second.end(), 0));
                             }));
                // Keeps the order, which only the first one decides here.
                expect.items("folds",
                             windowed().fold(-1,
                                             [](int& first, int n) {
                                                 if (first < 0) first = n;
                                             }),
                             mapped(expected, [](const auto& items) {
                                 return std::pair(items.first, items.second.front());
                             }));
                expect.items("last", windowed().last(), mapped(expected, [](const auto& items) {
                                 return std::pair(items.first, items.second.back());
                             }));
            });
        }
    }
}

TEST_CASE("windows by number need no times, and keep the time of the item that completes them",
          "[ranks]") {
    const std::vector<int> items = numbers(20);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items(
            "times",
            ctx.stream_iter(items)
                .add_timestamps([](int n) { return 10 * n; }, WatermarkStrategy::monotonous())
                .window_all(CountWindow::tumbling(5))
                .sum()
                .drop_key()
                .with_timestamps(),
            std::vector<std::pair<int, Timestamp>>{{10, 40}, {35, 90}, {60, 140}, {85, 190}});
    });
}
