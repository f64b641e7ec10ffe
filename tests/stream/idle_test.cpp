// What a worker does before it sleeps, and how little while it waits. An oversight makes a test
// hang until its timeout.

#include "expectations.hpp"

#include <atomic>
#include <future>
#include <random>
#include <thread>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;
using renoir::Clock;
using renoir::SourceContext;
using renoir::SourceStatus;

/// Whether a source may end, and who is to be woken then.
struct Permission {
    std::atomic<bool> given{false};
    std::atomic<renoir::Parker*> source{nullptr};

    void give() {
        given = true;
        source.load()->wake();
    }
};

/// Says that it is idle until, in a step that is the last look of its worker before a sleep,
/// something happens to it. Then it ends as soon as it may.
template <class Event>
class IdleUntilLastLook {
 public:
    IdleUntilLastLook(Event event, const Permission& may_end) : event_(event), may_end_(may_end) {}

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t) {
        ++steps_;
        if (steps_ == polls) polled_ = Clock::now();
        if (steps_ == polls + 2 && !pause_before_last_look()) return SourceStatus::more;
        if (steps_ == polls + 3) event_(emit, deadline_);
        return steps_ > polls + 3 && may_end_.given ? SourceStatus::finished : SourceStatus::idle;
    }

    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

 private:
    // The worker polls so often, then it yields until it has been idle for so long.
    static constexpr int polls = 50;
    static constexpr Clock::duration yields = 300us;

    // Where the machine made a pause of its own, the last look may be over: then all begins again.
    bool pause_before_last_look() {
        if (Clock::now() - polled_ >= yields) {
            steps_ = 0;
            return false;
        }
        while (Clock::now() - polled_ < 5 * yields) continue;
        return true;
    }

    Event event_;
    const Permission& may_end_;
    int steps_ = 0;
    Clock::time_point polled_;
    Clock::time_point deadline_ = Clock::time_point::max();
};

template <class Event>
struct LastLookSource {
    using value_type = int;
    Event event;
    Permission& may_end;

    [[nodiscard]] static Replication replication() { return Replication::one(); }
    [[nodiscard]] auto open(const SourceContext& context) const {
        may_end.source = context.parker;
        return IdleUntilLastLook<Event>(event, may_end);
    }
};
template <class Event>
LastLookSource(Event, Permission&) -> LastLookSource<Event>;

std::vector<Layout> layouts_that_hold_no_item_for_long() {
    std::vector<Layout> some;
    for (const Layout& layout : layouts()) {
        if (layout.batch_name.find("fixed") == std::string::npos) some.push_back(layout);
    }
    return some;
}

/// Lets so much time pass that workers without work are about to sleep, just sleep, or do not yet.
class Pauses {
 public:
    void pass() { std::this_thread::sleep_for(std::chrono::microseconds(length_(random_))); }

 private:
    std::minstd_rand random_{1};
    std::uniform_int_distribution<int> length_{0, 600};
};

std::size_t this_thread() {
    return std::hash<std::thread::id>()(std::this_thread::get_id());
}

/// Emits without end, and always wants to be run again at once.
struct Impatient {
    using value_type = int;
    std::atomic<int>* asked;

    [[nodiscard]] static Replication replication() { return Replication::one(); }
    [[nodiscard]] Impatient open(const SourceContext&) const { return *this; }

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t budget) {
        for (; budget > 0; --budget) emit(1);
        return SourceStatus::more;
    }
    [[nodiscard]] Clock::time_point deadline() const {
        ++*asked;
        return Clock::time_point::min();
    }
};

}  // namespace

TEST_CASE("an item that comes in the last look before a sleep is on its way all the same") {
    for (const Layout& layout : layouts_that_hold_no_item_for_long()) {
        INFO(layout.text());
        Permission may_end;
        const auto give = [](auto& emit, Clock::time_point&) { emit(7); };
        const auto counts = renoir::testing::run(layout, [&](StreamContext& ctx) {
            auto count = ctx.stream(LastLookSource{give, may_end})
                             .shuffle()
                             .inspect([&](int) { may_end.give(); })
                             .collect_count();
            ctx.execute_blocking();
            return count.get();
        });
        REQUIRE(counts[0] == 1);
    }
}

TEST_CASE("a deadline that comes in the last look before a sleep is kept") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        Permission may_end;
        may_end.given = true;
        const auto set = [](auto&, Clock::time_point& deadline) { deadline = Clock::now() + 3ms; };
        const auto counts = renoir::testing::run(layout, [&](StreamContext& ctx) {
            auto count = ctx.stream(LastLookSource{set, may_end}).shuffle().collect_count();
            ctx.execute_blocking();
            return count.get();
        });
        REQUIRE(counts[0] == 0);
    }
}

TEST_CASE("workers that have all gone to sleep wake up for every single item") {
    constexpr int items = 25;
    for (const Layout& layout : layouts_that_hold_no_item_for_long()) {
        INFO(layout.text());
        const auto arrived = renoir::testing::run(layout, [](StreamContext& ctx) {
            auto [sender, source] = renoir::channel<int>(1);
            auto received = ctx.stream(std::move(source))
                                .shuffle()
                                .map([](int n) { return n + 1; })
                                .shuffle()
                                .collect_channel();
            renoir::JobHandle job = ctx.execute();
            std::vector<int> all;
            Pauses pauses;
            for (int n = 0; n < items && sender.send(n); ++n) {
                const std::optional<int> item = received.receive();
                if (!item) break;  // on the ranks that have neither end
                all.push_back(*item);
                pauses.pass();
            }
            sender.close();
            job.wait();
            return all;
        });
        REQUIRE(arrived[0] == mapped(numbers(items), [](int n) { return n + 1; }));
    }
}

TEST_CASE("workers that wait for room wake up whenever there is some") {
    constexpr int items = 300;
    for (const Layout& layout : layouts()) {
        if (layout.batch_name != "single") continue;
        INFO(layout.text());
        const auto collected = renoir::testing::run(layout, [](StreamContext& ctx) {
            // Every ring on the way is full as long as the slow end of it has not caught up.
            auto slow = ctx.stream_par_iter(0, items)
                            .shuffle()
                            .shuffle()
                            .replication(Replication::one())
                            .inspect([pauses = Pauses()](int) mutable { pauses.pass(); })
                            .collect_vec();
            ctx.execute_blocking();
            return slow.get();
        });
        REQUIRE(sorted(*collected[0]) == numbers(items));
    }
}

TEST_CASE("a source that waits for its receivers does not keep its worker busy by its deadline") {
    StreamContext ctx(renoir::RuntimeConfig::local(2).with_pinning(renoir::PinMode::none));
    std::atomic<int> asked{0};
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    ctx.stream(Impatient{&asked})
        .map([](int) { return this_thread(); })
        .shuffle()
        .for_each([released](std::size_t thread_of_source) {
            if (this_thread() != thread_of_source) released.wait();
        });
    renoir::JobHandle job = ctx.execute();
    // Soon the source waits, and a worker that does not sleep asks many times in such a while.
    std::this_thread::sleep_for(100ms);
    release.set_value();
    job.cancel();
    REQUIRE_THROWS_WITH(job.wait(), Catch::Matchers::ContainsSubstring("cancelled"));
    REQUIRE(asked < 20);
}
