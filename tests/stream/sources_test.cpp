// Sources of values made by the program: ranges, generators, shares of ranges, channels.

#include "expectations.hpp"

#include <forward_list>
#include <list>
#include <map>
#include <set>
#include <span>
#include <thread>

namespace {

using namespace stream_test;

using Text = std::string;

template <class Number>
std::vector<Number> range_of(Number first, Number last) {
    std::vector<Number> all;
    for (Number n = first; n < last; ++n) all.push_back(n);
    return all;
}

}  // namespace

TEST_CASE("stream_iter has the elements of any range in order", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        const std::vector<int> all = numbers(count);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.in_order("vector", ctx.stream_iter(all), all);
            expect.in_order("list", ctx.stream_iter(std::list<int>(all.begin(), all.end())), all);
            expect.in_order("set", ctx.stream_iter(std::set<int>(all.begin(), all.end())), all);
            expect.in_order("span", ctx.stream_iter(std::span(all)), all);
            expect.in_order("lazy",
                            ctx.stream_iter(std::views::iota(0, count) |
                                            std::views::transform([](int n) { return n * n; })),
                            mapped(all, [](int n) { return n * n; }));
            expect.in_order("of bool", ctx.stream_iter(std::vector<bool>(all.size(), true)),
                            std::vector<bool>(all.size(), true));
        });
    }
}

TEST_CASE("stream_iter leaves a container alone that it was given a copy or a view of", "[ranks]") {
    const std::vector<Text> texts{"one", "another one that is longer", ""};
    const std::map<int, Text> table{{1, "one"}, {2, "two"}};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.in_order("copy", ctx.stream_iter(texts), texts);
        expect.in_order("view", ctx.stream_iter(std::views::all(texts)), texts);
        expect.in_order("map", ctx.stream_iter(table),
                        std::vector<std::pair<int, Text>>(table.begin(), table.end()));
        expect.in_order("keys", ctx.stream_iter(std::views::keys(table)), std::vector{1, 2});
    });
    REQUIRE(texts == std::vector<Text>{"one", "another one that is longer", ""});
}

TEST_CASE("stream_generator has what the generator returns until it returns nothing", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto generate = [n = 0, count]() mutable {
                return n < count ? std::optional(std::to_string(n++)) : std::nullopt;
            };
            expect.in_order("texts", ctx.stream_generator(generate),
                            mapped(numbers(count), [](int n) { return std::to_string(n); }));
        });
    }
}

TEST_CASE("stream_par_iter cuts a range of numbers into shares", "[ranks]") {
    expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
        for (const int count : sizes())
            expect.items("int", ctx.stream_par_iter(0, count), numbers(count));
        expect.items("negative", ctx.stream_par_iter(-7, 9), range_of(-7, 9));
        expect.items("backwards", ctx.stream_par_iter(9, -7), std::vector<int>());
        expect.items("small", ctx.stream_par_iter<std::int8_t>(-128, 127),
                     range_of<std::int8_t>(-128, 127));
        const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
        expect.items("large", ctx.stream_par_iter(most - 50, most), range_of(most - 50, most));
        const std::int64_t least = std::numeric_limits<std::int64_t>::min();
        expect.items("least", ctx.stream_par_iter(least, least + 50), range_of(least, least + 50));
    });
}

TEST_CASE("the shares of replicas differ by one item at most") {
    for (const std::size_t replicas : {1U, 2U, 3U, 7U, 100U}) {
        for (const int count : {0, 1, 6, 99, 100, 101}) {
            std::vector<int> all;
            for (std::size_t replica = 0; replica < replicas; ++replica) {
                const auto share = renoir::detail::share_of(0, count, replica, replicas);
                const auto size = static_cast<std::size_t>(std::ranges::distance(share));
                const std::size_t even = static_cast<std::size_t>(count) / replicas;
                REQUIRE(size >= even);
                REQUIRE(size <= even + 1);
                all.insert(all.end(), share.begin(), share.end());
            }
            REQUIRE(all == numbers(count));
        }
    }
}

TEST_CASE("a function of stream_par_iter is called once for each replica", "[ranks]") {
    using Call = std::pair<std::size_t, std::size_t>;
    for (const Layout& layout : layouts()) {
        const std::size_t replicas = replicas_of(layout);
        std::vector<Call> expected;
        for (std::size_t replica = 0; replica < replicas; ++replica)
            expected.emplace_back(replica, replicas);
        expect_in({layout}, [&](StreamContext& ctx, Expectations& expect) {
            expect.items("calls", ctx.stream_par_iter([](std::size_t replica, std::size_t count) {
                return std::vector{Call(replica, count)};
            }),
                         expected);
        });
    }
}

TEST_CASE("a channel carries the items of many producers and ends with the last") {
    for (const Layout& layout : few_layouts()) {
        for (const std::size_t capacity : {1U, 64U}) {
            INFO(layout.text() << ", capacity " << capacity);
            const auto results = renoir::testing::run(layout, [&](StreamContext& ctx) {
                auto [sender, source] = renoir::channel<Text>(capacity);
                auto collected = ctx.stream(std::move(source)).shuffle().collect_vec();
                renoir::JobHandle job = ctx.execute();
                {
                    std::vector<std::jthread> producers;
                    for (int producer = 0; producer < 4; ++producer) {
                        // On ranks without the source nobody reads, and send() returns false when
                        // the job has ended.
                        producers.emplace_back([own = sender, producer]() mutable {
                            for (int n = producer; n < 400; n += 4) {
                                if (!own.send(std::to_string(n))) return;
                            }
                        });
                    }
                    sender.close();
                }
                job.wait();
                return collected.get();
            });
            REQUIRE(sorted(*results[0]) ==
                    sorted(mapped(numbers(400), [](int n) { return std::to_string(n); })));
        }
    }
}

TEST_CASE("a channel keeps the order of a producer and what was sent before the execution") {
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto [sender, source] = renoir::channel<int>(1000);
    for (const int n : numbers(1000)) REQUIRE(sender.send(n));
    int refused = 1000;
    REQUIRE_FALSE(sender.try_send(refused));
    sender.close();
    auto collected = ctx.stream(std::move(source)).collect_vec();
    ctx.execute_blocking();
    REQUIRE(*collected.get() == numbers(1000));
}

TEST_CASE("nothing can be sent to a job that has ended") {
    auto [sender, source] = renoir::channel<int>(1);
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    ctx.stream(std::move(source)).for_each([](int) {});
    {
        renoir::JobHandle job = ctx.execute();
        REQUIRE(sender.send(1));
        job.cancel();
        REQUIRE_THROWS_AS(job.wait(), renoir::Error);
    }
    for (int n = 0; n < 3; ++n) REQUIRE_FALSE(sender.send(n));
}

TEST_CASE("a wrong use of a channel is an error that says so") {
    using Catch::Matchers::ContainsSubstring;
    REQUIRE_THROWS_WITH(renoir::channel<int>(0), ContainsSubstring("capacity 0"));
    auto channel = renoir::channel<int>(1);
    channel.sender.close();
    channel.sender.close();
    REQUIRE_THROWS_WITH(channel.sender.send(1), ContainsSubstring("closed"));
}

TEST_CASE("a source without items ends its job", "[ranks]") {
    expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
        auto [sender, source] = renoir::channel<int>(1);
        sender.close();
        expect.items("channel", ctx.stream(std::move(source)).shuffle(), std::vector<int>());
    });
}
