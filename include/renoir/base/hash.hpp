#pragma once

/// Hashes of keys: the same value on every rank, every run and every machine of one byte order.
///
///     std::uint64_t h = renoir::hash_of(std::string_view("word"));
///
/// The high bits choose the destination of an exchange, the low bits the slot of a state table; so
/// every bit must be good. A type of the user's own gets a hash by specialising renoir::Hash.

#include <array>
#include <bit>
#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace renoir {

/// Customisation point: `template <> struct renoir::Hash<MyKey> { static std::uint64_t of(const
/// MyKey&); };` Built in: arithmetic types, enumerations, text, pair, tuple, array, optional,
/// chrono durations and time points, and aggregates of these.
template <class T>
struct Hash;

template <class T>
concept Hashable = requires(const T& value) {
    { Hash<T>::of(value) } -> std::same_as<std::uint64_t>;
};

template <Hashable T>
[[nodiscard]] std::uint64_t hash_of(const T& value) {
    return Hash<T>::of(value);
}

namespace detail {

/// Both halves of a 128-bit product folded together (the mixing step of wyhash by Wang Yi).
[[nodiscard]] inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t hash_secret_0 = 0xa0761d6478bd642fULL;
inline constexpr std::uint64_t hash_secret_1 = 0xe7037ed1a0b428dbULL;
inline constexpr std::uint64_t hash_secret_2 = 0x8ebc6af09c88c6e3ULL;

[[nodiscard]] inline std::uint64_t hash_word(std::uint64_t value) noexcept {
    return fold_multiply(value ^ hash_secret_0, hash_secret_1);
}

[[nodiscard]] inline std::uint64_t hash_combine(std::uint64_t seed, std::uint64_t hash) noexcept {
    return fold_multiply(seed ^ hash_secret_2, hash ^ hash_secret_0);
}

/// Hash of a text of at most 16 bytes from its image, padded with zeros, and its length.
[[nodiscard]] inline std::uint64_t hash_short_text(std::uint64_t head, std::uint64_t tail,
                                                   std::size_t length) noexcept {
    return fold_multiply(head ^ hash_secret_0, tail ^ hash_secret_1 ^ length);
}

/// Hash of a text longer than 16 bytes.
[[nodiscard]] std::uint64_t hash_long_text(const char* data, std::size_t length) noexcept;

/// Texts up to this length are kept and compared by their image.
inline constexpr std::size_t short_text_limit = 16;

/// A text of at most 16 bytes, padded with zeros.
struct ShortText {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
};

[[nodiscard]] inline std::uint64_t load_word(const char* data) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, data, sizeof(word));
    return word;
}

/// The image of fewer than eight bytes without a read outside the text.
[[nodiscard]] inline std::uint64_t load_partial_word(const char* data,
                                                     std::size_t length) noexcept {
    std::uint64_t word = 0;
    if (length == 8) return load_word(data);
    if (length >= 4) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        std::memcpy(&low, data, 4);
        std::memcpy(&high, data + length - 4, 4);
        word = low | (static_cast<std::uint64_t>(high) << (8 * (length - 4)));
    } else if (length != 0) {
        const auto at = [&](std::size_t index) {
            return static_cast<std::uint64_t>(static_cast<unsigned char>(data[index]));
        };
        word =
            at(0) | (at(length / 2) << (8 * (length / 2))) | (at(length - 1) << (8 * (length - 1)));
    }
    return word;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif
#else
inline constexpr bool under_sanitizer = false;
#endif

/// A sanitizer would report a read behind the end of an object even where it cannot fault.
inline constexpr bool may_read_to_page_end =
    !under_sanitizer && std::endian::native == std::endian::little;

/// Whether a read of `bytes` bytes at `data` stays in the memory page where it begins, so that it
/// cannot fault although the object ends earlier.
[[nodiscard]] inline bool stays_in_page(const char* data, std::size_t bytes) noexcept {
    constexpr std::uintptr_t page_size = 4096;
    return (reinterpret_cast<std::uintptr_t>(data) & (page_size - 1)) <= page_size - bytes;
}

/// For each length of a short text the bytes of its image that count.
inline constexpr auto short_text_masks = [] {
    std::array<ShortText, short_text_limit + 1> masks{};
    for (std::size_t length = 1; length < masks.size(); ++length) {
        const std::size_t in_tail = length <= 8 ? 0 : length - 8;
        masks[length].head = ~std::uint64_t{0} >> (8 * (8 - (length - in_tail)));
        masks[length].tail = in_tail == 0 ? 0 : ~std::uint64_t{0} >> (8 * (8 - in_tail));
    }
    return masks;
}();

/// Image of a text of at most 16 bytes. Words of a language are short and their lengths cannot be
/// predicted, so the usual case is free of branches on the length: it reads 16 bytes and masks.
[[nodiscard]] inline ShortText short_text(const char* data, std::size_t length) noexcept {
    if constexpr (may_read_to_page_end) {
        if (length != 0 && stays_in_page(data, short_text_limit)) [[likely]] {
            const ShortText& mask = short_text_masks[length];
            return {load_word(data) & mask.head, load_word(data + 8) & mask.tail};
        }
    }
    if (length <= 8) return {load_partial_word(data, length), 0};
    return {load_word(data), load_partial_word(data + 8, length - 8)};
}

[[nodiscard]] inline std::uint64_t hash_text(std::string_view text) noexcept {
    if (text.size() > short_text_limit) return hash_long_text(text.data(), text.size());
    const ShortText image = short_text(text.data(), text.size());
    return hash_short_text(image.head, image.tail, text.size());
}

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t Size>
inline constexpr bool is_array<std::array<T, Size>> = true;

template <class T, class Indices = std::make_index_sequence<boost::pfr::tuple_size_v<T>>>
inline constexpr bool members_hashable = false;
template <class T, std::size_t... Index>
inline constexpr bool members_hashable<T, std::index_sequence<Index...>> =
    (Hashable<boost::pfr::tuple_element_t<Index, T>> && ...);

template <class T>
concept HashableAggregate =
    std::is_aggregate_v<T> && std::is_class_v<T> && !is_array<T> && members_hashable<T>;

}  // namespace detail

template <class T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>)
struct Hash<T> {
    static std::uint64_t of(T value) noexcept {
        return detail::hash_word(static_cast<std::uint64_t>(value));
    }
};

/// Equal numbers hash equally: -0.0 as 0.0, and every NaN as one.
template <std::floating_point T>
struct Hash<T> {
    static std::uint64_t of(T value) noexcept {
        const auto wide = static_cast<double>(value);
        if (wide != wide) return detail::hash_word(0x7ff8000000000000ULL);
        return detail::hash_word(wide == 0.0 ? 0 : std::bit_cast<std::uint64_t>(wide));
    }
};

template <>
struct Hash<std::string_view> {
    static std::uint64_t of(std::string_view text) noexcept { return detail::hash_text(text); }
};

template <>
struct Hash<std::string> {
    static std::uint64_t of(const std::string& text) noexcept { return detail::hash_text(text); }
};

template <class Rep, class Period>
struct Hash<std::chrono::duration<Rep, Period>> {
    static std::uint64_t of(std::chrono::duration<Rep, Period> value) noexcept {
        return hash_of(value.count());
    }
};

template <class Clock, class Duration>
struct Hash<std::chrono::time_point<Clock, Duration>> {
    static std::uint64_t of(std::chrono::time_point<Clock, Duration> value) noexcept {
        return hash_of(value.time_since_epoch());
    }
};

template <Hashable T>
struct Hash<std::optional<T>> {
    static std::uint64_t of(const std::optional<T>& value) {
        return value ? detail::hash_combine(1, hash_of(*value)) : detail::hash_word(0);
    }
};

template <Hashable First, Hashable Second>
struct Hash<std::pair<First, Second>> {
    static std::uint64_t of(const std::pair<First, Second>& value) {
        return detail::hash_combine(hash_of(value.first), hash_of(value.second));
    }
};

template <Hashable... Members>
struct Hash<std::tuple<Members...>> {
    static std::uint64_t of(const std::tuple<Members...>& value) {
        std::uint64_t seed = sizeof...(Members);
        std::apply(
            [&](const auto&... member) {
                ((seed = detail::hash_combine(seed, hash_of(member))), ...);
            },
            value);
        return seed;
    }
};

template <Hashable T, std::size_t Size>
struct Hash<std::array<T, Size>> {
    static std::uint64_t of(const std::array<T, Size>& values) {
        std::uint64_t seed = Size;
        for (const T& value : values) seed = detail::hash_combine(seed, hash_of(value));
        return seed;
    }
};

template <detail::HashableAggregate T>
struct Hash<T> {
    static std::uint64_t of(const T& value) {
        std::uint64_t seed = boost::pfr::tuple_size_v<T>;
        boost::pfr::for_each_field(
            value, [&](const auto& member) { seed = detail::hash_combine(seed, hash_of(member)); });
        return seed;
    }
};

}  // namespace renoir
