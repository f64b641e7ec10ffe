#pragma once

/// for_each: a sink that calls a function.

#include <renoir/operators/filter.hpp>

namespace renoir {

namespace detail {

template <class T, class F>
struct ForEachStage {
    const OperatorInfo& info;
    F fn;

    void push(T&& item) { call_user(info, fn, std::move(item)); }
    void control(const Mark&) {}
};

template <class T, class F>
auto describe_for_each(F fn) {
    return [fn = std::move(fn)](const OperatorInfo& info) {
        return [fn, &info](ReplicaContext&) { return ForEachStage<T, F>{info, fn}; };
    };
}

/// As OnPair, for functions that take the value over.
template <class F>
struct OnMovedPair {
    F fn;

    template <class K, class V>
    decltype(auto) operator()(std::pair<K, V>&& item) {
        return std::invoke(fn, std::as_const(item.first), std::move(item.second));
    }
};

}  // namespace detail

template <class T, class Chain>
template <InspectFunction<T> F>
void Stream<T, Chain>::for_each(F fn, Location where) {
    const OperatorInfo info{"for_each", where};
    auto&& untimed = detail::without_time(*this, info);
    end_block(untimed, info, detail::describe_for_each<T>(std::move(fn)));
}

template <class K, class V, class Chain>
template <InspectFunction<const K&, V> F>
void KeyedStream<K, V, Chain>::for_each(F fn, Location where) {
    detail::with_partition(*this, [&](auto& stream) {
        using Function = detail::OnMovedPair<F>;
        const OperatorInfo info{"for_each", where};
        auto&& untimed = detail::without_time(stream, info);
        end_block(untimed, info,
                  detail::describe_for_each<std::pair<K, V>>(Function{std::move(fn)}));
    });
}

}  // namespace renoir
