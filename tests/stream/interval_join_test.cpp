// interval_join against nested loops: any times, any bounds, and state that does not grow.

#include "join_references.hpp"

namespace {

using namespace stream_test;
using namespace std::chrono_literals;
using renoir::Timestamp;
using renoir::timestamp_max;
using renoir::timestamp_min;
using renoir::WatermarkStrategy;

/// A number for the key and what tells two rows apart, and a time.
struct Event {
    int number = 0;
    Timestamp time = 0;

    friend auto operator<=>(const Event&, const Event&) = default;
};

using Events = std::vector<Event>;

int key_of(const Event& event) {
    return event.number % 5;
}

Timestamp time_of(const Event& event) {
    return event.time;
}

/// The pairs with their keys and times, as two loops find them. The differences of times are taken
/// apart from those that would overflow.
auto nested_loops(const Events& left, const Events& right, Timestamp lower, Timestamp upper) {
    __extension__ using Wide = __int128;
    std::vector<std::pair<std::pair<int, std::pair<Event, Event>>, Timestamp>> rows;
    for (const Event& a : left) {
        for (const Event& b : right) {
            const Wide difference = Wide{b.time} - a.time;
            if (key_of(a) == key_of(b) && lower <= difference && difference <= upper)
                rows.push_back({{key_of(a), {a, b}}, std::max(a.time, b.time)});
        }
    }
    return rows;
}

/// Events whose times go up on the whole, but jump back by at most `disorder`.
Events random_events(int count, Timestamp first, Timestamp step, Timestamp disorder,
                     unsigned seed) {
    std::mt19937 random(seed);
    Events events;
    for (int i = 0; i < count; ++i) {
        const Timestamp back = disorder == 0 ? 0 : static_cast<Timestamp>(random()) % disorder;
        events.push_back({static_cast<int>(random() % 1000), first + i * step - back});
    }
    return events;
}

auto timed(StreamContext& ctx, const Events& events, Timestamp disorder) {
    return ctx.stream_iter(events).add_timestamps(
        time_of, WatermarkStrategy::bounded_out_of_orderness(std::chrono::milliseconds(disorder)));
}

/// The same from all replicas, so that rows and watermarks of several senders mix.
auto timed_in_parallel(StreamContext& ctx, const Events& events, Timestamp disorder) {
    return ctx.stream_par_iter(std::size_t{0}, events.size())
        .map([events](std::size_t index) { return events[index]; })
        .add_timestamps(time_of, WatermarkStrategy::bounded_out_of_orderness(
                                     std::chrono::milliseconds(disorder)));
}

template <class Left, class Right>
auto joined(Left left, Right right, Timestamp lower, Timestamp upper) {
    return left.group_by(key_of)
        .interval_join(right.group_by(key_of), lower, upper)
        .unkey()
        .with_timestamps();
}

}  // namespace

TEST_CASE("interval_join finds what nested loops find", "[ranks]") {
    struct Bounds {
        Timestamp lower;
        Timestamp upper;
    };
    const Timestamp disorder = 30;
    unsigned seed = 0;
    for (const auto& [lower, upper] :
         {Bounds{0, 0}, {-1, 2}, {-25, -3}, {4, 40}, {-200, 200}, {timestamp_min, timestamp_max}}) {
        INFO(lower << " to " << upper);
        const Events left = random_events(60, -300, 7, disorder, ++seed);
        const Events right = random_events(90, -200, 4, disorder, ++seed);
        const auto expected = nested_loops(left, right, lower, upper);
        expect_in(
            layouts(), [&, lower = lower, upper = upper](StreamContext& ctx, Expectations& expect) {
                expect.items(
                    "one sender each",
                    joined(timed(ctx, left, disorder), timed(ctx, right, disorder), lower, upper),
                    expected);
                expect.items("many senders",
                             joined(timed_in_parallel(ctx, left, disorder),
                                    timed_in_parallel(ctx, right, disorder), lower, upper),
                             expected);
            });
    }
}

TEST_CASE("bug 8.8: interval_join takes any event time", "[ranks]") {
    const Timestamp low = timestamp_min;
    const Timestamp high = timestamp_max;
    const Events left{{0, low}, {5, low + 1}, {10, -1}, {15, 0}, {20, high - 1}, {25, high}};
    const Events right{{0, low}, {5, low + 2}, {10, -2}, {15, 1}, {20, high - 2}, {25, high}};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        for (const auto& [lower, upper] : {std::pair(Timestamp{-1}, Timestamp{1}),
                                           {low, high},
                                           {low, low},
                                           {high, high},
                                           {Timestamp{-2}, Timestamp{-1}},
                                           {Timestamp{0}, high},
                                           {low, Timestamp{0}}}) {
            expect.items(std::to_string(lower) + " to " + std::to_string(upper),
                         joined(timed(ctx, left, 0), timed(ctx, right, 0), lower, upper),
                         nested_loops(left, right, lower, upper));
        }
    });
}

TEST_CASE("an interval_join with an empty side has no rows", "[ranks]") {
    const Events events = random_events(50, 0, 3, 0, 3);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        using Row = std::pair<std::pair<int, std::pair<Event, Event>>, Timestamp>;
        expect.items("no left", joined(timed(ctx, {}, 0), timed(ctx, events, 0), -10, 10),
                     std::vector<Row>());
        expect.items("no right", joined(timed(ctx, events, 0), timed(ctx, {}, 0), -10, 10),
                     std::vector<Row>());
    });
}

TEST_CASE("bug 8.8: watermarks come out of an interval_join, none of them too early", "[ranks]") {
    const Events left = random_events(2000, -3000, 5, 40, 11);
    const Events right = random_events(2000, -3000, 5, 40, 12);
    const auto expected = nested_loops(left, right, -20, 20);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("late rows",
                     timed_in_parallel(ctx, left, 40)
                         .group_by(key_of)
                         .interval_join(timed_in_parallel(ctx, right, 40).group_by(key_of), -20, 20)
                         .unkey()
                         .reorder()
                         .with_timestamps()
                         .rich_map([last = timestamp_min](const auto& row) mutable {
                             const bool is_late = row.second < last;
                             last = row.second;
                             return is_late ? 1 : 0;
                         }),
                     std::vector<int>(expected.size(), 0));
    });
}

TEST_CASE("the bounds of an interval_join are durations or milliseconds", "[ranks]") {
    const Events left{{0, 1000}};
    const Events right{{0, 998}, {0, 999}, {0, 1001}, {0, 1002}, {0, 3001}};
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto with = [&](auto lower, auto upper) {
            return timed(ctx, left, 0)
                .group_by(key_of)
                .interval_join(timed(ctx, right, 0).group_by(key_of), lower, upper)
                .drop_key()
                .map([](const auto& pair) { return pair.second.time; })
                .drop_timestamps();
        };
        expect.items("seconds", with(1s, 2s), std::vector<Timestamp>{});
        expect.items("mixed", with(-1, 2s), std::vector<Timestamp>{999, 1001, 1002});
        expect.items("finer than a millisecond", with(-1500us, 1500us),
                     std::vector<Timestamp>{999, 1001});
    });
}

TEST_CASE("bounds of an interval_join in the wrong order are a mistake") {
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    REQUIRE_THROWS_WITH(
        static_cast<void>(timed(ctx, {}, 0)
                              .group_by(key_of)
                              .interval_join(timed(ctx, {}, 0).group_by(key_of), 5ms, 4ms)),
        Catch::Contains("interval_join") && Catch::Contains("lower bound of 5 ms"));
}
