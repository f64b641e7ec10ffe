#pragma once

/// key_by, group_by, unkey, drop_key: from a stream to a keyed one and back.

#include <renoir/base/batch_buffer.hpp>
#include <renoir/base/hash.hpp>
#include <renoir/stream/connect.hpp>

namespace renoir {

namespace detail {

/// Whether every view in a T looks at memory outside the T, so that the view survives a move of it.
template <class T>
inline constexpr bool looks_outside = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <>
inline constexpr bool looks_outside<std::string_view> = true;
template <class First, class Second>
inline constexpr bool looks_outside<std::pair<First, Second>> =
    looks_outside<First> && looks_outside<Second>;
template <class... Members>
inline constexpr bool looks_outside<std::tuple<Members...>> = (looks_outside<Members> && ...);

/// The key type that a function of T gives: a view only where it stays valid beside the moved item.
template <class F, class T>
using key_of_t =
    std::conditional_t<looks_outside<T>, item_of_t<F, const T&>, owned_t<item_of_t<F, const T&>>>;

template <class K, class V, class F, class Next>
class KeyByStage {
 public:
    KeyByStage(const OperatorInfo& info, F key, Next next)
        : info_(info), key_(std::move(key)), next_(std::move(next)) {}

    void push(V&& item) {
        K key(call_user(info_, key_, std::as_const(item)));
        next_.push(Keyed(std::move(key), std::move(item)));
    }

    void push_batch(std::span<V> items)
        requires BatchStageFor<Next, std::pair<K, V>>
    {
        const auto key = [this](const V& item) { return K(call_user(info_, key_, item)); };
        if constexpr (requires { next_.push_batch_by(items, key); }) {
            next_.push_batch_by(items, key);
        } else {
            push_pairs(items, key);
        }
    }

    void control(const Mark& mark) { next_.control(mark); }

 private:
    using Keyed = std::pair<K, V>;

    template <class Key>
    void push_pairs(std::span<V> items, Key&& key) {
        BatchBuffer<Keyed, batch_items<Keyed>> keyed;
        while (!items.empty()) {
            const auto together = items.first(std::min(batch_items<Keyed>, items.size()));
            for (V& item : together) {
                K key_of_item = key(item);
                keyed.emplace_back(std::move(key_of_item), std::move(item));
            }
            next_.push_batch(keyed.items());
            keyed.clear();
            items = items.subspan(together.size());
        }
    }

    const OperatorInfo& info_;
    F key_;
    Next next_;
};

template <class V, class F>
struct KeyBy {
    using key_type = key_of_t<F, V>;
    using value_type = std::pair<key_type, V>;
    const OperatorInfo& info;
    F key;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return KeyByStage<key_type, V, F, Next>(info, key, std::move(next));
    }
};

/// Spreads a good hash over the destinations by its high bits; the low ones are left to the tables
/// behind the exchange (Lemire, "Fast random integer generation in an interval", 2019).
[[nodiscard]] inline std::size_t destination_of(std::uint64_t hash,
                                                std::size_t destinations) noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>((static_cast<Wide>(hash) * destinations) >> 64);
}

template <class F>
struct KeyPartition {
    const OperatorInfo& info;
    F key;

    template <class T>
    std::size_t operator()(const T& item, std::size_t destinations) {
        using Key = item_of_t<F, const T&>;
        const auto& value = call_user(info, key, item);
        return destination_of(hash_of<Key>(value), destinations);
    }
};

template <class V, class AnyStream, class F>
auto append_key_by(AnyStream& stream, OperatorInfo info, F key) {
    using Operator = KeyBy<V, F>;
    return append_operator<KeyedResult<typename Operator::key_type, V>>(
        stream, std::move(info), [&](const OperatorInfo& named) {
            return Operator{named, std::move(key)};
        });
}

/// The items of a stream whose exchange is still to come, without their key.
template <class K, class V, class Chain>
auto ungroup(KeyedStream<K, V, Chain>& stream) {
    using Previous = std::remove_cvref_t<decltype(stream.chain().previous)>;
    return Stream<V, Previous>(std::move(stream.handle()), std::move(stream.chain().previous),
                               stream.execution());
}

/// Hands `use` the stream with its exchange in place.
template <class K, class V, class Chain, class Use>
auto with_partition(KeyedStream<K, V, Chain>& stream, Use&& use) {
    if constexpr (is_grouped<Chain>) {
        auto key = stream.chain().key;
        const OperatorInfo info = *stream.chain().grouping;
        auto ungrouped = ungroup(stream);
        auto partitioned = exchange<V>(ungrouped, info, Replication::unlimited(),
                                       [key](const OperatorInfo& named, ReplicaContext&) {
                                           return KeyPartition<decltype(key)>{named, key};
                                       });
        auto keyed = append_key_by<V>(partitioned, info, std::move(key));
        return use(keyed);
    } else {
        return use(stream);
    }
}

template <class K, class V, class Chain>
KeyedStream<K, V, BoxedChain<travelling_pair_t<K, V, Chain>>> hide_chain(
    KeyedStream<K, V, Chain> stream) {
    using Hidden = BoxedChain<travelling_pair_t<K, V, Chain>>;
    return with_partition(stream, [](auto& partitioned) {
        return KeyedStream<K, V, Hidden>(std::move(partitioned.handle()),
                                         Hidden(std::move(partitioned.chain())),
                                         partitioned.execution());
    });
}

template <class K, class V, class Next>
struct DropKeyStage {
    Next next;
    void push(std::pair<K, V>&& item) { next.push(std::move(item.second)); }
    void control(const Mark& mark) { next.control(mark); }
};

template <class K, class V>
struct DropKey {
    using value_type = V;
    template <StageFor<V> Next>
    auto stage(ReplicaContext&, Next next) const {
        return DropKeyStage<K, V, Next>{std::move(next)};
    }
};

/// The pairs of a keyed stream as a plain one; nothing happens at run time.
template <class K, class V, class Chain>
Stream<std::pair<K, V>, Chain> as_pairs(KeyedStream<K, V, Chain>& stream, OperatorInfo info) {
    const StreamHandle taken = stream.handle().take(info);
    const OperatorInfo& named = taken.graph().add_operator(taken.block(), std::move(info));
    return {taken.behind(named), std::move(stream.chain()), stream.execution()};
}

}  // namespace detail

template <class T, class Chain>
template <KeyFunction<T> F>
auto Stream<T, Chain>::key_by(F key, Location where) {
    return detail::append_key_by<T>(*this, {"key_by", where}, std::move(key));
}

template <class T, class Chain>
template <KeyFunction<T> F>
auto Stream<T, Chain>::group_by(F key, Location where) {
    using Grouped = detail::GroupedChain<Chain, F>;
    OperatorInfo info{"group_by", where};
    const StreamHandle taken = handle_.take(info);
    const OperatorInfo& named = taken.graph().add_operator(taken.block(), std::move(info));
    return KeyedStream<detail::key_of_t<F, T>, T, Grouped>(
        taken.behind(named), Grouped{std::move(chain_), std::move(key), &named}, execution_);
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::unkey(Location where) {
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::as_pairs(stream, {"unkey", where});
    });
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::drop_key(Location where) {
    return detail::with_partition(*this, [&](auto& stream) {
        return append_operator<PlainResult<V>>(
            stream, {"drop_key", where},
            [](const OperatorInfo&) { return detail::DropKey<K, V>{}; });
    });
}

template <class K, class V, class Chain>
KeyedStream<K, V, Chain> KeyedStream<K, V, Chain>::batch_mode(BatchMode mode, Location where) {
    OperatorInfo info{"batch_mode", where};
    StreamHandle taken = handle_.take(info);
    taken.graph().block(taken.block()).batch_mode = mode;
    return {taken.behind(taken.graph().add_operator(taken.block(), std::move(info))),
            std::move(chain_), execution_};
}

}  // namespace renoir
