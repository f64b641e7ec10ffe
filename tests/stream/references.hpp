#pragma once

// Naive references of aggregations by key.

#include "expectations.hpp"

#include <map>
#include <random>

namespace stream_test {

using Text = std::string;
using Words = std::vector<Text>;

inline Words random_words(int count) {
    std::mt19937 random(7);
    Words words;
    for (int i = 0; i < count; ++i) {
        const std::size_t length = random() % 24;
        words.emplace_back(length, static_cast<char>('a' + random() % 5));
    }
    return words;
}

/// The items of each key, in their order.
template <class T, class F>
auto grouped(const std::vector<T>& items, F key) {
    std::map<std::decay_t<std::invoke_result_t<F&, const T&>>, std::vector<T>> groups;
    for (const T& item : items) groups[key(item)].push_back(item);
    return groups;
}

/// One row for each key, made of its items.
template <class T, class F, class G>
auto rows(const std::vector<T>& items, F key, G aggregate) {
    std::vector<std::pair<std::decay_t<std::invoke_result_t<F&, const T&>>,
                          std::invoke_result_t<G&, const std::vector<T>&>>>
        all;
    for (const auto& [value, group] : grouped(items, key))
        all.emplace_back(value, aggregate(group));
    return all;
}

inline int sum_of(const std::vector<int>& values) {
    return std::accumulate(values.begin(), values.end(), 0);
}

inline std::uint64_t size_of(const std::vector<int>& values) {
    return values.size();
}

inline int seventh(int number) {
    return number % 7;
}

inline void add(int& sum, int number) {
    sum += number;
}

inline Text itself(const Text& word) {
    return word;
}

}  // namespace stream_test
