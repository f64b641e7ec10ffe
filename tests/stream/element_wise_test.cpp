// Operators that work item by item, against loops, in every layout.

#include "expectations.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>

namespace {

using namespace stream_test;

bool is_even(int number) {
    return number % 2 == 0;
}

std::optional<std::string> text_of_thirds(int number) {
    if (number % 3 != 0) return std::nullopt;
    return std::string(static_cast<std::size_t>(number % 40), 'x') + std::to_string(number);
}

std::vector<int> repeated(int number) {
    return std::vector<int>(static_cast<std::size_t>(number % 4), number);
}

std::vector<int> all_repeated(int count) {
    std::vector<int> all;
    for (const int number : numbers(count)) {
        for (const int copy : repeated(number)) all.push_back(copy);
    }
    return all;
}

std::vector<std::string> all_texts_of_thirds(int count) {
    std::vector<std::string> all;
    for (const int number : numbers(count)) {
        if (auto text = text_of_thirds(number)) all.push_back(*text);
    }
    return all;
}

/// An aggregate with everything in it that an item may have.
struct Reading {
    std::string sensor;
    std::vector<double> values;
    std::optional<int> note;
    std::pair<std::uint8_t, std::array<int, 2>> place;

    friend auto operator<=>(const Reading&, const Reading&) = default;
};

Reading reading(int number) {
    Reading made;
    made.sensor = "sensor " + std::string(static_cast<std::size_t>(number % 30), '!');
    made.values.assign(static_cast<std::size_t>(number % 5), number / 2.0);
    if (number % 2 == 0) made.note = number;
    made.place = {static_cast<std::uint8_t>(number % 256), {number, -number}};
    return made;
}

using Text = std::string;
using Keyed = std::pair<int, int>;

int last_digit(int number) {
    return number % 10;
}

}  // namespace

TEST_CASE("map, filter, filter_map, flat_map, flatten and inspect do what loops do", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        const std::vector<int> all = numbers(count);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto source = [&] { return ctx.stream_par_iter(0, count); };
            expect.items("map", source().map([](int n) { return n * 3L; }),
                         mapped(all, [](int n) { return n * 3L; }));
            expect.items("filter", source().filter(is_even), kept(all, is_even));
            expect.items("filter_map", source().filter_map(text_of_thirds),
                         all_texts_of_thirds(count));
            expect.items("flat_map", source().flat_map(repeated), all_repeated(count));
            expect.items("flatten", source().map(repeated).flatten(), all_repeated(count));
        });
    }
}

TEST_CASE("inspect sees every item once and hands it on") {
    for (const Layout& layout : layouts()) {
        std::atomic<int> plain{0}, keyed{0};
        expect_in({layout}, [&](StreamContext& ctx, Expectations& expect) {
            expect.items("plain", ctx.stream_par_iter(0, 100).inspect([&](int n) { plain += n; }),
                         numbers(100));
            expect.items("keyed",
                         ctx.stream_par_iter(0, 100)
                             .group_by(last_digit)
                             .inspect([&](int key, int n) { keyed += n - key; })
                             .drop_key(),
                         numbers(100));
        });
        REQUIRE(plain == 4950);
        REQUIRE(keyed == 4500);
    }
}

TEST_CASE("a block of many operators does what one loop does", "[ranks]") {
    const int count = 500;
    std::vector<Text> expected;
    for (const int number : numbers(count)) {
        if (!is_even(number)) continue;
        for (const int copy : repeated(number + 1)) {
            if (auto text = text_of_thirds(copy)) expected.push_back(*text + "!");
        }
    }
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("chain",
                     ctx.stream_par_iter(0, count)
                         .filter(is_even)
                         .map([](int n) { return n + 1; })
                         .flat_map(repeated)
                         .filter_map(text_of_thirds)
                         .map([](Text text) { return text + "!"; }),
                     expected);
    });
}

TEST_CASE("keyed operators see the key and keep it", "[ranks]") {
    for (const int count : sizes()) {
        INFO(count << " items");
        std::vector<Keyed> sums, small, halves, twice;
        for (const int n : numbers(count)) {
            const int key = last_digit(n);
            sums.emplace_back(key, n + key);
            if (key < 4 && n % 3 == 0) small.emplace_back(key, n);
            if (n % 2 == 0) halves.emplace_back(key, n / 2 + key);
            for (int i = 0; i < key % 3; ++i) twice.emplace_back(key, n);
        }
        const auto times = [](int key, int n) {
            return std::vector<int>(static_cast<std::size_t>(key % 3), n);
        };
        const auto half = [](int key, int n) {
            return n % 2 == 0 ? std::optional<int>(n / 2 + key) : std::nullopt;
        };
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            const auto source = [&] { return ctx.stream_par_iter(0, count).group_by(last_digit); };
            expect.items("map", source().map([](int key, int n) { return n + key; }), sums);
            expect.items("filter",
                         source().filter([](int key, int n) { return key < 4 && n % 3 == 0; }),
                         small);
            expect.items("filter_map", source().filter_map(half), halves);
            expect.items("flat_map", source().flat_map(times), twice);
            expect.items("flatten", source().map(times).flatten(), twice);
            expect.items("key_by",
                         ctx.stream_par_iter(0, count).key_by(last_digit).map([](int key, int n) {
                             return n + key;
                         }),
                         sums);
        });
    }
}

TEST_CASE("unkey gives the pairs and drop_key the values", "[ranks]") {
    std::vector<Keyed> pairs;
    for (const int n : numbers(200)) pairs.emplace_back(last_digit(n), n);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto source = [&] { return ctx.stream_par_iter(0, 200).group_by(last_digit); };
        expect.items("unkey", source().unkey().filter([](const Keyed& pair) {
            return pair.first == last_digit(pair.second);
        }),
                     pairs);
        expect.items("drop_key", source().drop_key(), numbers(200));
    });
}

TEST_CASE("items of every kind cross exchanges unchanged", "[ranks]") {
    std::vector<std::vector<Text>> lists;
    for (const int n : numbers(120)) {
        const auto length = static_cast<std::size_t>(n);
        lists.push_back({length % 7, Text(length, 'v')});
    }
    for (const int count : sizes()) {
        INFO(count << " items");
        const auto readings = mapped(numbers(count), reading);
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("aggregates", ctx.stream_par_iter(0, count).map(reading).shuffle(),
                         readings);
            expect.items("aggregates by a text",
                         ctx.stream_par_iter(0, count)
                             .map(reading)
                             .group_by([](const Reading& item) { return item.sensor; })
                             .drop_key(),
                         readings);
            expect.items("vectors of text", ctx.stream_iter(lists).shuffle().shuffle(), lists);
        });
    }
}

TEST_CASE("views are handed on as views and collected as text", "[ranks]") {
    const std::vector<Text> texts = mapped(numbers(300), [](int n) {
        return Text(static_cast<std::size_t>(n % 50), static_cast<char>('a' + n % 26)) + "end";
    });
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto without_first = [](std::string_view view) { return view.substr(1); };
        expect.items("shortened", ctx.stream_iter(views).shuffle().map(without_first).shuffle(),
                     mapped(texts, [](const Text& text) { return text.substr(1); }));
        const auto with_length = [](std::string_view view) { return std::pair(view, view.size()); };
        expect.items("in pairs", ctx.stream_iter(views).map(with_length).shuffle(),
                     mapped(texts, [](const Text& text) { return std::pair(text, text.size()); }));
        const auto halves = [](std::string_view view) {
            return std::array{view.substr(0, view.size() / 2), view.substr(view.size() / 2)};
        };
        std::vector<Text> expected;
        for (const Text& text : texts) {
            for (const std::string_view half : halves(text)) expected.emplace_back(half);
        }
        expect.items("in halves", ctx.stream_iter(views).shuffle().flat_map(halves), expected);
    });
}

TEST_CASE("map_while ends the output of a replica at its first empty result", "[ranks]") {
    const auto until_seven = [](int n) { return n < 7 ? std::optional(-n) : std::nullopt; };
    const std::vector<int> up_and_down{0, 3, 6, 9, 1, 2};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.in_order("one replica", ctx.stream_iter(up_and_down).map_while(until_seven),
                        std::vector{0, -3, -6});
        expect.items("all kept", ctx.stream_par_iter(0, 7).map_while(until_seven),
                     mapped(numbers(7), std::negate<>()));
        expect.items("none kept", ctx.stream_par_iter(7, 50).map_while(until_seven),
                     std::vector<int>());
    });
}

TEST_CASE("the state that a function captures belongs to one replica", "[ranks]") {
    for (const Layout& layout : layouts()) {
        const std::size_t replicas = replicas_of(layout);
        std::vector<std::size_t> expected;
        for (std::size_t replica = 0; replica < replicas; ++replica) {
            for (std::size_t i = 1; i <= replica; ++i) expected.push_back(i);
        }
        expect_in({layout}, [&](StreamContext& ctx, Expectations& expect) {
            // Replica r has r items.
            const auto source = [&] {
                return ctx.stream_par_iter(
                    [](std::size_t replica, std::size_t) { return std::views::iota(0U, replica); });
            };
            const auto count = [n = std::size_t{0}](auto) mutable { return ++n; };
            expect.items("rich_map", source().rich_map(count), expected);
            expect.items("map", source().map(count), expected);
            const auto count_if = [n = std::size_t{0}](auto) mutable { return std::optional(++n); };
            expect.items("filter_map", source().filter_map(count_if), expected);
        });
    }
}

TEST_CASE("the state of a keyed rich_map belongs to one key", "[ranks]") {
    std::vector<std::pair<Text, int>> expected;
    const std::vector<int> all = numbers(400);
    for (const int n : all)
        expected.emplace_back(Text(static_cast<std::size_t>(n % 25), 'k'), n / 25);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items(
            "index among the items of the key",
            ctx.stream_iter(all)
                .group_by([](int n) { return Text(static_cast<std::size_t>(n % 25), 'k'); })
                .rich_map([next = 0](const Text&, int) mutable { return next++; }),
            expected);
    });
}

TEST_CASE("items that can only be moved pass through a block", "[ranks]") {
    using Pointer = std::unique_ptr<int>;
    const auto pointer = [](int n) { return std::make_unique<int>(n); };
    const auto add_one = [](Pointer item) {
        ++*item;
        return item;
    };
    std::vector<int> expected;
    for (const int n : numbers(300)) {
        if ((n + 1) % 2 == 0 && (n + 1) % 3 == 0) expected.push_back(n + 1);
    }
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("plain",
                     ctx.stream_par_iter(0, 300)
                         .map(pointer)
                         .map(add_one)
                         .filter([](const Pointer& item) { return *item % 2 == 0; })
                         .filter_map([](Pointer item) {
                             return *item % 3 == 0 ? std::optional(std::move(item)) : std::nullopt;
                         })
                         .inspect([](const Pointer& item) { return *item; })
                         .map([](const Pointer& item) { return *item; }),
                     expected);
        expect.items(
            "from a vector of them",
            ctx.stream_iter(mapped(numbers(300), pointer)).map([](Pointer item) { return *item; }),
            numbers(300));
        expect.items("out of ranges",
                     ctx.stream_par_iter(0, 300)
                         .map([&](int n) {
                             std::vector<Pointer> made;
                             made.push_back(std::make_unique<int>(n));
                             return made;
                         })
                         .flatten()
                         .map([](Pointer item) { return *item; }),
                     numbers(300));
        expect.items("keyed",
                     ctx.stream_par_iter(0, 300)
                         .map(pointer)
                         .key_by([](const Pointer& item) { return *item; })
                         .map([](int key, Pointer item) { return *item - key; })
                         .drop_key(),
                     std::vector<int>(300, 0));
    });
}

TEST_CASE("the items of one replica keep their order through operators in place", "[ranks]") {
    expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
        const std::vector<int> all = numbers(700);
        expect.in_order("plain",
                        ctx.stream_iter(all)
                            .filter(is_even)
                            .map([](int n) { return n / 2; })
                            .flat_map([](int n) {
                                return std::array{2 * n, 2 * n + 1};
                            }),
                        all);
        expect.in_order("keyed",
                        ctx.stream_iter(all)
                            .key_by(last_digit)
                            .map([](int, int n) { return n + 1; })
                            .drop_key(),
                        mapped(all, [](int n) { return n + 1; }));
    });
}
