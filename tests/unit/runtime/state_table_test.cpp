// The table of keyed state against std::map.

#include "catch.hpp"
#include "guarded_page.hpp"

#include <renoir/runtime/state_table.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <tuple>

namespace {

using renoir::StateTable;
using View = std::string_view;

constexpr auto zero = [] { return std::uint64_t{0}; };

/// Text of 0 to 40 bytes of few letters, NUL among them, so that many share their start.
std::string random_text(std::mt19937& random) {
    std::string text(random() % 41, 'a');
    for (std::size_t i = 0; i < 3 && !text.empty(); ++i) {
        text[random() % text.size()] = static_cast<char>(random() % 2 == 0 ? '\0' : 'b');
    }
    return text;
}

template <class K, class State>
std::map<renoir::owned_t<K>, State> drained(StateTable<K, State>& table) {
    std::map<renoir::owned_t<K>, State> all;
    std::size_t count = 0;
    table.drain([&](K&& key, State&& state) {
        ++count;
        all.emplace(renoir::to_owned(K(key)), std::move(state));
    });
    REQUIRE(all.size() == count);  // no key twice
    REQUIRE(table.empty());
    return all;
}

/// Counts random keys in a table and in a map, over several drains, and compares.
template <class K, class MakeKey>
void require_counts(std::uint32_t seed, std::size_t additions, MakeKey make_key) {
    std::mt19937 random(seed);
    StateTable<K, std::uint64_t> table;
    for (int round = 0; round < 3; ++round) {
        std::map<renoir::owned_t<K>, std::uint64_t> expected;
        for (std::size_t i = 0; i < additions; ++i) {
            const auto owned = make_key(random);
            const K key(owned);
            const auto lookup = table.look_up(key);
            table.prefetch(lookup);
            const std::uint64_t count = ++table.find_or_create(lookup, zero);
            REQUIRE(count == ++expected[owned]);
            REQUIRE(table.size() == expected.size());
        }
        REQUIRE(drained(table) == expected);
    }
}

/// Counts how many of it are alive.
struct Counted {
    explicit Counted(int& count) : alive(&count) { ++*alive; }
    Counted(Counted&& other) noexcept : alive(other.alive) { ++*alive; }
    Counted& operator=(Counted&&) = delete;
    ~Counted() { --*alive; }
    int* alive;
};

struct Place {
    int row;
    double column;
};

struct Named {
    std::string name;
    int number;
    friend auto operator<=>(const Named&, const Named&) = default;
};

enum class Colour : std::uint8_t { red, green, blue };

}  // namespace

TEST_CASE("text keys of any length are told apart by every byte and by their length") {
    require_counts<View>(1, 20000, random_text);
    require_counts<std::string>(2, 20000, random_text);
}

TEST_CASE("texts of NUL bytes are different keys") {
    StateTable<View, std::uint64_t> table;
    const std::string zeros(41, '\0');
    for (std::size_t length = 0; length <= 40; ++length) {
        table.find_or_create(table.look_up(View(zeros).substr(0, length)), zero) = length;
    }
    const auto all = drained(table);
    REQUIRE(all.size() == 41);
    for (const auto& [key, length] : all) REQUIRE(key == std::string(length, '\0'));
}

TEST_CASE("a text key is read no further than its end and kept when its memory is reused") {
    GuardedPage page;
    StateTable<View, std::uint64_t> table;
    std::map<std::string, std::uint64_t> expected;
    for (std::size_t length = 0; length <= 40; ++length) {
        for (const std::size_t before_end : std::array<std::size_t, 6>{0, 1, 5, 15, 16, 17}) {
            const std::string text(length, static_cast<char>('a' + before_end));
            ++table.find_or_create(table.look_up(page.place(text, before_end)), zero);
            ++expected[text];
        }
    }
    static_cast<void>(page.place(std::string(60, '!'), 0));
    REQUIRE(drained(table) == expected);
}

TEST_CASE("keys of every kind count as in a map") {
    const auto below = [](std::mt19937& random, std::uint32_t limit) {
        return static_cast<int>(random() % limit);
    };
    require_counts<int>(3, 20000, [&](auto& random) { return below(random, 5000) - 2500; });
    require_counts<std::uint64_t>(
        4, 20000, [&](auto& random) { return std::uint64_t(below(random, 3000)) << 40; });
    require_counts<Colour>(5, 1000, [&](auto& random) { return Colour(below(random, 3)); });
    require_counts<std::pair<int, int>>(
        6, 20000, [&](auto& random) { return std::pair(below(random, 70), below(random, 70)); });
    require_counts<std::tuple<int, char, bool>>(7, 5000, [&](auto& random) {
        return std::tuple(below(random, 50), char(below(random, 5)), below(random, 2) == 0);
    });
    require_counts<std::array<std::uint8_t, 3>>(8, 20000, [&](auto& random) {
        return std::array{std::uint8_t(random() % 20), std::uint8_t(random() % 20),
                          std::uint8_t(random() % 20)};
    });
    require_counts<std::optional<std::string>>(9, 5000, [&](auto& random) {
        return random() % 3 == 0 ? std::nullopt : std::optional(random_text(random));
    });
    require_counts<Named>(10, 10000, [&](auto& random) {
        return Named{random_text(random), below(random, 3)};
    });
}

TEST_CASE("keys that hold views are kept by what owns the same") {
    std::mt19937 random(11);
    StateTable<std::pair<View, View>, std::uint64_t> table;
    std::map<std::pair<std::string, std::string>, std::uint64_t> expected;
    for (int i = 0; i < 20000; ++i) {
        const auto owned = std::pair(random_text(random).substr(0, 20), random_text(random));
        const std::pair<View, View> key(owned.first, owned.second);
        ++table.find_or_create(table.look_up(key), zero);
        ++expected[owned];
    }
    REQUIRE(drained(table) == expected);
}

TEST_CASE("every NaN is one key, and both zeros are one") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    StateTable<double, int> numbers;
    StateTable<std::pair<double, int>, int> pairs;
    StateTable<std::array<double, 2>, int> arrays;
    StateTable<std::optional<double>, int> optionals;
    StateTable<std::tuple<std::string, double>, int> tuples;
    const auto one = [] { return 1; };
    for (const double value : {nan, -nan, std::nan("7"), 0.0, -0.0, 1.0}) {
        numbers.find_or_create(numbers.look_up(value), one);
        pairs.find_or_create(pairs.look_up({value, 1}), one);
        arrays.find_or_create(arrays.look_up({1.0, value}), one);
        optionals.find_or_create(optionals.look_up(value), one);
        const std::tuple<std::string, double> tuple("key", value);
        tuples.find_or_create(tuples.look_up(tuple), one);
    }
    REQUIRE(numbers.size() == 3);
    REQUIRE(pairs.size() == 3);
    REQUIRE(arrays.size() == 3);
    REQUIRE(optionals.size() == 3);
    REQUIRE(tuples.size() == 3);
}

TEST_CASE("an aggregate without a comparison is a key by its members") {
    StateTable<Place, int> table;
    for (int i = 0; i < 600; ++i) {
        ++table.find_or_create(table.look_up(Place{i % 3, i % 2 == 0 ? 0.5 : std::nan("")}),
                               [] { return 0; });
    }
    REQUIRE(table.size() == 6);
}

TEST_CASE("states own what they hold, through growth, drain, clear and destruction") {
    int alive = 0;
    {
        StateTable<View, Counted> table;
        for (int i = 0; i < 1000; ++i) {
            table.find_or_create(table.look_up(std::to_string(i)), [&] { return Counted(alive); });
        }
        REQUIRE(alive == 1000);
        table.clear();
        REQUIRE(alive == 0);
        REQUIRE(table.empty());
        for (int i = 0; i < 100; ++i) {
            table.find_or_create(table.look_up(std::to_string(i)), [&] { return Counted(alive); });
        }
        REQUIRE(alive == 100);
    }
    REQUIRE(alive == 0);
}

TEST_CASE("states that can only be moved come out of the table as they went in") {
    StateTable<std::string, std::unique_ptr<std::string>> table;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 3000; ++i) {
            const std::string key = "a key that is longer than sixteen bytes " + std::to_string(i);
            table.find_or_create(table.look_up(key),
                                 [&] { return std::make_unique<std::string>(key); });
        }
        std::size_t matches = 0;
        table.drain([&](std::string&& key, std::unique_ptr<std::string>&& state) {
            matches += *state == key ? 1 : 0;
        });
        REQUIRE(matches == 3000);
    }
}

TEST_CASE("a table that is moved takes its keys along and leaves an empty one") {
    StateTable<View, std::string> first;
    for (int i = 0; i < 500; ++i) {
        const std::string key(static_cast<std::size_t>(i % 40), static_cast<char>('a' + i % 13));
        first.find_or_create(first.look_up(key), [&] { return key; });
    }
    const std::size_t size = first.size();
    StateTable<View, std::string> second(std::move(first));
    REQUIRE(second.size() == size);
    StateTable<View, std::string> third;
    third.find_or_create(third.look_up("other"), [] { return std::string("other"); });
    third = std::move(second);
    REQUIRE(third.size() == size);
    for (const auto& [key, state] : drained(third)) REQUIRE(key == state);
}

TEST_CASE("a moved-from table can be used again") {
    StateTable<int, int> first;
    first.find_or_create(first.look_up(1), [] { return 1; });
    const StateTable<int, int> second(std::move(first));
    first = StateTable<int, int>();
    REQUIRE(first.empty());
    REQUIRE(first.find_or_create(first.look_up(1), [] { return 7; }) == 7);
    REQUIRE(second.size() == 1);
}

TEST_CASE("a visit updates a state that is there and creates one that is not") {
    StateTable<View, int> table;
    int updates = 0;
    for (const View key : {"a", "b", "a", "a"}) {
        table.visit(
            table.look_up(key), [&](int& state) { state += 10, ++updates; }, [] { return 1; });
    }
    REQUIRE(updates == 2);
    REQUIRE(drained(table) == std::map<std::string, int>{{"a", 21}, {"b", 1}});
}

TEST_CASE("a visit of many keys is a visit of each, in order") {
    std::mt19937 random(9);
    for (const std::size_t count : {0U, 1U, 127U, 128U, 129U, 1000U}) {
        std::vector<std::pair<std::string, int>> items;
        std::map<std::string, std::vector<int>> expected;
        for (std::size_t i = 0; i < count; ++i) {
            items.emplace_back(random_text(random).substr(0, 20), static_cast<int>(i));
            expected[items.back().first].push_back(items.back().second);
        }
        StateTable<View, std::vector<int>> table;
        table.visit_each(
            std::span(items), [](const auto& item) { return View(item.first); },
            [](std::vector<int>& state, auto& item) { state.push_back(item.second); },
            [](auto& item) { return std::vector<int>{item.second}; });
        REQUIRE(drained(table) == expected);
    }
}

TEST_CASE("a state whose creation fails leaves the table as it was") {
    StateTable<View, std::string> table;
    const auto fails = []() -> std::string { throw std::runtime_error("no state"); };
    REQUIRE_THROWS_AS(table.find_or_create(table.look_up("key"), fails), std::runtime_error);
    REQUIRE(table.empty());
    table.find_or_create(table.look_up("key"), [] { return std::string("second try"); });
    REQUIRE(drained(table) == std::map<std::string, std::string>{{"key", "second try"}});
}

TEST_CASE("a table has room for as many keys as it says before its states move") {
    StateTable<int, std::uint64_t> table;
    table.find_or_create(table.look_up(0), zero);
    const std::size_t room = table.room();
    REQUIRE(room > 0);
    std::uint64_t* const first = &table.find_or_create(table.look_up(0), zero);
    for (std::size_t i = 1; i < room; ++i) {
        table.find_or_create(table.look_up(static_cast<int>(i)), zero);
    }
    REQUIRE(&table.find_or_create(table.look_up(0), zero) == first);
}
