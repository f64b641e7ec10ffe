#pragma once

/// What must be kept beyond the batch in which an item arrives.
///
/// A source of text yields views (`std::string_view`); collecting, keying and storing own what they
/// keep. `owned_t<T>` names the owning counterpart of an item type:
///
///     static_assert(std::is_same_v<renoir::owned_t<std::pair<std::string_view, int>>,
///                                  std::pair<std::string, int>>);

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace renoir {

namespace detail {

template <class T>
struct Owned {
    using type = T;
    static T from(T&& value) { return std::move(value); }
    static const T& show(const T& kept) noexcept { return kept; }
};

template <>
struct Owned<std::string_view> {
    using type = std::string;
    static std::string from(std::string_view text) { return std::string(text); }
    static std::string_view show(const std::string& kept) noexcept { return kept; }
};

template <class First, class Second>
struct Owned<std::pair<First, Second>> {
    using type = std::pair<typename Owned<First>::type, typename Owned<Second>::type>;
    static type from(std::pair<First, Second>&& value) {
        return {Owned<First>::from(std::move(value.first)),
                Owned<Second>::from(std::move(value.second))};
    }
    static std::pair<First, Second> show(const type& kept) {
        return {Owned<First>::show(kept.first), Owned<Second>::show(kept.second)};
    }
};

template <class... Members>
struct Owned<std::tuple<Members...>> {
    using type = std::tuple<typename Owned<Members>::type...>;
    static type from(std::tuple<Members...>&& value) {
        return std::apply(
            [](Members&... member) { return type(Owned<Members>::from(std::move(member))...); },
            value);
    }
    static std::tuple<Members...> show(const type& kept) {
        return std::apply(
            [](const auto&... member) {
                return std::tuple<Members...>(Owned<Members>::show(member)...);
            },
            kept);
    }
};

template <class T>
struct Owned<std::optional<T>> {
    using type = std::optional<typename Owned<T>::type>;
    static type from(std::optional<T>&& value) {
        if (!value) return std::nullopt;
        return Owned<T>::from(std::move(*value));
    }
    static std::optional<T> show(const type& kept) {
        if (!kept) return std::nullopt;
        return Owned<T>::show(*kept);
    }
};

template <class T>
    requires(!std::same_as<typename Owned<T>::type, T>)
struct Owned<std::vector<T>> {
    using type = std::vector<typename Owned<T>::type>;
    static type from(std::vector<T>&& values) {
        type owned;
        owned.reserve(values.size());
        for (T& value : values) owned.push_back(Owned<T>::from(std::move(value)));
        return owned;
    }
    static std::vector<T> show(const type& kept) {
        std::vector<T> shown;
        shown.reserve(kept.size());
        for (const auto& value : kept) shown.push_back(Owned<T>::show(value));
        return shown;
    }
};

template <class T, std::size_t Size>
    requires(!std::same_as<typename Owned<T>::type, T>)
struct Owned<std::array<T, Size>> {
    using type = std::array<typename Owned<T>::type, Size>;
    static type from(std::array<T, Size>&& values) {
        return std::apply([](auto&... value) { return type{Owned<T>::from(std::move(value))...}; },
                          values);
    }
    static std::array<T, Size> show(const type& kept) {
        return std::apply(
            [](const auto&... value) { return std::array<T, Size>{Owned<T>::show(value)...}; },
            kept);
    }
};

}  // namespace detail

/// The type that keeps an item of type T for longer than its batch.
template <class T>
using owned_t = typename detail::Owned<T>::type;

/// Turns an item into its owning counterpart; types that own already are moved.
template <class T>
[[nodiscard]] owned_t<T> to_owned(T&& value)
    requires(!std::is_reference_v<T>)
{
    return detail::Owned<T>::from(std::move(value));
}

/// True for types that only look at memory of others.
template <class T>
inline constexpr bool is_view = !std::same_as<owned_t<T>, T>;

/// The item that `kept`, made by to_owned, stands for: itself, or a view that is valid as long as
/// `kept` lives.
template <class T>
[[nodiscard]] decltype(auto) show_item(const owned_t<T>& kept) {
    if constexpr (std::same_as<owned_t<T>, T>) {
        return (kept);
    } else {
        return detail::Owned<T>::show(kept);
    }
}

}  // namespace renoir
