// add_timestamps, drop_timestamps, with_timestamps, reorder: times go with the items through every
// operator, and watermarks never promise what does not hold.

#include "catch.hpp"
#include "expectations.hpp"

#include <algorithm>
#include <map>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;
using renoir::Timestamp;
using renoir::timestamp_max;
using renoir::timestamp_min;
using renoir::WatermarkStrategy;

using Stamped = std::pair<int, Timestamp>;

/// Times that go up, down and below zero, but never back by more than 20.
Timestamp time_of(int n) {
    return 3 * n - 700 + (n * 7919) % 20;
}

std::vector<Stamped> stamped(const std::vector<int>& items) {
    return mapped(items, [](int n) { return Stamped{n, time_of(n)}; });
}

auto disorderly(StreamContext& ctx, int count) {
    return ctx.stream_par_iter(0, count).add_timestamps(
        time_of, WatermarkStrategy::bounded_out_of_orderness(20ms));
}

}  // namespace

TEST_CASE("items keep their times through operators, exchanges and merges", "[ranks]") {
    for (const int count : sizes()) {
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("map and filter",
                         disorderly(ctx, count)
                             .map([](int n) { return n + 1; })
                             .filter([](int n) { return n % 3 != 0; })
                             .shuffle()
                             .flat_map([](int n) {
                                 return std::vector{n - 1, n - 1};
                             })
                             .with_timestamps(),
                         [&] {
                             std::vector<Stamped> expected;
                             for (const Stamped& item : stamped(numbers(count))) {
                                 if ((item.first + 1) % 3 != 0)
                                     expected.insert(expected.end(), 2, item);
                             }
                             return expected;
                         }());
            expect.items("keys",
                         disorderly(ctx, count)
                             .group_by([](int n) { return n % 5; })
                             .map([](int, int n) { return n; })
                             .drop_key()
                             .with_timestamps(),
                         stamped(numbers(count)));
            auto copies = disorderly(ctx, count).split(2);
            std::vector<Stamped> twice = stamped(numbers(count));
            twice.insert(twice.end(), twice.begin(), twice.begin() + count);
            expect.items("split and merge",
                         std::move(copies[0]).merge(std::move(copies[1])).with_timestamps(), twice);
        });
    }
}

TEST_CASE("operators to which time means nothing leave it behind", "[ranks]") {
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        expect.items("fold", disorderly(ctx, 100).fold(0, [](int& sum, int n) { sum += n; }),
                     std::vector{4950});
        expect.items("count by key",
                     disorderly(ctx, 100).group_by([](int n) { return n % 2; }).count(),
                     std::vector{std::pair<int, std::uint64_t>(0, 50),
                                 std::pair<int, std::uint64_t>(1, 50)});
        expect.items("dropped", disorderly(ctx, 100).drop_timestamps(), numbers(100));
        expect.items("zip", disorderly(ctx, 1).zip(disorderly(ctx, 1)),
                     std::vector{std::pair(0, 0)});
    });
}

TEST_CASE("a number, a duration and a time point are times", "[ranks]") {
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        const auto monotonous = WatermarkStrategy::monotonous();
        const std::vector<Stamped> expected{{-1, -2000}, {0, 0}, {1, 2000}};
        expect.items("duration",
                     ctx.stream_par_iter(-1, 2)
                         .add_timestamps([](int n) { return 2s * n; }, monotonous)
                         .with_timestamps(),
                     expected);
        expect.items(
            "time point",
            ctx.stream_par_iter(-1, 2)
                .add_timestamps([](int n) { return std::chrono::system_clock::time_point(2s * n); },
                                monotonous)
                .with_timestamps(),
            expected);
        expect.items("microseconds are rounded down",
                     ctx.stream_par_iter(-1, 0)
                         .add_timestamps([](int) { return -1us; }, monotonous)
                         .with_timestamps(),
                     std::vector<Stamped>{{-1, -1}});
    });
}

TEST_CASE("reorder gives each replica its items in the order of their times", "[ranks]") {
    expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
        auto copies = disorderly(ctx, 2000).shuffle().reorder().with_timestamps().split(2);
        const auto goes_back = [last = timestamp_min](const Stamped& item) mutable {
            return std::exchange(last, item.second) > item.second;
        };
        expect.items("out of order", std::move(copies[0]).filter(goes_back),
                     std::vector<Stamped>());
        expect.items("all", std::move(copies[1]), stamped(numbers(2000)));
    });
}

TEST_CASE("the ends of time are times like others", "[ranks]") {
    const std::vector<Timestamp> times{timestamp_min, -1, 0, 1, timestamp_max};
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        for (const auto& strategy :
             {WatermarkStrategy::monotonous(), WatermarkStrategy::bounded_out_of_orderness(1h)}) {
            expect.items("reordered",
                         ctx.stream_iter(times)
                             .add_timestamps([](Timestamp t) { return t; }, strategy)
                             .reorder()
                             .with_timestamps(),
                         mapped(times, [](Timestamp t) { return std::pair(t, t); }));
        }
    });
}

TEST_CASE("a watermark that goes back is ignored", "[ranks]") {
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        // 5 is on time behind the watermark 4 although a later one said 2.
        const auto watermark = [](int, Timestamp t) -> std::optional<Timestamp> {
            return t == 4 ? 4 : 2;
        };
        expect.in_order("order",
                        ctx.stream_iter(std::vector{4, 1, 6, 5})
                            .add_timestamps([](int n) { return n; }, watermark)
                            .reorder()
                            .drop_timestamps(),
                        std::vector{4, 1, 5, 6});
    });
}

TEST_CASE("event time goes on without an idle replica, once it is called idle") {
    // One channel falls silent; the item of the other is released all the same, while both live.
    renoir::StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto [to_silent, silent] = renoir::channel<int>(4);
    auto [to_busy, busy] = renoir::channel<int>(4);
    const auto strategy = WatermarkStrategy::monotonous().idle_after(5ms);
    const auto itself = [](int n) { return n; };
    auto results = ctx.stream(std::move(silent))
                       .add_timestamps(itself, strategy)
                       .merge(ctx.stream(std::move(busy)).add_timestamps(itself, strategy))
                       .reorder()
                       .collect_channel();
    auto job = ctx.execute();
    to_silent.send(1);
    to_busy.send(10);
    to_busy.send(20);
    std::vector<int> released{*results.receive(), *results.receive()};
    CHECK(released == std::vector{1, 10});
    to_silent.close();
    to_busy.close();
    CHECK(results.receive() == 20);
    job.wait();
}

TEST_CASE("strategies that make no sense are refused") {
    CHECK_THROWS_AS(WatermarkStrategy::bounded_out_of_orderness(-1ms), renoir::Error);
    CHECK_THROWS_AS(WatermarkStrategy::monotonous().idle_after(0ms), renoir::Error);
}

namespace {

renoir::TimedStream<int> without_odd_ones(renoir::TimedStream<int> stream) {
    return stream.filter([](int n) { return n % 2 == 0; });
}

}  // namespace

TEST_CASE("a stream with times may be hidden in a signature", "[ranks]") {
    expect_in(few_layouts(), [](StreamContext& ctx, Expectations& expect) {
        expect.items(
            "times", without_odd_ones(disorderly(ctx, 100)).with_timestamps(),
            kept(stamped(numbers(100)), [](const Stamped& item) { return item.first % 2 == 0; }));
    });
}
