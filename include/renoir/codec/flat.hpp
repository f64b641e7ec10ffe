#pragma once

/// Which types travel as they lie in memory.
///
///     static_assert(renoir::is_flat<std::pair<int, double>>);
///     static_assert(!renoir::is_flat<std::string>);

#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <chrono>
#include <tuple>
#include <type_traits>
#include <utility>

namespace renoir {

/// Customisation point: says that a trivially copyable class of the user's, which reflection cannot
/// look into (it has constructors, private members or C arrays), holds no pointer and may be copied
/// byte by byte to another process: `template <> inline constexpr bool renoir::enable_flat<Pixel> =
/// true;`
template <class T>
inline constexpr bool enable_flat = false;

namespace detail {

template <class T>
struct IsFlat;

template <class T, std::size_t... Index>
consteval bool members_are_flat(std::index_sequence<Index...>) {
    return (IsFlat<boost::pfr::tuple_element_t<Index, T>>::value && ...);
}

template <class T>
consteval bool is_flat_class() {
    if constexpr (!std::is_trivially_copyable_v<T>) {
        return false;
    } else if constexpr (enable_flat<T>) {
        return true;
    } else if constexpr (std::is_aggregate_v<T> && !std::is_array_v<T>) {
        return members_are_flat<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
    } else {
        return false;
    }
}

template <class T>
struct IsFlat : std::bool_constant<std::is_arithmetic_v<T> || std::is_enum_v<T>> {};

template <class T>
    requires std::is_class_v<T>
struct IsFlat<T> : std::bool_constant<is_flat_class<T>()> {};

template <class T, std::size_t Size>
struct IsFlat<std::array<T, Size>> : IsFlat<T> {};

template <class First, class Second>
struct IsFlat<std::pair<First, Second>>
    : std::bool_constant<IsFlat<First>::value && IsFlat<Second>::value> {};

template <class... Members>
struct IsFlat<std::tuple<Members...>> : std::bool_constant<(IsFlat<Members>::value && ...)> {};

template <class Rep, class Period>
struct IsFlat<std::chrono::duration<Rep, Period>> : IsFlat<Rep> {};

template <class Clock, class Duration>
struct IsFlat<std::chrono::time_point<Clock, Duration>> : IsFlat<Duration> {};

}  // namespace detail

/// True for types whose bytes are their value: arithmetic types, enumerations, chrono durations and
/// time points, and pairs, tuples, arrays and aggregates of these.
template <class T>
inline constexpr bool is_flat = detail::IsFlat<T>::value;

}  // namespace renoir
