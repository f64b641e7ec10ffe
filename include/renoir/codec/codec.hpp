#pragma once

/// How items are laid out in a slab, the one format of local and remote edges.
///
/// An item is a *fixed part* of known size and, for what has no fixed size, bytes in an *arena*
/// that the fixed part refers to by offset. So items can be read at random and in place: a
/// `std::string_view` is decoded as a view of the arena, a `std::string` into a string whose memory
/// is reused. Text and views of text have the same layout; the type of the stream decides who owns.
///
/// Flat types, text, the standard containers, optional, variant, pair, tuple and aggregates of
/// these need nothing. Any other type specialises renoir::Codec:
///
///     template <>
///     struct renoir::Codec<Matrix> : renoir::CodecBy<Matrix, std::vector<double>> {
///         static std::vector<double> to(const Matrix& matrix);
///         static Matrix from(std::vector<double>&& values);
///     };
///
/// Offsets are 32 bits wide: one item may hold at most 4 GiB.

#include <renoir/base/error.hpp>
#include <renoir/base/hash.hpp>
#include <renoir/codec/flat.hpp>

#include <algorithm>
#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace renoir {

/// Writes the variable part of items; the caller has made room for `arena_bytes` of each.
class ArenaWriter {
 public:
    ArenaWriter(std::byte* base, std::size_t used) noexcept : base_(base), used_(used) {}

    /// Reserves `bytes` bytes at a multiple of `alignment` and returns their offset.
    std::uint32_t reserve(std::size_t bytes, std::size_t alignment) noexcept {
        used_ = (used_ + alignment - 1) & ~(alignment - 1);
        const auto offset = static_cast<std::uint32_t>(used_);
        used_ += bytes;
        return offset;
    }

    [[nodiscard]] std::byte* at(std::uint32_t offset) noexcept { return base_ + offset; }

    /// Appends text. Short text, the usual case, is copied by two loads and stores of fixed size:
    /// the slack behind the used part of a slab takes what is written too far.
    std::uint32_t append_text(const char* data, std::size_t length) noexcept {
        const auto offset = static_cast<std::uint32_t>(used_);
        std::byte* target = base_ + used_;
        used_ += length;
        if constexpr (detail::may_read_to_page_end) {
            if (length != 0 && length <= slack && detail::stays_in_page(data, slack)) [[likely]] {
                const std::uint64_t low = detail::load_word(data);
                const std::uint64_t high = detail::load_word(data + 8);
                std::memcpy(target, &low, 8);
                std::memcpy(target + 8, &high, 8);
                return offset;
            }
        }
        if (length != 0) std::memcpy(target, data, length);
        return offset;
    }

    [[nodiscard]] std::size_t used() const noexcept { return used_; }

    /// Bytes behind the used part of an arena that append_text may overwrite.
    static constexpr std::size_t slack = 16;

 private:
    std::byte* base_;
    std::size_t used_;
};

/// Reads what an ArenaWriter wrote, for as long as the slab lives.
class ArenaReader {
 public:
    explicit ArenaReader(const std::byte* base) noexcept : base_(base) {}

    [[nodiscard]] const std::byte* at(std::uint32_t offset) const noexcept {
        return base_ + offset;
    }

 private:
    const std::byte* base_;
};

/// Customisation point, see the top of this file. A codec has
/// - `Fixed`: a trivially copyable type, the part of fixed size,
/// - `arena_bytes(value)`: an upper bound of the bytes that `write` takes from the arena,
/// - `write(value, fixed, arena)` and `read(fixed, arena, value)`, where `read` assigns to a value
///   that may hold an earlier item, so that its memory is used again.
template <class T>
struct Codec;

/// A type that can cross an exchange. Where this fails for a type of yours, see renoir::Codec (any
/// type) and renoir::enable_flat (trivially copyable classes).
template <class T>
concept Encodable = requires(const T& value, T& target, typename Codec<T>::Fixed& fixed,
                             ArenaWriter& writer, const ArenaReader& reader) {
    { Codec<T>::arena_bytes(value) } -> std::convertible_to<std::size_t>;
    Codec<T>::write(value, fixed, writer);
    Codec<T>::read(std::as_const(fixed), reader, target);
};

namespace detail {

template <class T>
using Fixed = typename Codec<T>::Fixed;

/// A place in the arena.
struct Extent {
    std::uint32_t offset;
    std::uint32_t length;
};

[[noreturn]] void throw_item_too_large(std::size_t bytes);

[[nodiscard]] inline std::uint32_t checked_length(std::size_t length) {
    if (length > 0xffffffffULL) throw_item_too_large(length);
    return static_cast<std::uint32_t>(length);
}

/// Fixed parts side by side; std::tuple will not do because it is not trivially copyable.
template <class... Parts>
struct FixedParts {};

// An empty rest would take a byte, and padding.
template <class Last>
struct FixedParts<Last> {
    Last first;
};

template <class First, class... Rest>
struct FixedParts<First, Rest...> {
    First first;
    FixedParts<Rest...> rest;
};

template <std::size_t Index, class... Parts>
auto& fixed_part(FixedParts<Parts...>& parts) {
    if constexpr (Index == 0) {
        return parts.first;
    } else {
        return fixed_part<Index - 1>(parts.rest);
    }
}

template <std::size_t Index, class... Parts>
const auto& fixed_part(const FixedParts<Parts...>& parts) {
    if constexpr (Index == 0) {
        return parts.first;
    } else {
        return fixed_part<Index - 1>(parts.rest);
    }
}

/// Codec of anything that is a fixed list of members, given access to the I-th member.
template <class T, class Access, class Members>
struct MembersCodec;

template <class T, class Access, class... Members>
struct MembersCodec<T, Access, std::tuple<Members...>> {
    using Fixed = FixedParts<typename Codec<Members>::Fixed...>;
    using Indices = std::index_sequence_for<Members...>;

    static std::size_t arena_bytes(const T& value) {
        return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            return (std::size_t{0} + ... +
                    Codec<Members>::arena_bytes(Access::template get<Index>(value)));
        }(Indices{});
    }

    static void write(const T& value, Fixed& fixed, ArenaWriter& arena) {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (Codec<Members>::write(Access::template get<Index>(value), fixed_part<Index>(fixed),
                                   arena),
             ...);
        }(Indices{});
    }

    static void read(const Fixed& fixed, const ArenaReader& arena, T& value) {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (Codec<Members>::read(fixed_part<Index>(fixed), arena,
                                  Access::template get<Index>(value)),
             ...);
        }(Indices{});
    }
};

struct TupleAccess {
    template <std::size_t Index, class T>
    static auto& get(T& value) {
        return std::get<Index>(value);
    }
};

struct AggregateAccess {
    template <std::size_t Index, class T>
    static auto& get(T& value) {
        return boost::pfr::get<Index>(value);
    }
};

template <class T, class Indices = std::make_index_sequence<boost::pfr::tuple_size_v<T>>>
struct AggregateMembers;

template <class T, std::size_t... Index>
struct AggregateMembers<T, std::index_sequence<Index...>> {
    using type = std::tuple<boost::pfr::tuple_element_t<Index, T>...>;
};

template <class Members>
inline constexpr bool all_encodable = false;
template <class... Members>
inline constexpr bool all_encodable<std::tuple<Members...>> = (Encodable<Members> && ...);

template <class T>
concept ReflectedAggregate = std::is_aggregate_v<T> && std::is_class_v<T> && !is_array<T> &&
                             !is_flat<T> && all_encodable<typename AggregateMembers<T>::type>;

/// A range that grows by inserting at its end: vector, list, deque, set, map and their kin.
template <class T>
concept GrowingContainer =
    !std::same_as<T, std::string> && requires(T& container, typename T::value_type&& value) {
        container.clear();
        container.insert(container.end(), std::move(value));
        { container.size() } -> std::convertible_to<std::size_t>;
    };

/// What a container's element is called when it is built on its own: a map's key loses its const.
template <class T>
struct ElementOf {
    using type = T;
};
template <class Key, class Value>
struct ElementOf<std::pair<const Key, Value>> {
    using type = std::pair<Key, Value>;
};

template <class T>
concept ContiguousFlatContainer =
    GrowingContainer<T> && is_flat<typename T::value_type> && requires(T& container) {
        { container.data() } -> std::same_as<typename T::value_type*>;
        container.resize(std::size_t{});
    };

}  // namespace detail

template <class T>
    requires is_flat<T>
struct Codec<T> {
    struct Fixed {
        alignas(T) std::byte bytes[sizeof(T)];
    };
    static std::size_t arena_bytes(const T&) noexcept { return 0; }
    static void write(const T& value, Fixed& fixed, ArenaWriter&) noexcept {
        std::memcpy(&fixed, static_cast<const void*>(std::addressof(value)), sizeof(T));
    }
    static void read(const Fixed& fixed, const ArenaReader&, T& value) noexcept {
        std::memcpy(static_cast<void*>(std::addressof(value)), &fixed, sizeof(T));
    }
};

template <class T>
    requires(std::same_as<T, std::string> || std::same_as<T, std::string_view>)
struct Codec<T> {
    using Fixed = detail::Extent;
    static std::size_t arena_bytes(const T& text) noexcept { return text.size(); }
    static void write(const T& text, Fixed& fixed, ArenaWriter& arena) {
        const std::uint32_t length = detail::checked_length(text.size());
        fixed = {arena.append_text(text.data(), text.size()), length};
    }
    static void read(const Fixed& fixed, const ArenaReader& arena, T& text) {
        text =
            std::string_view(reinterpret_cast<const char*>(arena.at(fixed.offset)), fixed.length);
    }
};

template <class First, class Second>
    requires(!is_flat<std::pair<First, Second>> && Encodable<First> && Encodable<Second>)
struct Codec<std::pair<First, Second>>
    : detail::MembersCodec<std::pair<First, Second>, detail::TupleAccess,
                           std::tuple<First, Second>> {};

template <class... Members>
    requires(!is_flat<std::tuple<Members...>> && (Encodable<Members> && ...))
struct Codec<std::tuple<Members...>>
    : detail::MembersCodec<std::tuple<Members...>, detail::TupleAccess, std::tuple<Members...>> {};

template <class T, std::size_t Size>
    requires(!is_flat<T> && Encodable<T>)
struct Codec<std::array<T, Size>> {
    struct Fixed {
        detail::Fixed<T> elements[Size];
    };
    static std::size_t arena_bytes(const std::array<T, Size>& values) {
        std::size_t bytes = 0;
        for (const T& value : values) bytes += Codec<T>::arena_bytes(value);
        return bytes;
    }
    static void write(const std::array<T, Size>& values, Fixed& fixed, ArenaWriter& arena) {
        for (std::size_t i = 0; i < Size; ++i) Codec<T>::write(values[i], fixed.elements[i], arena);
    }
    static void read(const Fixed& fixed, const ArenaReader& arena, std::array<T, Size>& values) {
        for (std::size_t i = 0; i < Size; ++i) Codec<T>::read(fixed.elements[i], arena, values[i]);
    }
};

template <detail::ReflectedAggregate T>
struct Codec<T>
    : detail::MembersCodec<T, detail::AggregateAccess, typename detail::AggregateMembers<T>::type> {
};

template <class T>
    requires(!is_flat<std::optional<T>> && Encodable<T>)
struct Codec<std::optional<T>> {
    struct Fixed {
        bool present;
        detail::Fixed<T> value;
    };
    static std::size_t arena_bytes(const std::optional<T>& value) {
        return value ? Codec<T>::arena_bytes(*value) : 0;
    }
    static void write(const std::optional<T>& value, Fixed& fixed, ArenaWriter& arena) {
        fixed.present = value.has_value();
        if (value) Codec<T>::write(*value, fixed.value, arena);
    }
    static void read(const Fixed& fixed, const ArenaReader& arena, std::optional<T>& value) {
        if (!fixed.present) {
            value.reset();
            return;
        }
        if (!value) value.emplace();
        Codec<T>::read(fixed.value, arena, *value);
    }
};

template <class... Alternatives>
    requires(Encodable<Alternatives> && ...)
struct Codec<std::variant<Alternatives...>> {
    using Value = std::variant<Alternatives...>;
    struct Fixed {
        std::uint32_t index;
        alignas(detail::Fixed<Alternatives>...)
            std::byte value[std::max({sizeof(detail::Fixed<Alternatives>)...})];
    };
    static std::size_t arena_bytes(const Value& value) {
        return std::visit(
            []<class T>(const T& alternative) { return Codec<T>::arena_bytes(alternative); },
            value);
    }
    static void write(const Value& value, Fixed& fixed, ArenaWriter& arena) {
        fixed.index = static_cast<std::uint32_t>(value.index());
        std::visit(
            [&]<class T>(const T& alternative) {
                detail::Fixed<T> part;
                Codec<T>::write(alternative, part, arena);
                std::memcpy(fixed.value, &part, sizeof(part));
            },
            value);
    }
    static void read(const Fixed& fixed, const ArenaReader& arena, Value& value) {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (void)((fixed.index == Index && (read_alternative<Index>(fixed, arena, value), true)) ||
                   ...);
        }(std::index_sequence_for<Alternatives...>{});
    }

 private:
    template <std::size_t Index>
    static void read_alternative(const Fixed& fixed, const ArenaReader& arena, Value& value) {
        using T = std::variant_alternative_t<Index, Value>;
        detail::Fixed<T> part;
        std::memcpy(&part, fixed.value, sizeof(part));
        if (value.index() != Index) value.template emplace<Index>();
        Codec<T>::read(part, arena, std::get<Index>(value));
    }
};

/// Containers: the fixed parts of the elements lie side by side in the arena.
template <detail::GrowingContainer T>
    requires Encodable<typename detail::ElementOf<typename T::value_type>::type>
struct Codec<T> {
    using Fixed = detail::Extent;
    using Element = typename detail::ElementOf<typename T::value_type>::type;
    using ElementFixed = detail::Fixed<Element>;

    static std::size_t arena_bytes(const T& values) {
        std::size_t bytes = values.size() * sizeof(ElementFixed) + alignof(ElementFixed) - 1;
        if constexpr (!is_flat<Element>) {
            for (const auto& value : values) bytes += element_arena_bytes(value);
        }
        return bytes;
    }

    static void write(const T& values, Fixed& fixed, ArenaWriter& arena) {
        const std::uint32_t length = detail::checked_length(values.size());
        fixed = {arena.reserve(values.size() * sizeof(ElementFixed), alignof(ElementFixed)),
                 length};
        std::byte* target = arena.at(fixed.offset);
        if constexpr (detail::ContiguousFlatContainer<T>) {
            if (length != 0) std::memcpy(target, values.data(), length * sizeof(Element));
        } else {
            for (const auto& value : values) {
                ElementFixed part;
                write_element(value, part, arena);
                std::memcpy(target, &part, sizeof(part));
                target += sizeof(part);
            }
        }
    }

    static void read(const Fixed& fixed, const ArenaReader& arena, T& values) {
        const std::byte* source = arena.at(fixed.offset);
        if constexpr (detail::ContiguousFlatContainer<T>) {
            values.resize(fixed.length);
            // Through void*: a pair is flat, but its assignment is not trivial.
            if (fixed.length != 0)
                std::memcpy(static_cast<void*>(values.data()), source,
                            fixed.length * sizeof(Element));
        } else {
            values.clear();
            for (std::uint32_t i = 0; i < fixed.length; ++i, source += sizeof(ElementFixed)) {
                ElementFixed part;
                std::memcpy(&part, source, sizeof(part));
                Element element{};
                Codec<Element>::read(part, arena, element);
                values.insert(values.end(), std::move(element));
            }
        }
    }

 private:
    static constexpr bool is_map = !std::same_as<Element, typename T::value_type>;

    static std::size_t element_arena_bytes(const typename T::value_type& value) {
        if constexpr (is_map) {
            return Codec<typename Element::first_type>::arena_bytes(value.first) +
                   Codec<typename Element::second_type>::arena_bytes(value.second);
        } else {
            return Codec<Element>::arena_bytes(value);
        }
    }

    static void write_element(const typename T::value_type& value, ElementFixed& part,
                              ArenaWriter& arena) {
        if constexpr (!is_map) {
            Codec<Element>::write(value, part, arena);
        } else if constexpr (is_flat<Element>) {
            Codec<Element>::write(Element(value.first, value.second), part, arena);
        } else {
            Codec<typename Element::first_type>::write(value.first, detail::fixed_part<0>(part),
                                                       arena);
            Codec<typename Element::second_type>::write(value.second, detail::fixed_part<1>(part),
                                                        arena);
        }
    }
};

/// Base for codecs of classes that can be turned into an encodable type and back.
template <class T, class Form>
struct CodecBy {
    using Fixed = detail::Fixed<Form>;
    static std::size_t arena_bytes(const T& value) {
        return Codec<Form>::arena_bytes(Codec<T>::to(value));
    }
    static void write(const T& value, Fixed& fixed, ArenaWriter& arena) {
        Codec<Form>::write(Codec<T>::to(value), fixed, arena);
    }
    static void read(const Fixed& fixed, const ArenaReader& arena, T& value) {
        Form form{};
        Codec<Form>::read(fixed, arena, form);
        value = Codec<T>::from(std::move(form));
    }
};

}  // namespace renoir
