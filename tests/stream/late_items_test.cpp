// Late items: which ones are late, what becomes of them, and that nothing else does.

#include "windows.hpp"

#include <numeric>
#include <random>
#include <set>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;

/// An item with its time and the watermark that follows it.
struct Event {
    int id;
    Timestamp time;
    Timestamp watermark;
    friend auto operator<=>(const Event&, const Event&) = default;
};

/// Items in disorder, with watermarks that rise, fall back and stand still.
std::vector<Event> random_events(unsigned seed, int count) {
    std::mt19937 random(seed);
    const auto below = [&](int limit) {
        return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    std::vector<Event> events;
    Timestamp now = -500;
    Timestamp watermark = -600;
    for (int id = 0; id < count; ++id) {
        now += below(20);
        if (below(10) == 0) watermark = now - 30 + below(40);
        events.push_back({id, now - below(120), below(15) == 0 ? now - 200 : watermark});
    }
    return events;
}

int key_of_event(const Event& event) {
    return event.id % 3;
}

/// What becomes of events that come in this order from one replica.
struct Outcome {
    std::map<std::pair<int, Timestamp>, std::set<int>> windows;  // by key and start
    std::vector<int> late;
};

Outcome outcome_of(const std::vector<Event>& events, const Shape& shape, Timestamp lateness) {
    Outcome outcome;
    Timestamp watermark = timestamp_min;
    for (const Event& event : events) {
        bool is_late = true;
        for (const TimeWindow& window : shape.windows_of(event.time)) {
            if (window.end - 1 + lateness <= watermark) continue;
            is_late = false;
            outcome.windows[{key_of_event(event), window.start}].insert(event.id);
        }
        if (is_late) outcome.late.push_back(event.id);
        watermark = std::max(watermark, event.watermark);
    }
    return outcome;
}

/// What sessions of events that come in this order from one replica give, one after the other.
struct SessionOutcome {
    std::vector<std::pair<int, Windowed<std::vector<int>>>> fired;
    std::vector<int> late;
};

class NaiveSessions {
 public:
    NaiveSessions(Timestamp gap, Timestamp lateness) : gap_(gap), lateness_(lateness) {}

    void add(const Event& event) {
        if (event.time + gap_ - 1 + lateness_ <= watermark_) {
            outcome_.late.push_back(event.id);
            return;
        }
        Session merged{key_of_event(event), event.time, event.time, {event.id}, false};
        std::erase_if(sessions_, [&](const Session& other) {
            const bool meet = other.key == merged.key && other.first < merged.last + gap_ &&
                              merged.first < other.last + gap_;
            if (!meet) return false;
            merged.first = std::min(merged.first, other.first);
            merged.last = std::max(merged.last, other.last);
            merged.ids.insert(merged.ids.end(), other.ids.begin(), other.ids.end());
            return true;
        });
        sessions_.push_back(std::move(merged));
        advance(watermark_);
    }

    void advance(Timestamp watermark) {
        watermark_ = std::max(watermark_, watermark);
        for (Session& session : sessions_) {
            if (session.has_fired || session.last + gap_ - 1 > watermark_) continue;
            session.has_fired = true;
            std::sort(session.ids.begin(), session.ids.end());
            outcome_.fired.push_back(
                {session.key, {{session.first, session.last + gap_}, session.ids}});
        }
        std::erase_if(sessions_, [&](const Session& session) {
            return session.last + gap_ - 1 + lateness_ <= watermark_;
        });
    }

    [[nodiscard]] const SessionOutcome& outcome() const { return outcome_; }

 private:
    struct Session {
        int key;
        Timestamp first;
        Timestamp last;
        std::vector<int> ids;
        bool has_fired;
    };
    Timestamp gap_;
    Timestamp lateness_;
    Timestamp watermark_ = timestamp_min;
    std::vector<Session> sessions_;
    SessionOutcome outcome_;
};

SessionOutcome sessions_of(const std::vector<Event>& events, Timestamp gap, Timestamp lateness) {
    NaiveSessions sessions(gap, lateness);
    for (const Event& event : events) {
        sessions.add(event);
        sessions.advance(event.watermark);
    }
    sessions.advance(1'000'000);
    return sessions.outcome();
}

template <class Events>
auto with_times_of_their_own(Events events) {
    return events.add_timestamps(
        [](const Event& event) { return event.time; },
        [](const Event& event, Timestamp) -> std::optional<Timestamp> { return event.watermark; });
}

auto with_times(renoir::StreamContext& ctx, std::vector<Event> events) {
    return with_times_of_their_own(ctx.stream_iter(std::move(events)));
}

/// The same, where many events reach the next operator at once.
auto with_times_in_batches(renoir::StreamContext& ctx, const std::vector<Event>& events) {
    static_assert(renoir::is_flat<Event>);
    return with_times_of_their_own(
        ctx.stream_iter(std::vector<std::vector<Event>>{events}).flatten());
}

/// A key that belongs to this one of two replicas.
int key_of_replica(std::size_t replica) {
    int key = 0;
    while (renoir::detail::destination_of(renoir::hash_of(key), 2) != replica) ++key;
    return key;
}

int id_of(const Event& event) {
    return event.id;
}

/// The last and greatest of the results that a window has given, and all late items.
template <class Windows>
void expect_outcome(StreamContext& ctx, Expectations& expect, const std::vector<Event>& events,
                    const Shape& shape, const Windows& windows) {
    const Outcome outcome = outcome_of(events, shape, windows.lateness());
    using Ids = std::vector<int>;
    std::vector<std::pair<std::pair<int, Timestamp>, Ids>> expected;
    for (const auto& [window, ids] : outcome.windows)
        expected.push_back({window, Ids(ids.begin(), ids.end())});
    auto windowed = with_times(ctx, events).group_by(key_of_event).window(windows);
    auto late = windowed.late_output();
    expect.items("late", late.map(id_of).drop_timestamps(), outcome.late);
    expect.items("windows",
                 std::move(windowed)
                     .with_window()
                     .map([](const std::vector<Event>& items) {
                         Ids ids = mapped(items, id_of);
                         std::sort(ids.begin(), ids.end());
                         return ids;
                     })
                     .unkey()
                     .drop_timestamps()
                     .group_by([](const auto& result) {
                         return std::pair(result.first, result.second.window.start);
                     })
                     .reduce([](auto a, auto b) {
                         return a.second.value.size() < b.second.value.size() ? b : a;
                     })
                     .map([](const auto&, const auto& result) { return result.second.value; }),
                 expected);
    expect.items("sums",
                 with_times_in_batches(ctx, events)
                     .group_by(key_of_event)
                     .window(windows)
                     .with_window()
                     .count()
                     .unkey()
                     .drop_timestamps()
                     .group_by([](const auto& result) {
                         return std::pair(result.first, result.second.window.start);
                     })
                     .max([](const auto& result) { return result.second.value; })
                     .map([](const auto&, const auto& result) { return result.second.value; }),
                 mapped(expected, [](const auto& window) {
                     return std::pair(window.first, std::uint64_t{window.second.size()});
                 }));
}

}  // namespace

TEST_CASE("bug 8.6: what is late depends on watermarks alone, and does no harm", "[ranks]") {
    const Shape tumbling{50, 50, 0};
    const Shape sliding{60, 20, 5};
    for (unsigned seed = 0; seed < 6; ++seed) {
        INFO("seed " << seed);
        const std::vector<Event> events = random_events(seed, 400);
        REQUIRE_FALSE(outcome_of(events, tumbling, 0).late.empty());
        REQUIRE_FALSE(outcome_of(events, sliding, 40).late.empty());
        expect_in(seed < 2 ? layouts() : few_layouts(), [&](StreamContext& ctx,
                                                            Expectations& expect) {
            expect_outcome(ctx, expect, events, tumbling, tumbling.tumbling());
            expect_outcome(ctx, expect, events, tumbling,
                           tumbling.tumbling().allowed_lateness(40ms));
            expect_outcome(ctx, expect, events, sliding, sliding.sliding());
            expect_outcome(ctx, expect, events, sliding, sliding.sliding().allowed_lateness(40ms));
        });
    }
}

TEST_CASE("live input gives the same windows as a replay of it") {
    const Shape sliding{60, 20, 5};
    for (unsigned seed = 10; seed < 13; ++seed) {
        const std::vector<Event> events = random_events(seed, 400);
        const Outcome outcome = outcome_of(events, sliding, 0);
        std::vector<std::pair<int, Windowed<std::uint64_t>>> expected;
        for (const auto& [window, ids] : outcome.windows)
            expected.push_back(
                {window.first, {{window.second, window.second + sliding.size}, ids.size()}});
        for (const unsigned workers : {1U, 3U}) {
            INFO("seed " << seed << ", " << workers << " workers");
            StreamContext ctx(renoir::RuntimeConfig::local(workers));
            auto [to_stream, live] = renoir::channel<Event>(4);
            auto counts = with_times_of_their_own(ctx.stream(std::move(live)))
                              .group_by(key_of_event)
                              .window(sliding.sliding())
                              .with_window()
                              .count()
                              .collect_vec();
            auto job = ctx.execute();
            for (const Event& event : events) to_stream.send(event);
            to_stream.close();
            job.wait();
            const auto rows = counts.get();
            REQUIRE(rows.has_value());
            CHECK(renoir::testing::sorted(*rows) == expected);
            CHECK(ctx.late_items() == outcome.late.size());
        }
    }
}

TEST_CASE("a window with a lateness fires when it is over, and again for each late item",
          "[ranks]") {
    const std::vector<Event> events{{0, 1, 2},   {0, 3, 10}, {0, 4, 12},
                                    {0, 15, 14}, {0, 5, 15}, {0, 16, timestamp_min}};
    const std::vector<std::pair<int, std::uint64_t>> expected{{0, 2}, {0, 3}, {0, 2}};
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        // [0, 10) fires with two items at 10, with three at 12; 5 comes behind 14 = 9 + 5, too
        // late.
        expect.in_order("combining",
                        with_times(ctx, events)
                            .group_by(key_of_event)
                            .window(EventTimeWindow::tumbling(10ms).allowed_lateness(5ms))
                            .count(),
                        expected);
        expect.in_order("not combining",
                        with_times(ctx, events)
                            .group_by(key_of_event)
                            .window(EventTimeWindow::tumbling(10ms).allowed_lateness(5ms))
                            .fold(std::uint64_t{0}, [](std::uint64_t& n, const Event&) { ++n; }),
                        expected);
    });
}

TEST_CASE("late items are counted where they are dropped") {
    renoir::StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto counts = with_times(ctx, {{0, 5, 20}, {1, 6, 20}, {2, 7, 20}, {3, 25, 30}})
                      .group_by(key_of_event)
                      .window(EventTimeWindow::tumbling(10ms))
                      .count()
                      .collect_vec();
    ctx.execute_blocking();
    CHECK(counts.get()->size() == 2);
    CHECK(ctx.late_items() == 2);
}

TEST_CASE("sessions let late items go too", "[ranks]") {
    // The watermark 20 ends the session of 5 (until 15); 12 alone would end at 22, so it is not
    // late.
    const std::vector<Event> events{{0, 5, 20}, {0, 6, 20}, {0, 12, 20}, {0, 19, 22}};
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto windowed =
            with_times(ctx, events).group_by(key_of_event).window(EventTimeWindow::session(10ms));
        expect.items("late", windowed.late_output().map([](const Event& e) { return e.time; }),
                     std::vector<Timestamp>{6});
        expect.in_order("sessions", std::move(windowed).with_window().count().drop_key(),
                        std::vector<Windowed<std::uint64_t>>{{{5, 15}, 1}, {{12, 29}, 2}});
    });
}

TEST_CASE("a session with a lateness fires when it is over, and again for each late item",
          "[ranks]") {
    for (const Timestamp gap : {10, 40}) {
        for (const Timestamp lateness : {0, 30, 200}) {
            for (const unsigned seed : {1U, 2U}) {
                INFO("gap " << gap << ", lateness " << lateness << ", seed " << seed);
                const std::vector<Event> events = random_events(seed, 300);
                const SessionOutcome outcome = sessions_of(events, gap, lateness);
                const auto sessions = EventTimeWindow::session(std::chrono::milliseconds(gap))
                                          .allowed_lateness(std::chrono::milliseconds(lateness));
                expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
                    auto windowed = with_times(ctx, events).group_by(key_of_event).window(sessions);
                    expect.items("late", windowed.late_output().map(id_of).drop_timestamps(),
                                 outcome.late);
                    expect.items("combining",
                                 std::move(windowed)
                                     .with_window()
                                     .map([](const std::vector<Event>& items) {
                                         std::vector<int> ids = mapped(items, id_of);
                                         std::sort(ids.begin(), ids.end());
                                         return ids;
                                     })
                                     .unkey()
                                     .drop_timestamps(),
                                 outcome.fired);
                    expect.items(
                        "not combining",
                        with_times(ctx, events)
                            .group_by(key_of_event)
                            .window(sessions)
                            .with_window()
                            .fold(0, [](int& sum, const Event& e) { sum += e.id; })
                            .unkey()
                            .drop_timestamps(),
                        mapped(outcome.fired, [](const auto& fired) {
                            const auto& [window, ids] = fired.second;
                            return std::pair(
                                fired.first,
                                Windowed<int>{window, std::accumulate(ids.begin(), ids.end(), 0)});
                        }));
                });
            }
        }
    }
}

TEST_CASE("an idle replica does not hold windows back") {
    renoir::StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto [to_silent, silent] = renoir::channel<int>(4);
    auto [to_busy, busy] = renoir::channel<int>(4);
    const auto strategy = WatermarkStrategy::monotonous().idle_after(5ms);
    const auto itself = [](int n) { return n; };
    auto results = ctx.stream(std::move(silent))
                       .add_timestamps(itself, strategy)
                       .merge(ctx.stream(std::move(busy)).add_timestamps(itself, strategy))
                       .window_all(EventTimeWindow::tumbling(10ms))
                       .sum()
                       .drop_key()
                       .collect_channel();
    auto job = ctx.execute();
    to_silent.send(1);
    to_busy.send(5);
    to_busy.send(15);
    to_busy.send(25);
    CHECK(results.receive() == 6);  // while both live
    CHECK(results.receive() == 15);
    to_silent.close();
    to_busy.close();
    CHECK(results.receive() == 25);
    job.wait();
}

TEST_CASE("what a replica says after it was idle may be too late for all") {
    const auto results_of = [](const auto& describe) {
        StreamContext ctx(renoir::RuntimeConfig::local(2));
        auto [sender, receiver] = renoir::channel<int>(4);
        // Even numbers go to one of the replicas that give times, odd ones to the other.
        const auto parity = [](int n) {
            return n % 2 == 0 ? key_of_replica(0) : key_of_replica(1);
        };
        auto results =
            describe(ctx.stream(std::move(receiver))
                         .repartition_by(Replication::unlimited(), parity)
                         .add_timestamps([](int n) { return n; },
                                         WatermarkStrategy::monotonous().idle_after(5ms)))
                .drop_key()
                .collect_channel();
        auto job = ctx.execute();
        sender.send(2);
        sender.send(5);
        sender.send(25);
        std::vector<int> all{*results.receive()};  // so the replica of 2 is idle
        sender.send(4);
        sender.close();
        while (auto result = results.receive()) all.push_back(*result);
        job.wait();
        CHECK(ctx.late_items() == 1);
        return all;
    };
    const auto add = [](int& sum, int n) { sum += n; };
    CHECK(results_of([](auto items) {
              return items.window_all(EventTimeWindow::tumbling(10ms)).sum();
          }) == std::vector{7, 25});
    CHECK(results_of([&](auto items) {
              return items.window_all(EventTimeWindow::tumbling(10ms)).fold(0, add);
          }) == std::vector{7, 25});
    CHECK(results_of([](auto items) {
              return items.window_all(EventTimeWindow::sliding(10ms, 10ms)).sum();
          }) == std::vector{7, 25});
    CHECK(results_of([&](auto items) {
              return items.window_all(EventTimeWindow::sliding(10ms, 10ms)).fold(0, add);
          }) == std::vector{7, 25});
    CHECK(results_of([](auto items) {
              return items.window_all(EventTimeWindow::session(10ms)).sum();
          }) == std::vector{7, 25});
}

TEST_CASE("bug 8.9: a replica that ends no longer holds windows back") {
    renoir::StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto [to_short, short_one] = renoir::channel<int>(4);
    auto [to_long, long_one] = renoir::channel<int>(4);
    const auto itself = [](int n) { return n; };
    const auto strategy = WatermarkStrategy::monotonous();
    auto results = ctx.stream(std::move(short_one))
                       .add_timestamps(itself, strategy)
                       .merge(ctx.stream(std::move(long_one)).add_timestamps(itself, strategy))
                       .window_all(EventTimeWindow::tumbling(10ms))
                       .sum()
                       .drop_key()
                       .collect_channel();
    auto job = ctx.execute();
    to_long.send(5);
    to_long.send(15);
    to_short.send(1);
    to_short.close();
    CHECK(results.receive() == 6);  // long before the other one ends
    to_long.close();
    CHECK(results.receive() == 15);
    job.wait();
}

TEST_CASE("windows at the ends of time", "[ranks]") {
    const std::vector<Timestamp> times{timestamp_min,     timestamp_min + 1, -1, 0,
                                       timestamp_max - 1, timestamp_max};
    const auto expect_counts = [&](StreamContext& ctx, Expectations& expect, const auto& windows,
                                   const std::vector<std::uint64_t>& expected) {
        for (const auto& strategy :
             {WatermarkStrategy::monotonous(), WatermarkStrategy::bounded_out_of_orderness(1h)}) {
            const auto windowed = [&] {
                return ctx.stream_iter(times)
                    .add_timestamps([](Timestamp t) { return t; }, strategy)
                    .window_all(windows);
            };
            expect.items("combining", windowed().count().drop_key(), expected);
            expect.items("not combining",
                         windowed()
                             .fold(std::uint64_t{0}, [](std::uint64_t& n, Timestamp) { ++n; })
                             .drop_key(),
                         expected);
        }
    };
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect_counts(ctx, expect, EventTimeWindow::tumbling(1s), {1, 1, 2, 2});
        expect_counts(ctx, expect, EventTimeWindow::tumbling(1s).offset(1ms), {2, 2, 2});
        expect_counts(ctx, expect, EventTimeWindow::session(1s), {2, 2, 2});
        expect_counts(ctx, expect, EventTimeWindow::sliding(2ms, 1ms), {1, 1, 1, 1, 1, 2, 2, 2});
    });
}

TEST_CASE("late_output is given once") {
    renoir::StreamContext ctx(renoir::RuntimeConfig::local(1));
    auto windowed = timed_numbers(ctx, 1).group_by(key_of).window(EventTimeWindow::tumbling(1ms));
    auto late = windowed.late_output();
    CHECK_THROWS_AS(windowed.late_output(), renoir::Error);
}
