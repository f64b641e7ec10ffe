#pragma once

/// What goes into a join and what comes out of it, whatever the algorithm.

#include <renoir/codec/owned.hpp>
#include <renoir/operators/key_by.hpp>
#include <renoir/stream/timed.hpp>

#include <algorithm>
#include <optional>

namespace renoir {

/// Which rows without a partner come out of a join.
enum class JoinVariant {
    inner,  ///< none
    left,   ///< those of the left side
    outer,  ///< those of both sides
};

namespace detail {

/// The key of a join whose sides have keys of types K and L: a view where both are.
template <class K, class L>
using common_key_t = std::conditional_t<std::same_as<K, L>, K, owned_t<K>>;

template <class K, class L>
concept SameKey = std::same_as<owned_t<K>, owned_t<L>>;

/// One side of a join whose items are the values; a function gives the key.
template <class K, class T, class F>
struct ItemsWithKey {
    using item_type = T;
    using key_type = K;
    using mapped_type = T;
    const OperatorInfo& info;
    F key;

    [[nodiscard]] K key_of(const T& item) { return K(call_user(info, key, item)); }
    [[nodiscard]] static const T& value_of(const T& item) noexcept { return item; }
};

/// One side of a join that comes from a keyed stream whose keys are where they belong.
template <class K, class L, class V>
struct KeyedItems {
    using item_type = std::pair<L, V>;
    using key_type = K;
    using mapped_type = V;

    [[nodiscard]] static K key_of(const item_type& item) { return K(item.first); }
    [[nodiscard]] static const V& value_of(const item_type& item) noexcept { return item.second; }
};

/// One side of a join on a stream with event time.
template <class Untimed>
struct TimedItems {
    using item_type = Timed<typename Untimed::item_type>;
    using key_type = typename Untimed::key_type;
    using mapped_type = typename Untimed::mapped_type;
    Untimed untimed;

    [[nodiscard]] key_type key_of(const item_type& item) { return untimed.key_of(item.value); }
    [[nodiscard]] static const mapped_type& value_of(const item_type& item) noexcept {
        return Untimed::value_of(item.value);
    }
};

/// The rows that a join of two sides makes. On streams with event time a pair has the later one of
/// its two times.
template <class LeftItems, class RightItems, JoinVariant variant>
struct JoinShape {
    using Key = typename LeftItems::key_type;
    static_assert(std::same_as<Key, typename RightItems::key_type>);
    using LeftItem = typename LeftItems::item_type;
    using RightItem = typename RightItems::item_type;
    using LeftValue = typename LeftItems::mapped_type;
    using RightValue = typename RightItems::mapped_type;
    static_assert(
        std::copy_constructible<LeftValue> && std::copy_constructible<RightValue>,
        "the items of both sides of a join must be copyable: each may meet several of the "
        "other side");

    static constexpr bool keeps_left = variant != JoinVariant::inner;
    static constexpr bool keeps_right = variant == JoinVariant::outer;

    static constexpr bool is_timed = is_timed_item<LeftItem>;
    static_assert(is_timed == is_timed_item<RightItem>);

    using Left = std::conditional_t<keeps_right, std::optional<LeftValue>, LeftValue>;
    using Right = std::conditional_t<keeps_left, std::optional<RightValue>, RightValue>;
    using Row = std::pair<Key, std::pair<Left, Right>>;
    using value_type = std::conditional_t<is_timed, Timed<Row>, Row>;

    [[nodiscard]] static value_type pair(const Key& key, const LeftItem& left,
                                         const RightItem& right) {
        Row row(key, {LeftItems::value_of(left), RightItems::value_of(right)});
        if constexpr (is_timed) {
            return {std::move(row), std::max(left.time, right.time)};
        } else {
            return row;
        }
    }
    [[nodiscard]] static value_type left_alone(const Key& key, const LeftItem& left)
        requires(keeps_left)
    {
        return with_time_of(left, Row(key, {LeftItems::value_of(left), std::nullopt}));
    }
    [[nodiscard]] static value_type right_alone(const Key& key, const RightItem& right)
        requires(keeps_right)
    {
        return with_time_of(right, Row(key, {std::nullopt, RightItems::value_of(right)}));
    }

 private:
    [[nodiscard]] static value_type with_time_of(const auto& item, Row&& row) {
        if constexpr (is_timed) {
            return {std::move(row), item.time};
        } else {
            static_cast<void>(item);
            return std::move(row);
        }
    }
};

}  // namespace detail

}  // namespace renoir
