#pragma once

/// map, rich_map: one item in, one item out.

#include <renoir/operators/key_by.hpp>

namespace renoir {

namespace detail {

template <class T, class O, class F, class Next>
struct MapStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    void push(T&& item) { next.push(O(call_user(info, fn, std::move(item)))); }
    void control(const Mark& mark) { next.control(mark); }
};

template <class T, class F>
struct Map {
    using value_type = item_of_t<F, T>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return MapStage<T, value_type, F, Next>{info, fn, std::move(next)};
    }
};

template <class K, class V, class O, class F, class Next>
struct KeyedMapStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    void push(std::pair<K, V>&& item) {
        O mapped(call_user(info, fn, std::as_const(item.first), std::move(item.second)));
        next.push(std::pair<K, O>(std::move(item.first), std::move(mapped)));
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class K, class V, class F>
struct KeyedMap {
    using mapped_type = item_of_t<F, const K&, V>;
    using value_type = std::pair<K, mapped_type>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return KeyedMapStage<K, V, mapped_type, F, Next>{info, fn, std::move(next)};
    }
};

}  // namespace detail

template <class T, class Chain>
template <MapFunction<T> F>
auto Stream<T, Chain>::map(F fn, Location where) {
    using Operator = detail::Map<T, F>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"map", where}, [&](const OperatorInfo& info) {
            return Operator{info, std::move(fn)};
        });
}

template <class T, class Chain>
template <MapFunction<T> F>
auto Stream<T, Chain>::rich_map(F fn, Location where) {
    using Operator = detail::Map<T, F>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"rich_map", where}, [&](const OperatorInfo& info) {
            return Operator{info, std::move(fn)};
        });
}

template <class K, class V, class Chain>
template <MapFunction<const K&, V> F>
auto KeyedStream<K, V, Chain>::map(F fn, Location where) {
    using Operator = detail::KeyedMap<K, V, F>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, typename Operator::mapped_type>>(
            stream, {"map", where}, [&](const OperatorInfo& info) {
                return Operator{info, std::move(fn)};
            });
    });
}

}  // namespace renoir
