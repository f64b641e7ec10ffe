// shuffle, broadcast, repartition_by, replication, max_parallelism and batch_mode: where items go,
// that none is lost, and in which order they come.

#include "expectations.hpp"

#include <atomic>
#include <map>
#include <set>
#include <thread>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;

/// The worker that calls it; different for each worker of each rank. The id of a thread would not
/// do: a thread that starts when another has ended may get its id.
std::uint64_t this_worker(int) {
    static std::atomic<std::uint64_t> threads{0};
    thread_local const std::uint64_t own_number = ++threads;
    return own_number;
}

/// How many items each worker saw, of a stream that says for each item which worker saw it.
template <class Describe>
std::map<std::uint64_t, std::size_t> items_by_worker(const Layout& layout,
                                                     const Describe& describe) {
    const auto results = renoir::testing::run(layout, [&](StreamContext& ctx) {
        auto workers = describe(ctx).map(this_worker).collect_vec();
        ctx.execute_blocking();
        return workers.get();
    });
    std::map<std::uint64_t, std::size_t> items;
    for (const std::uint64_t worker : *results[0]) ++items[worker];
    return items;
}

std::vector<int> copies(const std::vector<int>& items, std::size_t count) {
    std::vector<int> all;
    for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), items.begin(), items.end());
    return all;
}

std::vector<Replication> replications() {
    return {Replication::one(),  Replication::unlimited(), Replication::limited(2),
            Replication::host(), Replication::limited(3),  Replication::limited(100)};
}

std::size_t replicas_of(const Layout& layout, const Replication& replication) {
    return renoir::place(replication, renoir::ClusterLayout(layout.ranks, layout.workers)).size();
}

}  // namespace

TEST_CASE("shuffle loses nothing and makes nothing up", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("from one", ctx.stream_iter(numbers(count)).shuffle(), numbers(count));
            expect.items("from all", ctx.stream_par_iter(0, count).shuffle().shuffle(),
                         numbers(count));
            expect.items("keyed",
                         ctx.stream_par_iter(0, count)
                             .group_by([](int n) { return n % 3; })
                             .shuffle()
                             .map([](const std::pair<int, int>& pair) { return pair.second; }),
                         numbers(count));
        });
    }
}

TEST_CASE("shuffle gives every worker its share, of few items as of many") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const std::size_t workers = stream_test::replicas_of(layout);
        for (const int count : {12, 5000}) {
            const auto items = items_by_worker(layout, [&](StreamContext& ctx) {
                return ctx.stream_iter(numbers(count)).shuffle();
            });
            REQUIRE(items.size() == workers);
            const std::size_t share = static_cast<std::size_t>(count) / workers;
            for (const auto& [worker, seen] : items) {
                REQUIRE(seen <= share + share / 4 + 1);
            }
        }
    }
}

TEST_CASE("broadcast gives every replica a copy of every item", "[ranks]") {
    for (const Layout& layout : layouts()) {
        for (const int count : sizes()) {
            INFO(count << " items");
            const std::vector<int> expected =
                copies(numbers(count), stream_test::replicas_of(layout));
            expect_in({layout}, [&](StreamContext& ctx, Expectations& expect) {
                expect.items("from one", ctx.stream_iter(numbers(count)).broadcast(), expected);
                expect.items("from all", ctx.stream_par_iter(0, count).broadcast(), expected);
            });
        }
        const auto items = items_by_worker(
            layout, [](StreamContext& ctx) { return ctx.stream_par_iter(0, 10).broadcast(); });
        REQUIRE(items.size() == stream_test::replicas_of(layout));
        for (const auto& [worker, seen] : items) REQUIRE(seen == 10);
    }
}

TEST_CASE("replication loses nothing, up or down, and keeps to its limit", "[ranks]") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        for (const Replication& first : replications()) {
            const auto items = items_by_worker(layout, [&](StreamContext& ctx) {
                return ctx.stream_par_iter(0, 100).replication(first);
            });
            REQUIRE(items.size() == replicas_of(layout, first));
        }
    }
    for (const int count : sizes()) {
        INFO(count << " items");
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            for (const Replication& first : replications()) {
                auto stream = ctx.stream_iter(numbers(count)).replication(first);
                for (const Replication& next : replications()) stream = stream.replication(next);
                expect.items("up and down", std::move(stream), numbers(count));
            }
            expect.items("max_parallelism",
                         ctx.stream_par_iter(0, count).max_parallelism(1).max_parallelism(3),
                         numbers(count));
        });
    }
}

TEST_CASE("max_parallelism runs what follows on so many workers") {
    for (const Layout& layout : layouts()) {
        for (const std::size_t limit : {1U, 2U, 5U}) {
            INFO(layout.text() << ", at most " << limit);
            const auto items = items_by_worker(layout, [&](StreamContext& ctx) {
                return ctx.stream_par_iter(0, 200).max_parallelism(limit);
            });
            REQUIRE(items.size() == std::min(limit, stream_test::replicas_of(layout)));
        }
    }
}

TEST_CASE("an unchanged replication keeps items where they are") {
    using Seen = std::pair<std::uint64_t, std::uint64_t>;
    for (const Layout& layout : few_layouts()) {
        INFO(layout.text());
        const auto results = renoir::testing::run(layout, [](StreamContext& ctx) {
            auto seen = ctx.stream_par_iter(0, 100)
                            .map([](int n) { return this_worker(n); })
                            .replication(Replication::unlimited())
                            .map([](std::uint64_t before) { return Seen(before, this_worker(0)); })
                            .collect_vec();
            ctx.execute_blocking();
            return seen.get();
        });
        REQUIRE(results[0]->size() == 100);
        for (const auto& [before, after] : *results[0]) REQUIRE(before == after);
    }
}

TEST_CASE("repartition_by brings equal numbers together on so many workers") {
    using Seen = std::pair<int, std::uint64_t>;
    for (const Layout& layout : layouts()) {
        for (const Replication& replication : replications()) {
            INFO(layout.text());
            const auto results = renoir::testing::run(layout, [&](StreamContext& ctx) {
                auto seen = ctx.stream_par_iter(0, 200)
                                .repartition_by(replication, [](int n) { return n % 10; })
                                .map([](int n) { return Seen(n, this_worker(n)); })
                                .collect_vec();
                ctx.execute_blocking();
                return seen.get();
            });
            std::map<int, std::set<std::uint64_t>> by_number;
            std::set<std::uint64_t> workers;
            std::vector<int> items;
            for (const auto& [n, worker] : *results[0]) {
                by_number[n % 10].insert(worker);
                workers.insert(worker);
                items.push_back(n);
            }
            REQUIRE(sorted(items) == numbers(200));
            REQUIRE(workers.size() <= replicas_of(layout, replication));
            REQUIRE(by_number.size() == 10);
            for (const auto& [number, together] : by_number) REQUIRE(together.size() == 1);
        }
    }
}

TEST_CASE("a block cannot have 0 replicas") {
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    auto stream = ctx.stream_iter(numbers(3));
    REQUIRE_THROWS_WITH(stream.max_parallelism(0),
                        Catch::Matchers::ContainsSubstring("at least 1"));
    stream.for_each([](int) {});
}

TEST_CASE("items between one sender and one receiver keep their order", "[ranks]") {
    const std::vector<int> all = numbers(2000);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.in_order("one to one",
                        ctx.stream_iter(all)
                            .max_parallelism(1)
                            .map([](int n) { return n; })
                            .replication(Replication::one()),
                        all);
        expect.in_order("in place, then to one",
                        ctx.stream_iter(all).replication(Replication::one()), all);
    });
}

TEST_CASE("the order of the items of a key survives group_by, from each sender", "[ranks]") {
    // Each replica makes its own run of 0, 1, 2, ... for every key.
    struct Item {
        std::size_t sender;
        int key;
        int position;
    };
    using Last = std::map<std::pair<std::size_t, int>, int>;
    const auto items_of = [](std::size_t sender, std::size_t) {
        return std::views::iota(0, 600) | std::views::transform([sender](int i) {
                   return Item{sender, i % 5, i / 5};
               });
    };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        // True for an item behind the one that its sender sent before it for the same key.
        const auto follows = [last = Last()](int, const Item& item) mutable {
            int& next = last[{item.sender, item.key}];
            return next++ == item.position;
        };
        expect.items("out of order",
                     ctx.stream_par_iter(items_of)
                         .group_by([](const Item& item) { return item.key; })
                         .filter(std::not_fn(follows))
                         .map([](int, const Item& item) { return item.position; })
                         .drop_key(),
                     std::vector<int>());
    });
}

TEST_CASE("every batch mode carries every item, wherever it is set", "[ranks]") {
    const std::vector<BatchMode> modes{BatchMode::automatic(),     BatchMode::fixed(1),
                                       BatchMode::fixed(5000),     BatchMode::adaptive(8, 100us),
                                       BatchMode::timed(8, 100us), BatchMode::single()};
    for (const int count : sizes()) {
        INFO(count << " items");
        expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
            for (const BatchMode& mode : modes) {
                expect.items("plain",
                             ctx.stream_par_iter(0, count).batch_mode(mode).shuffle().shuffle(),
                             numbers(count));
                expect.items("keyed",
                             ctx.stream_par_iter(0, count)
                                 .group_by([](int n) { return n % 7; })
                                 .batch_mode(mode)
                                 .map([](int, int n) { return n; })
                                 .drop_key(),
                             numbers(count));
            }
        });
    }
}

TEST_CASE("an item arrives although no other follows, in every mode but fixed") {
    for (const Layout& layout : layouts()) {
        if (layout.batch_name.starts_with("fixed")) continue;
        INFO(layout.text());
        const auto answers = renoir::testing::run(layout, [](StreamContext& ctx) {
            auto [sender, source] = renoir::channel<int>(1);
            auto received =
                ctx.stream(std::move(source)).shuffle().map(std::negate<>()).collect_channel();
            renoir::JobHandle job = ctx.execute();
            std::vector<int> arrived;
            // The next number is sent when the last one is back. On other ranks than 0 nobody
            // reads, and nothing comes back.
            for (int n = 0; n < 20; ++n) {
                if (!sender.send(n)) break;
                const std::optional<int> answer = received.receive();
                if (!answer) break;
                arrived.push_back(*answer);
            }
            sender.close();
            job.wait();
            return arrived;
        });
        REQUIRE(answers[0] == mapped(numbers(20), std::negate<>()));
    }
}

TEST_CASE("a batch of fixed size is sent when it is full") {
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto [sender, source] = renoir::channel<int>(100);
    auto received = ctx.stream(std::move(source)).batch_mode(BatchMode::fixed(3)).collect_channel();
    renoir::JobHandle job = ctx.execute();
    for (int round = 0; round < 5; ++round) {
        for (int n = 0; n < 3; ++n) sender.send(n);
        for (int n = 0; n < 3; ++n) REQUIRE(received.receive() == n);
    }
    sender.send(3);
    sender.close();
    REQUIRE(received.receive() == 3);  // the end of the stream sends the rest
    REQUIRE(received.receive() == std::nullopt);
    job.wait();
}
