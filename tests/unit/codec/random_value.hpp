#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

/// Makes random values of any type that the codec knows. Small sizes are frequent, so that empty
/// texts and containers are.
class RandomValues {
 public:
    explicit RandomValues(std::uint32_t seed) : engine_(seed) {}

    [[nodiscard]] std::size_t size(std::size_t most) {
        return engine_() % 3 == 0 ? engine_() % 3 : engine_() % (most + 1);
    }

    template <class T>
    [[nodiscard]] T make() {
        T value{};
        fill(value);
        return value;
    }

 private:
    template <std::integral T>
    void fill(T& value) {
        value = static_cast<T>(engine_());
    }

    template <std::floating_point T>
    void fill(T& value) {
        value = static_cast<T>(engine_()) / T{7};
    }

    void fill(std::string& text) {
        text.resize(size(40));
        for (char& letter : text) fill(letter);
    }

    template <class First, class Second>
    void fill(std::pair<First, Second>& value) {
        value = {make<std::remove_const_t<First>>(), make<Second>()};
    }

    template <class... Members>
    void fill(std::tuple<Members...>& value) {
        std::apply([&](Members&... member) { (this->fill(member), ...); }, value);
    }

    template <class T>
    void fill(std::optional<T>& value) {
        if (engine_() % 2 == 0) value = make<T>();
    }

    template <class T, std::size_t Size>
    void fill(std::array<T, Size>& values) {
        for (T& value : values) fill(value);
    }

    template <class... Alternatives>
    void fill(std::variant<Alternatives...>& value) {
        std::size_t chosen = engine_() % sizeof...(Alternatives);
        (void)((chosen-- == 0 && (value = make<Alternatives>(), true)) || ...);
    }

    void fill(std::monostate&) {}

    /// Containers grow by inserting; a type of the tests' own brings `randomise(random)`.
    template <class T>
        requires requires(T& container) { container.insert(container.end(), *container.begin()); }
    void fill(T& container) {
        const std::size_t wanted = size(8);
        for (std::size_t i = 0; i < wanted; ++i) {
            container.insert(container.end(), make<ElementOf<typename T::value_type>>());
        }
    }

    template <class T>
        requires requires(T& value, RandomValues& random) { randomise(value, random); }
    void fill(T& value) {
        randomise(value, *this);
    }

    template <class T>
    struct Element {
        using type = T;
    };
    template <class Key, class Value>
    struct Element<std::pair<const Key, Value>> {
        using type = std::pair<Key, Value>;
    };
    template <class T>
    using ElementOf = typename Element<T>::type;

    std::mt19937 engine_;
};
