#pragma once

// Naive references of joins: nested loops over both sides.

#include "expectations.hpp"

#include <cmath>
#include <optional>
#include <random>

namespace stream_test {

/// Whether two keys meet in a join: every NaN meets every other.
template <class K>
bool same_key(const K& a, const K& b) {
    if constexpr (std::is_floating_point_v<K>) {
        return a == b || (std::isnan(a) && std::isnan(b));
    } else {
        return a == b;
    }
}

template <class K, class A, class B>
using JoinRows = std::vector<std::pair<K, std::pair<A, B>>>;

/// What join, left_join and outer_join make of two vectors.
template <class T, class U, class F, class G>
class NestedLoops {
 public:
    using K = std::decay_t<std::invoke_result_t<const F&, const T&>>;

    NestedLoops(std::vector<T> left, std::vector<U> right, F left_key, G right_key)
        : left_(std::move(left)),
          right_(std::move(right)),
          left_key_(left_key),
          right_key_(right_key) {}

    [[nodiscard]] JoinRows<K, T, U> inner() const {
        JoinRows<K, T, U> rows;
        for (const T& left : left_) {
            for (const U& right : right_) {
                if (meet(left, right)) rows.push_back({left_key_(left), {left, right}});
            }
        }
        return rows;
    }

    [[nodiscard]] JoinRows<K, T, std::optional<U>> left() const {
        JoinRows<K, T, std::optional<U>> rows;
        for (const auto& [key, values] : inner())
            rows.push_back({key, {values.first, values.second}});
        for (const T& left : left_) {
            if (!meets_any(left, right_)) rows.push_back({left_key_(left), {left, std::nullopt}});
        }
        return rows;
    }

    [[nodiscard]] JoinRows<K, std::optional<T>, std::optional<U>> outer() const {
        JoinRows<K, std::optional<T>, std::optional<U>> rows;
        for (const auto& [key, values] : left())
            rows.push_back({key, {values.first, values.second}});
        for (const U& right : right_) {
            if (!met_by_any(left_, right))
                rows.push_back({right_key_(right), {std::nullopt, right}});
        }
        return rows;
    }

 private:
    bool meet(const T& left, const U& right) const {
        return same_key<K>(left_key_(left), right_key_(right));
    }
    bool meets_any(const T& left, const std::vector<U>& all) const {
        return std::any_of(all.begin(), all.end(),
                           [&](const U& right) { return meet(left, right); });
    }
    bool met_by_any(const std::vector<T>& all, const U& right) const {
        return std::any_of(all.begin(), all.end(),
                           [&](const T& left) { return meet(left, right); });
    }

    std::vector<T> left_;
    std::vector<U> right_;
    F left_key_;
    G right_key_;
};

}  // namespace stream_test
