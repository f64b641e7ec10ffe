#pragma once

/// rich_map on keyed streams: a function with state for each key.

#include <renoir/operators/map.hpp>
#include <renoir/runtime/state_table.hpp>

namespace renoir {

namespace detail {

template <class K, class V, class O, class F, class Next>
class KeyedRichMapStage {
 public:
    KeyedRichMapStage(const OperatorInfo& info, F fn, Next next)
        : info_(info), fn_(std::move(fn)), next_(std::move(next)) {}

    void push(std::pair<K, V>&& item) {
        using Table = StateTable<K, F>;
        F& fn = functions_.find_or_create(Table::look_up(item.first), [this] { return fn_; });
        O mapped(call_user(info_, fn, std::as_const(item.first), std::move(item.second)));
        next_.push(std::pair<K, O>(std::move(item.first), std::move(mapped)));
    }
    void control(const Mark& mark) { next_.control(mark); }

 private:
    const OperatorInfo& info_;
    F fn_;
    StateTable<K, F> functions_;
    Next next_;
};

template <class K, class V, class F>
struct KeyedRichMap {
    using mapped_type = item_of_t<F, const K&, V>;
    using value_type = std::pair<K, mapped_type>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return KeyedRichMapStage<K, V, mapped_type, F, Next>(info, fn, std::move(next));
    }
};

}  // namespace detail

template <class K, class V, class Chain>
template <MapFunction<const K&, V> F>
auto KeyedStream<K, V, Chain>::rich_map(F fn, Location where) {
    using Operator = detail::KeyedRichMap<K, V, F>;
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<KeyedResult<K, typename Operator::mapped_type>>(
            stream, {"rich_map", where}, [&](const OperatorInfo& info) {
                return Operator{info, std::move(fn)};
            });
    });
}

}  // namespace renoir
