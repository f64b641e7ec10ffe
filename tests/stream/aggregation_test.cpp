// Aggregations on plain and keyed streams against naive references, in every layout.

#include "catch.hpp"

#include <renoir/renoir.hpp>
#include <renoir/testing/sweep.hpp>

#include <map>
#include <numeric>
#include <random>

namespace {

using renoir::StreamContext;
using renoir::testing::layouts;
using renoir::testing::run;
using renoir::testing::sorted;

std::vector<std::string> random_words(std::size_t count) {
    std::mt19937 random(7);
    std::vector<std::string> words;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t length = random() % 24;
        words.emplace_back(length, static_cast<char>('a' + random() % 5));
    }
    return words;
}

std::map<std::string, std::uint64_t> naive_counts(const std::vector<std::string>& words) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& word : words) ++counts[word];
    return counts;
}

template <class K, class V>
std::map<K, V> as_map(const std::vector<std::pair<K, V>>& rows) {
    std::map<K, V> map(rows.begin(), rows.end());
    REQUIRE(map.size() == rows.size());  // no key twice
    return map;
}

}  // namespace

TEST_CASE("counting by key agrees with a map, by local aggregation and by shuffling every item") {
    const auto words = random_words(3000);
    const auto expected = naive_counts(words);
    for (const auto& layout : layouts()) {
        INFO(layout.text());
        const auto results = run(layout, [&](StreamContext& ctx) {
            auto streams = ctx.stream_iter(words).split(2);
            auto counted = streams[0]
                               .group_by([](const std::string& word) { return word; })
                               .count()
                               .collect_vec();
            auto folded =
                streams[1]
                    .shuffle()
                    .group_by([](const std::string& word) { return word; })
                    .fold(std::uint64_t{0}, [](std::uint64_t& n, const std::string&) { ++n; })
                    .collect_vec();
            ctx.execute_blocking();
            return std::pair(counted.get(), folded.get());
        });
        REQUIRE(as_map(*results[0].first) == expected);
        REQUIRE(as_map(*results[0].second) == expected);
        for (std::size_t rank = 1; rank < results.size(); ++rank) REQUIRE(!results[rank].first);
    }
}
