#pragma once

/// filter, filter_map, map_while, inspect: zero or one item for each.

#include <renoir/operators/key_by.hpp>

namespace renoir {

namespace detail {

template <class T, class F, class Next>
struct FilterStage {
    const OperatorInfo& info;
    F predicate;
    Next next;

    void push(T&& item) {
        if (call_user(info, predicate, std::as_const(item))) next.push(std::move(item));
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class T, class F>
struct Filter {
    using value_type = T;
    const OperatorInfo& info;
    F predicate;

    template <StageFor<T> Next>
    auto stage(ReplicaContext&, Next next) const {
        return FilterStage<T, F, Next>{info, predicate, std::move(next)};
    }
};

template <class T, class O, class F, class Next>
struct FilterMapStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    void push(T&& item) {
        if (auto kept = call_user(info, fn, std::move(item))) next.push(O(*std::move(kept)));
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class T, class F>
struct FilterMap {
    using value_type = std::remove_cvref_t<typename item_of_t<F, T>::value_type>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return FilterMapStage<T, value_type, F, Next>{info, fn, std::move(next)};
    }
};

template <class T, class O, class F, class Next>
struct MapWhileStage {
    const OperatorInfo& info;
    F fn;
    Next next;
    bool open = true;

    void push(T&& item) {
        if (!open) return;
        auto mapped = call_user(info, fn, std::move(item));
        open = mapped.has_value();
        if (open) next.push(O(*std::move(mapped)));
    }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) open = true;
        next.control(mark);
    }
};

template <class T, class F>
struct MapWhile {
    using value_type = std::remove_cvref_t<typename item_of_t<F, T>::value_type>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return MapWhileStage<T, value_type, F, Next>{info, fn, std::move(next)};
    }
};

template <class T, class F, class Next>
struct InspectStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    void push(T&& item) {
        call_user(info, fn, std::as_const(item));
        next.push(std::move(item));
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class T, class F>
struct Inspect {
    using value_type = T;
    const OperatorInfo& info;
    F fn;

    template <StageFor<T> Next>
    auto stage(ReplicaContext&, Next next) const {
        return InspectStage<T, F, Next>{info, fn, std::move(next)};
    }
};

/// A function of key and value as one of the pair, so that plain stages serve keyed streams too.
template <class F>
struct OnPair {
    F fn;

    template <class K, class V>
    decltype(auto) operator()(const std::pair<K, V>& item) {
        return std::invoke(fn, item.first, item.second);
    }
};

template <class K, class V, class O, class F, class Next>
struct KeyedFilterMapStage {
    const OperatorInfo& info;
    F fn;
    Next next;

    void push(std::pair<K, V>&& item) {
        if (auto kept = call_user(info, fn, std::as_const(item.first), std::move(item.second))) {
            next.push(std::pair<K, O>(std::move(item.first), *std::move(kept)));
        }
    }
    void control(const Mark& mark) { next.control(mark); }
};

template <class K, class V, class F>
struct KeyedFilterMap {
    using mapped_type = std::remove_cvref_t<typename item_of_t<F, const K&, V>::value_type>;
    using value_type = std::pair<K, mapped_type>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return KeyedFilterMapStage<K, V, mapped_type, F, Next>{info, fn, std::move(next)};
    }
};

}  // namespace detail

template <class T, class Chain>
template <FilterFunction<const T&> F>
auto Stream<T, Chain>::filter(F predicate, Location where) {
    return append_operator<PlainResult<T>>(*this, {"filter", where}, [&](const OperatorInfo& info) {
        return detail::Filter<T, F>{info, std::move(predicate)};
    });
}

template <class T, class Chain>
template <FilterMapFunction<T> F>
auto Stream<T, Chain>::filter_map(F fn, Location where) {
    using Operator = detail::FilterMap<T, F>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"filter_map", where}, [&](const OperatorInfo& info) {
            return Operator{info, std::move(fn)};
        });
}

template <class T, class Chain>
template <FilterMapFunction<T> F>
auto Stream<T, Chain>::map_while(F fn, Location where) {
    using Operator = detail::MapWhile<T, F>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"map_while", where}, [&](const OperatorInfo& info) {
            return Operator{info, std::move(fn)};
        });
}

template <class T, class Chain>
template <InspectFunction<const T&> F>
auto Stream<T, Chain>::inspect(F fn, Location where) {
    return append_operator<PlainResult<T>>(*this, {"inspect", where},
                                           [&](const OperatorInfo& info) {
                                               return detail::Inspect<T, F>{info, std::move(fn)};
                                           });
}

template <class K, class V, class Chain>
template <FilterFunction<const K&, const V&> F>
auto KeyedStream<K, V, Chain>::filter(F predicate, Location where) {
    using Operator = detail::Filter<std::pair<K, V>, detail::OnPair<F>>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, V>>(stream, {"filter", where},
                                                  [&](const OperatorInfo& info) {
                                                      return Operator{info, {std::move(predicate)}};
                                                  });
    });
}

template <class K, class V, class Chain>
template <FilterMapFunction<const K&, V> F>
auto KeyedStream<K, V, Chain>::filter_map(F fn, Location where) {
    using Operator = detail::KeyedFilterMap<K, V, F>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, typename Operator::mapped_type>>(
            stream, {"filter_map", where}, [&](const OperatorInfo& info) {
                return Operator{info, std::move(fn)};
            });
    });
}

template <class K, class V, class Chain>
template <InspectFunction<const K&, const V&> F>
auto KeyedStream<K, V, Chain>::inspect(F fn, Location where) {
    using Operator = detail::Inspect<std::pair<K, V>, detail::OnPair<F>>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, V>>(stream, {"inspect", where},
                                                  [&](const OperatorInfo& info) {
                                                      return Operator{info, {std::move(fn)}};
                                                  });
    });
}

}  // namespace renoir
