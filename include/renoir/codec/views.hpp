#pragma once

/// Which types look at memory that belongs to others, wherever in them the view is.
///
///     struct Row { int id; std::string_view name; };
///     static_assert(renoir::holds_views<Row>);
///     static_assert(!renoir::holds_views<std::pair<int, std::string>>);

#include <renoir/codec/codec.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace renoir {

namespace detail {

template <class T>
struct HoldsViews : std::false_type {};

template <>
struct HoldsViews<std::string_view> : std::true_type {};

template <class First, class Second>
struct HoldsViews<std::pair<First, Second>>
    : std::bool_constant<HoldsViews<std::remove_const_t<First>>::value ||
                         HoldsViews<Second>::value> {};

template <class... Members>
struct HoldsViews<std::tuple<Members...>>
    : std::bool_constant<(HoldsViews<Members>::value || ...)> {};

template <class T>
struct HoldsViews<std::optional<T>> : HoldsViews<T> {};

template <class... Alternatives>
struct HoldsViews<std::variant<Alternatives...>>
    : std::bool_constant<(HoldsViews<Alternatives>::value || ...)> {};

template <class T, std::size_t Size>
struct HoldsViews<std::array<T, Size>> : HoldsViews<T> {};

template <GrowingContainer T>
struct HoldsViews<T> : HoldsViews<typename T::value_type> {};

/// The members of an aggregate that crosses exchanges member by member.
template <class T, class Members>
Members reflected_members(const MembersCodec<T, AggregateAccess, Members>*);

// Not asked of all aggregates: one with a codec of its own may be none that can be reflected.
template <class T>
    requires requires(const Codec<T>* codec) { reflected_members(codec); }
struct HoldsViews<T> : HoldsViews<decltype(reflected_members(std::declval<const Codec<T>*>()))> {};

}  // namespace detail

/// True for views of text and for pairs, tuples, optionals, variants, containers and aggregates
/// with such a view in them. Other classes are taken to own what they hold.
template <class T>
inline constexpr bool holds_views =
    std::conjunction_v<std::bool_constant<!is_flat<T>>, detail::HoldsViews<T>>;

}  // namespace renoir
