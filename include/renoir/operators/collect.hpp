#pragma once

/// collect, collect_vec, collect_vec_all, collect_count: sinks that leave a result behind.

#include <renoir/operators/fold.hpp>

#include <vector>

namespace renoir {

namespace detail {

template <class T, class Container>
class CollectStage {
 public:
    explicit CollectStage(std::shared_ptr<ResultSlot<Container>> slot) : slot_(std::move(slot)) {}

    void push(T&& item) { collected_.insert(collected_.end(), to_owned(std::move(item))); }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_stream) slot_->value.emplace(std::move(collected_));
    }

 private:
    std::shared_ptr<ResultSlot<Container>> slot_;
    Container collected_;
};

template <class T, class Container, class AnyStream>
Result<Container> collect_here(AnyStream& stream, OperatorInfo info) {
    auto slot = std::make_shared<ResultSlot<Container>>();
    slot->execution = stream.execution();
    end_block(stream, std::move(info), [slot](const OperatorInfo&) {
        return [slot](ReplicaContext&) { return CollectStage<T, Container>(slot); };
    });
    return Result<Container>(std::move(slot));
}

/// On the only replica where the stream has one already, else on one behind an exchange.
template <class T, class Container, class AnyStream>
Result<Container> collect_on_one(AnyStream& stream, const OperatorInfo& info) {
    stream.handle().require_usable(info);
    const Replication replication =
        stream.handle().graph().block(stream.handle().block()).replication;
    auto&& untimed = without_time(stream, info);
    if (replication == Replication::one()) return collect_here<T, Container>(untimed, info);
    auto gathered = gather<T>(untimed, info);
    return collect_here<T, Container>(gathered, info);
}

template <class T, class Container, class AnyStream>
Result<Container> collect_on_every_rank(AnyStream& stream, const OperatorInfo& info) {
    auto&& untimed = without_time(stream, info);
    auto everywhere = broadcast_to<T>(untimed, info, Replication::host());
    return collect_here<T, Container>(everywhere, info);
}

template <class T>
struct CountStage {
    std::shared_ptr<ResultSlot<std::uint64_t>> slot;
    std::uint64_t total = 0;

    void push(std::uint64_t&& count) { total += count; }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_stream) slot->value = total;
    }
};

template <class T, class AnyStream>
Result<std::uint64_t> count_on_one(AnyStream& stream, const OperatorInfo& info) {
    auto&& untimed = without_time(stream, info);
    auto partial = append_fold<T>(untimed, info, Partial<CountAggregate<T>>{});
    auto gathered = gather<std::uint64_t>(partial, info);
    auto slot = std::make_shared<ResultSlot<std::uint64_t>>();
    slot->execution = gathered.execution();
    end_block(gathered, info, [slot](const OperatorInfo&) {
        return [slot](ReplicaContext&) { return CountStage<T>{slot}; };
    });
    return Result<std::uint64_t>(std::move(slot));
}

}  // namespace detail

template <class T, class Chain>
auto Stream<T, Chain>::collect_vec(Location where) {
    return detail::collect_on_one<T, std::vector<owned_t<T>>>(*this, {"collect_vec", where});
}

template <class T, class Chain>
auto Stream<T, Chain>::collect_vec_all(Location where) {
    return detail::collect_on_every_rank<T, std::vector<owned_t<T>>>(*this,
                                                                     {"collect_vec_all", where});
}

template <class T, class Chain>
template <class Container>
Result<Container> Stream<T, Chain>::collect(Location where) {
    return detail::collect_on_one<T, Container>(*this, {"collect", where});
}

template <class T, class Chain>
auto Stream<T, Chain>::collect_count(Location where) {
    return detail::count_on_one<T>(*this, {"collect_count", where});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::collect_vec(Location where) {
    using Pair = std::pair<K, V>;
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::collect_on_one<Pair, std::vector<owned_t<Pair>>>(stream,
                                                                        {"collect_vec", where});
    });
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::collect_vec_all(Location where) {
    using Pair = std::pair<K, V>;
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::collect_on_every_rank<Pair, std::vector<owned_t<Pair>>>(
            stream, {"collect_vec_all", where});
    });
}

template <class K, class V, class Chain>
template <class Container>
Result<Container> KeyedStream<K, V, Chain>::collect(Location where) {
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::collect_on_one<std::pair<K, V>, Container>(stream, {"collect", where});
    });
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::collect_count(Location where) {
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::count_on_one<std::pair<K, V>>(stream, {"collect_count", where});
    });
}

}  // namespace renoir
