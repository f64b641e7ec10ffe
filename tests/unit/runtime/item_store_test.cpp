#include <renoir/runtime/item_store.hpp>

#include "catch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace {

using renoir::ItemStore;

/// All items, in runs of at most `most`.
template <class T>
std::vector<T> read(ItemStore<T>& store, std::size_t most) {
    std::vector<T> items;
    while (items.size() < store.size()) {
        const std::span<T> run = store.run(items.size(), most);
        REQUIRE(!run.empty());
        REQUIRE(run.size() <= most);
        items.insert(items.end(), run.begin(), run.end());
    }
    return items;
}

std::vector<std::string> texts(std::size_t count) {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < count; ++i) items.push_back(std::string(i % 40, 'x'));
    return items;
}

}  // namespace

TEST_CASE("an empty store has no items") {
    ItemStore<int> store;
    CHECK(store.size() == 0);
    store.clear();
    CHECK(store.size() == 0);
}

TEST_CASE("items come out as they went in, over many chunks and after clear") {
    ItemStore<std::string> store;
    for (const std::size_t count : {1U, 17U, 1000U, 200'000U, 3U, 250'000U}) {
        const std::vector<std::string> expected = texts(count);
        for (const std::string& item : expected) store.add(std::string(item));
        CHECK(store.size() == count);
        CHECK(read(store, 1 << 20) == expected);
        if (count < 2000) CHECK(read(store, 1) == expected);
        store.clear();
        CHECK(store.size() == 0);
    }
}

TEST_CASE("spans and single items can be mixed") {
    ItemStore<std::uint64_t> store;
    std::vector<std::uint64_t> expected;
    for (std::uint64_t length = 0; length < 2'000; ++length) {
        std::vector<std::uint64_t> more(length, length);
        store.add(std::span(more));
        store.add(std::uint64_t{7});
        expected.insert(expected.end(), more.begin(), more.end());
        expected.push_back(7);
    }
    CHECK(store.size() == expected.size());
    CHECK(read(store, 4096) == expected);
}

TEST_CASE("items stay where they are while others come") {
    ItemStore<int> store;
    store.add(5);
    const int* const first = store.run(0, 1).data();
    for (int i = 0; i < 1'000'000; ++i) store.add(int(i));
    CHECK(store.run(0, 1).data() == first);
    CHECK(*first == 5);
}

TEST_CASE("each item is destroyed once") {
    const auto item = std::make_shared<int>(1);
    {
        ItemStore<std::shared_ptr<int>> store;
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 5'000; ++i) store.add(std::shared_ptr(item));
            CHECK(item.use_count() == 5'001);
            if (round < 2) store.clear();
        }
    }
    CHECK(item.use_count() == 1);
}

TEST_CASE("items larger than a chunk's first size") {
    struct Large {
        std::array<char, 5'000> bytes;
    };
    ItemStore<Large> store;
    for (char i = 0; i < 100; ++i) {
        Large large{};
        large.bytes.fill(i);
        store.add(std::move(large));
    }
    for (char i = 0; i < 100; ++i)
        CHECK(store.run(static_cast<std::size_t>(i), 1).front().bytes.back() == i);
}
