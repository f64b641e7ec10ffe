#pragma once

/// Items as lines of text.

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace renoir {

/// An item that is text or can be written as text: text, arithmetic types, and pairs of these,
/// which are written with a tab between.
template <class T>
inline constexpr bool is_text_line =
    std::convertible_to<const T&, std::string_view> || std::is_arithmetic_v<T>;
template <class First, class Second>
inline constexpr bool is_text_line<std::pair<First, Second>> =
    is_text_line<First> && is_text_line<Second>;

namespace detail {

template <class T>
void append_text(std::string& line, const T& item) {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
        line += std::string_view(item);
    } else if constexpr (std::same_as<T, char>) {
        line += item;
    } else if constexpr (std::same_as<T, bool>) {
        line += item ? "true" : "false";
    } else {
        char digits[64];
        const auto end = std::to_chars(digits, digits + sizeof(digits), item).ptr;
        line.append(digits, end);
    }
}

template <class First, class Second>
void append_text(std::string& line, const std::pair<First, Second>& item) {
    append_text(line, item.first);
    line += '\t';
    append_text(line, item.second);
}

}  // namespace detail

}  // namespace renoir
