#pragma once

/// flat_map, flatten: each item becomes the elements of a range.

#include <renoir/operators/key_by.hpp>

#include <ranges>

namespace renoir {

namespace detail {

template <class Range>
using element_of_t = std::remove_cvref_t<std::ranges::range_reference_t<Range>>;

/// Hands the elements of a range to `sink`, and moves them out of a range that owns them and that
/// nobody sees afterwards.
template <class Range, class Sink>
void for_each_element(Range&& range, Sink&& sink) {
    using Element = element_of_t<Range>;
    using Reference = std::ranges::range_reference_t<Range>;
    constexpr bool owns = !std::is_lvalue_reference_v<Range> &&
                          !std::ranges::view<std::remove_cvref_t<Range>> &&
                          !std::ranges::borrowed_range<Range>;
    for (auto&& element : range) {
        if constexpr (owns && std::is_lvalue_reference_v<Reference> &&
                      !std::is_const_v<std::remove_reference_t<Reference>>) {
            sink(Element(std::move(element)));
        } else {
            sink(Element(std::forward<decltype(element)>(element)));
        }
    }
}

/// Hands the elements of a range to a stage: all at once where they lie side by side and the stage
/// only reads them.
template <class Element, class Range, class Next>
void push_elements(Range&& range, Next& next) {
    if constexpr (std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
                  is_flat<Element> && ReadingStageFor<Next, Element>) {
        next.push_batch(
            std::span<const Element>(std::ranges::data(range), std::ranges::size(range)));
    } else {
        for_each_element(std::forward<Range>(range),
                         [&next](Element&& element) { next.push(std::move(element)); });
    }
}

template <class T, class O, class F, class Next>
struct FlatMapStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    // A lazy range runs the user's code while it is read, between two pushes.
    void push(T&& item) {
        try {
            push_elements<O>(std::invoke(fn, std::move(item)), next);
        } catch (...) {
            rethrow_as_failure_of(info);
        }
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class T, class F>
struct FlatMap {
    using value_type = element_of_t<std::invoke_result_t<F&, T>>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return FlatMapStage<T, value_type, F, Next>{info, fn, std::move(next)};
    }
};

template <class K, class V, class O, class F, class Next>
struct KeyedFlatMapStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    void push(std::pair<K, V>&& item) {
        try {
            for_each_element(
                std::invoke(fn, std::as_const(item.first), std::move(item.second)),
                [&](O&& element) { next.push(std::pair<K, O>(item.first, std::move(element))); });
        } catch (...) {
            rethrow_as_failure_of(info);
        }
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class K, class V, class F>
struct KeyedFlatMap {
    using mapped_type = element_of_t<std::invoke_result_t<F&, const K&, V>>;
    using value_type = std::pair<K, mapped_type>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return KeyedFlatMapStage<K, V, mapped_type, F, Next>{info, fn, std::move(next)};
    }
};

/// The range itself, handed on as a temporary so that its elements may be moved out.
struct ItemAsRange {
    template <std::ranges::input_range Range>
    Range operator()(Range&& range) const {
        return std::move(range);
    }
    template <class K, std::ranges::input_range Range>
    Range operator()(const K&, Range&& range) const {
        return std::move(range);
    }
};

}  // namespace detail

template <class T, class Chain>
template <FlatMapFunction<T> F>
auto Stream<T, Chain>::flat_map(F fn, Location where) {
    using Operator = detail::FlatMap<T, F>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"flat_map", where}, [&](const OperatorInfo& info) {
            return Operator{info, std::move(fn)};
        });
}

template <class T, class Chain>
auto Stream<T, Chain>::flatten(Location where) {
    static_assert(std::ranges::input_range<T>, "flatten: the items of this stream are not ranges");
    using Operator = detail::FlatMap<T, detail::ItemAsRange>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"flatten", where}, [](const OperatorInfo& info) {
            return Operator{info, {}};
        });
}

template <class K, class V, class Chain>
template <FlatMapFunction<const K&, V> F>
auto KeyedStream<K, V, Chain>::flat_map(F fn, Location where) {
    using Operator = detail::KeyedFlatMap<K, V, F>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, typename Operator::mapped_type>>(
            stream, {"flat_map", where}, [&](const OperatorInfo& info) {
                return Operator{info, std::move(fn)};
            });
    });
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::flatten(Location where) {
    static_assert(std::ranges::input_range<V>, "flatten: the values of this stream are not ranges");
    using Operator = detail::KeyedFlatMap<K, V, detail::ItemAsRange>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, typename Operator::mapped_type>>(
            stream, {"flatten", where}, [](const OperatorInfo& info) {
                return Operator{info, {}};
            });
    });
}

}  // namespace renoir
