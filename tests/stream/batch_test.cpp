// Functions of whole batches, against loops, in every layout.

#include "expectations.hpp"
#include "files.hpp"

#include <atomic>
#include <random>
#include <set>
#include <span>

namespace {

using namespace stream_test;
using Text = std::string;

struct Point {
    double x = 0;
    double y = 0;
};

struct Named {
    int number = 0;
    std::string_view name;
};

std::vector<Point> points(int count) {
    return mapped(numbers(count), [](int n) { return Point{n * 0.5, n * -2.0}; });
}

void halve(std::span<const int> in, std::span<double> out) {
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i] * 0.5;
}

std::vector<int> odd_ones_twice(std::span<const int> in) {
    std::vector<int> out;
    for (const int n : in) {
        if (n % 2 != 0) out.insert(out.end(), 2, n);
    }
    return out;
}

void add_all(std::int64_t& sum, std::span<const int> in) {
    for (const int n : in) sum += n;
}

void add_sums(std::int64_t& sum, std::int64_t other) {
    sum += other;
}

std::vector<std::int64_t> sum_or_nothing(const std::vector<int>& items) {
    if (items.empty()) return {};
    return {std::accumulate(items.begin(), items.end(), std::int64_t{0})};
}

int plus_one(int n) {
    return n + 1;
}

Text text_of(int n) {
    return Text(static_cast<std::size_t>(n % 50), 't') + std::to_string(n);
}

}  // namespace

TEST_CASE("map_batch gives each item its result", "[ranks]") {
    for (const int size : sizes()) {
        const auto halves = mapped(numbers(size), [](int n) { return n * 0.5; });
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("source", ctx.stream_par_iter(0, size).map_batch(halve), halves);
            expect.items("exchange", ctx.stream_iter(numbers(size)).shuffle().map_batch(halve),
                         halves);
            expect.items("generic",
                         ctx.stream_iter(numbers(size)).map_batch<double>([](auto in, auto out) {
                             halve(in, out);
                         }),
                         halves);
        });
    }
}

TEST_CASE("batches keep the order of the items, however these come", "[ranks]") {
    const std::vector<int> all = numbers(5'000);
    const auto is_third = [](int n) { return n % 3 == 0; };
    std::vector<double> expected =
        mapped(kept(mapped(all, plus_one), is_third), [](int n) { return n * 0.5 + 1; });
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.in_order("mixed",
                        ctx.stream_iter(all)
                            .map(plus_one)
                            .map_batch([](std::span<const int> in, std::span<int> out) {
                                std::copy(in.begin(), in.end(), out.begin());
                            })
                            .filter(is_third)
                            .map_batch(halve)
                            .map([](double value) { return value + 1; })
                            .max_parallelism(1),
                        expected);
    });
}

TEST_CASE("flat_map_batch gives the elements of what each batch becomes", "[ranks]") {
    for (const int size : sizes()) {
        const std::vector<int> all = numbers(size);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("vector", ctx.stream_par_iter(0, size).flat_map_batch(odd_ones_twice),
                         odd_ones_twice(all));
            expect.items("lazy",
                         ctx.stream_iter(all).shuffle().flat_map_batch([](std::span<const int> in) {
                             return in | std::views::filter([](int n) { return n % 2 == 0; });
                         }),
                         kept(all, [](int n) { return n % 2 == 0; }));
            expect.items("then batches again",
                         ctx.stream_iter(all).flat_map_batch(odd_ones_twice).map_batch(halve),
                         mapped(odd_ones_twice(all), [](int n) { return n * 0.5; }));
        });
    }
}

TEST_CASE("fold_batch folds on each replica and combines on one", "[ranks]") {
    for (const int size : sizes()) {
        const std::vector<int> all = numbers(size);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto fold = [](auto stream) {
                return stream.fold_batch(std::int64_t{0}, add_all, add_sums);
            };
            expect.items("source", fold(ctx.stream_par_iter(0, size)), sum_or_nothing(all));
            expect.items("exchange", fold(ctx.stream_iter(all).shuffle()), sum_or_nothing(all));
            expect.items("one by one", fold(ctx.stream_par_iter(0, size).map(plus_one)),
                         sum_or_nothing(mapped(all, plus_one)));
            expect.items("none left", fold(ctx.stream_iter(all).filter([](int) { return false; })),
                         sum_or_nothing({}));
        });
    }
}

TEST_CASE("fold_batch without combining has a result for each replica, also without items",
          "[ranks]") {
    using Partial = std::pair<int, std::int64_t>;  // results and their sum
    const auto sum_partials = [](auto stream) {
        return stream.fold_batch(std::int64_t{0}, add_all)
            .map([](std::int64_t sum) { return Partial(1, sum); })
            .reduce([](Partial& all, const Partial& one) {
                all.first += one.first;
                all.second += one.second;
            });
    };
    for (const int size : sizes()) {
        const std::vector<int> all = numbers(size);
        const std::int64_t sum = std::accumulate(all.begin(), all.end(), std::int64_t{0});
        for (const auto& layout : layouts()) {
            const int replicas = static_cast<int>(layout.ranks * layout.workers);
            expect_in({layout}, [&](StreamContext& ctx, Expectations& expect) {
                expect.items("source", sum_partials(ctx.stream_par_iter(0, size)),
                             std::vector{Partial(replicas, sum)});
                expect.items("exchange", sum_partials(ctx.stream_iter(all).shuffle()),
                             std::vector{Partial(replicas, sum)});
                expect.items("one replica", sum_partials(ctx.stream_iter(all).map(plus_one)),
                             std::vector{Partial(1, sum + size)});
            });
        }
    }
}

TEST_CASE("fold_batch without combining in the rounds of a loop", "[ranks]") {
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto total = ctx.stream_par_iter(0, 100).replay(
            3, std::int64_t{0},
            [](auto items, const auto&) { return items.fold_batch(std::int64_t{0}, add_all); },
            std::int64_t{0}, [](std::int64_t& delta, std::int64_t sum) { delta += sum; },
            [](std::int64_t& all, std::int64_t delta) { all += delta; },
            [](std::int64_t&) { return true; });
        expect.items("three times", std::move(total), std::vector{std::int64_t{3 * 4950}});
    });
}

TEST_CASE("aggregates and truth values come in batches, too", "[ranks]") {
    const std::vector<Point> all = points(700);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("points",
                     ctx.stream_iter(all).shuffle().map_batch(
                         [](std::span<const Point> in, std::span<bool> out) {
                             for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i].x > 100;
                         }),
                     mapped(all, [](const Point& p) { return p.x > 100; }));
        expect.items("flags",
                     ctx.stream_iter(numbers(3'000))
                         .map([](int n) { return n % 2 == 0; })
                         .fold_batch(
                             0,
                             [](int& count, std::span<const bool> in) {
                                 count += static_cast<int>(std::ranges::count(in, true));
                             },
                             [](int& count, int other) { count += other; }),
                     std::vector{1'500});
    });
}

TEST_CASE("items that own memory come in batches", "[ranks]") {
    const std::vector<Text> all = mapped(numbers(2'000), text_of);
    const auto lengths = mapped(all, [](const Text& text) { return text.size(); });
    const auto length_of_each = [](std::span<const Text> in, std::span<std::size_t> out) {
        for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i].size();
    };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("source", ctx.stream_iter(all).map_batch(length_of_each), lengths);
        expect.items("exchange", ctx.stream_iter(all).shuffle().map_batch(length_of_each), lengths);
        expect.items("one by one",
                     ctx.stream_iter(numbers(2'000)).map(text_of).map_batch(length_of_each),
                     lengths);
        expect.items("to text",
                     ctx.stream_iter(numbers(2'000))
                         .map_batch([](std::span<const int> in, std::span<Text> out) {
                             std::transform(in.begin(), in.end(), out.begin(), text_of);
                         }),
                     all);
    });
}

TEST_CASE("views are gathered with what they look at", "[ranks]") {
    const TemporaryFolder folder;
    std::mt19937 random(5);
    std::vector<Text> lines;
    for (int i = 0; i < 3'000; ++i)
        lines.emplace_back(random() % 40, static_cast<char>('a' + i % 26));
    lines[1'500] = Text(40'000, 'l');
    Text text;
    for (const Text& line : lines) text += line + "\n";
    const auto file = folder.write("lines", text);
    const auto longest_first = [](Text& longest, std::span<const std::string_view> in) {
        for (const std::string_view line : in) {
            if (line.size() > longest.size()) longest = line;
        }
    };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("copied",
                     ctx.stream_file(file).map_batch(
                         [](std::span<const std::string_view> in, std::span<Text> out) {
                             for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i];
                         }),
                     lines);
        expect.items("longest",
                     ctx.stream_file(file).fold_batch(Text(), longest_first,
                                                      [](Text& longest, const Text& other) {
                                                          if (other.size() > longest.size())
                                                              longest = other;
                                                      }),
                     std::vector{lines[1'500]});
        expect.items("in aggregates",
                     ctx.stream_file(file)
                         .map([buffer = Text()](std::string_view line) mutable {
                             // What the view looks at changes with each item.
                             buffer = line;
                             return Named{static_cast<int>(line.size()), buffer};
                         })
                         .flat_map_batch([](std::span<const Named> in) {
                             std::vector<Text> out;
                             for (const Named& item : in) {
                                 if (static_cast<int>(item.name.size()) == item.number)
                                     out.emplace_back(item.name);
                             }
                             return out;
                         }),
                     lines);
    });
}

TEST_CASE("the results of map_batch keep the times of the items", "[ranks]") {
    const std::vector<int> all = numbers(3'000);
    const auto at = [](int n) { return n / 3; };
    const auto timed = mapped(
        all, [&](int n) { return std::pair(n * 0.5, static_cast<renoir::Timestamp>(at(n))); });
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto make = [&] {
            return ctx.stream_iter(all).add_timestamps(at, renoir::WatermarkStrategy::monotonous());
        };
        expect.items("times", make().shuffle().map_batch(halve).with_timestamps(), timed);
        expect.items("folded", make().fold_batch(std::int64_t{0}, add_all, add_sums),
                     sum_or_nothing(all));
    });
}

TEST_CASE("for_each_batch sees every item once, in batches of bounded size") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        std::atomic<std::int64_t> sum = 0;
        std::atomic<std::size_t> largest = 0;
        std::atomic<bool> empty_one = false;
        static_cast<void>(renoir::testing::run(layout, [&](StreamContext& ctx) {
            ctx.stream_par_iter(0, 20'000).map(plus_one).for_each_batch(
                [&](std::span<const int> in) {
                    for (const int n : in) sum += n;
                    empty_one = empty_one || in.empty();
                    for (std::size_t seen = largest; seen < in.size();)
                        if (largest.compare_exchange_weak(seen, in.size())) break;
                });
            ctx.execute_blocking();
            return true;
        }));
        REQUIRE(sum == 20'000LL * 20'001 / 2);
        REQUIRE(largest <= 1024);
        REQUIRE_FALSE(empty_one);
    }
}

TEST_CASE("small ranges are gathered to batches") {
    std::atomic<std::size_t> calls = 0;
    std::atomic<std::int64_t> sum = 0;
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    ctx.stream_par_iter(0, 10'000)
        .flat_map([](int n) {
            return std::array{n, n, n};
        })
        .for_each_batch([&](std::span<const int> in) {
            ++calls;
            for (const int n : in) sum += n;
        });
    ctx.execute_blocking();
    REQUIRE(sum == 3 * 10'000LL * 9'999 / 2);
    REQUIRE(calls < 30'000 / 100);
}

TEST_CASE("an item does not wait for company") {
    // The next item is made when the one before it has been seen: this hangs if one is held back.
    for (const Layout& layout : few_layouts()) {
        if (layout.ranks != 1) continue;
        INFO(layout.text());
        std::atomic<int> seen = 0;
        static_cast<void>(renoir::testing::run(layout, [&](StreamContext& ctx) {
            auto [sender, source] = renoir::channel<int>(10);
            ctx.stream(std::move(source))
                .map(plus_one)
                .map_batch(halve)
                .map([](double half) { return static_cast<int>(half * 2); })
                .for_each_batch([&](std::span<const int> in) {
                    seen += static_cast<int>(in.size());
                    seen.notify_all();
                });
            auto job = ctx.execute();
            for (int sent = 1; sent <= 20; ++sent) {
                sender.send(sent);
                for (int now = seen; now < sent; now = seen) seen.wait(now);
            }
            sender.close();
            job.wait();
            return true;
        }));
        REQUIRE(seen == 20);
    }
}

TEST_CASE("what a function of batches throws names its operator") {
    using Catch::Matchers::ContainsSubstring;
    const auto fails = [](auto build, const char* name) {
        StreamContext ctx(renoir::RuntimeConfig::local(2));
        build(ctx.stream_par_iter(0, 5'000).map(plus_one));
        REQUIRE_THROWS_WITH(ctx.execute_blocking(),
                            ContainsSubstring(name) && ContainsSubstring("too large"));
    };
    const auto check = [](std::span<const int> in) {
        if (std::ranges::find(in, 4'000) != in.end()) throw std::runtime_error("too large");
    };
    fails([&](auto stream) { stream.for_each_batch(check); }, "for_each_batch");
    fails(
        [&](auto stream) {
            stream.map_batch([&](std::span<const int> in, std::span<int>) { check(in); })
                .for_each([](int) {});
        },
        "map_batch");
    fails(
        [&](auto stream) {
            stream
                .fold_batch(
                    0, [&](int&, std::span<const int> in) { check(in); }, [](int&, int) {})
                .for_each([](int) {});
        },
        "fold_batch");
    fails(
        [&](auto stream) {
            stream
                .flat_map_batch([&](std::span<const int> in) {
                    check(in);
                    return std::vector<int>();
                })
                .for_each([](int) {});
        },
        "flat_map_batch");
}
