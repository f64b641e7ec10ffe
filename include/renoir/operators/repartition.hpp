#pragma once

/// shuffle, broadcast, repartition_by, replication, max_parallelism, batch_mode.

#include <renoir/operators/key_by.hpp>

#include <algorithm>

namespace renoir {

namespace detail {

/// Even distribution in runs: each destination gets one item in turn at first and longer runs as
/// the items grow in number. So a few items are spread as well as many, and many do not keep a slab
/// open for every destination. No destination is ever ahead by more than a run, about 3 % of the
/// items.
class RunPartition {
 public:
    explicit RunPartition(std::size_t first) : destination_(first) {}

    template <class T>
    std::size_t operator()(const T&, std::size_t destinations) {
        if (left_ == 0) [[unlikely]]
            begin_run(destinations);
        --left_;
        return destination_;
    }

 private:
    void begin_run(std::size_t destinations) {
        destination_ = destination_ + 1 < destinations ? destination_ + 1 : 0;
        const std::size_t length = std::clamp<std::size_t>(sent_ / (32 * destinations), 1, longest);
        left_ = length;
        sent_ += length;
    }

    static constexpr std::size_t longest = 4096;
    std::size_t destination_;
    std::size_t left_ = 0;
    std::size_t sent_ = 0;
};

/// Always the same destination: the replica on the sender's own worker, or the only one there is.
struct FixedPartition {
    std::size_t destination;

    template <class T>
    std::size_t operator()(const T&, std::size_t) const noexcept {
        return destination;
    }
};

template <class T>
struct BroadcastStage {
    Output<T>& output;

    void push(T&& item) {
        for (std::size_t destination = 0; destination < output.destinations(); ++destination) {
            output.append(destination, item);
        }
    }
    void control(const Mark& mark) { output.send_mark(mark); }
};

template <class F>
struct NumberPartition {
    const OperatorInfo& info;
    F fn;

    template <class T>
    std::size_t operator()(const T& item, std::size_t destinations) {
        const auto number = static_cast<std::uint64_t>(call_user(info, fn, item));
        return destination_of(hash_of(number), destinations);
    }
};

/// An exchange whose items go to all replicas of the next block.
template <class T, class AnyStream>
auto broadcast_to(AnyStream& stream, OperatorInfo info, Replication replication) {
    using Item = travelling_t<AnyStream>;
    stream.handle().require_usable(info);
    const std::shared_ptr<Graph> graph = stream.handle().shared_graph();
    const BlockId from = stream.handle().block();
    const BlockId to = graph->add_block(replication, graph->block(from).batch_mode);
    const EdgeId edge = graph->connect(from, to);
    const OperatorInfo& head = graph->add_operator(to, info);
    auto execution = stream.execution();
    end_block(stream, std::move(info), [edge](const OperatorInfo&) {
        return [edge](ReplicaContext& context) {
            return BroadcastStage<Item>{context.open_output<Item>(edge)};
        };
    });
    return Stream<T, ExchangeChain<Item>>(StreamHandle(graph, to, head),
                                          ExchangeChain<Item>{{edge}}, std::move(execution));
}

template <class T, class AnyStream>
auto spread(AnyStream& stream, OperatorInfo info, Replication replication) {
    return exchange<T>(
        stream, std::move(info), replication,
        [](const OperatorInfo&, ReplicaContext& context) { return RunPartition(context.index()); });
}

/// To the only replica of the next block.
template <class T, class AnyStream>
auto gather(AnyStream& stream, OperatorInfo info) {
    return exchange<T>(stream, std::move(info), Replication::one(),
                       [](const OperatorInfo&, ReplicaContext&) { return FixedPartition{0}; });
}

/// To the replica of the same index, where both blocks have the same replication.
template <class T, class AnyStream>
auto forward(AnyStream& stream, OperatorInfo info) {
    const BlockDescription& own = stream.handle().graph().block(stream.handle().block());
    const auto connect = [](Graph& graph, BlockId from, BlockId to) {
        const EdgeId edge = graph.connect(from, to, EdgeScope::same_replica);
        return ExchangeEdges{edge, edge};
    };
    return exchange_along<T>(stream, std::move(info), own.replication, connect,
                             [](const OperatorInfo&, ReplicaContext& context) {
                                 return FixedPartition{context.index()};
                             });
}

}  // namespace detail

template <class T, class Chain>
auto Stream<T, Chain>::shuffle(Location where) {
    return detail::spread<T>(*this, {"shuffle", where}, Replication::unlimited());
}

template <class T, class Chain>
auto Stream<T, Chain>::broadcast(Location where) {
    return detail::broadcast_to<T>(*this, {"broadcast", where}, Replication::unlimited());
}

template <class T, class Chain>
template <PartitionFunction<T> F>
auto Stream<T, Chain>::repartition_by(Replication replication, F fn, Location where) {
    return exchange<T>(*this, {"repartition_by", where}, replication,
                       [fn = std::move(fn)](const OperatorInfo& info, ReplicaContext&) {
                           return detail::NumberPartition<F>{info, fn};
                       });
}

template <class T, class Chain>
auto Stream<T, Chain>::replication(Replication replication, Location where) {
    OperatorInfo info{"replication", where};
    handle_.require_usable(info);
    if (handle_.graph().block(handle_.block()).replication == replication) {
        return detail::forward<T>(*this, std::move(info));
    }
    return detail::spread<T>(*this, std::move(info), replication);
}

template <class T, class Chain>
auto Stream<T, Chain>::max_parallelism(std::size_t replicas, Location where) {
    return replication(Replication::limited(replicas), where);
}

template <class T, class Chain>
Stream<T, Chain> Stream<T, Chain>::batch_mode(BatchMode mode, Location where) {
    OperatorInfo info{"batch_mode", where};
    const StreamHandle taken = handle_.take(info);
    taken.graph().block(taken.block()).batch_mode = mode;
    return {taken.behind(taken.graph().add_operator(taken.block(), std::move(info))),
            std::move(chain_), execution_};
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::shuffle(Location where) {
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::spread<std::pair<K, V>>(stream, {"shuffle", where},
                                               Replication::unlimited());
    });
}

}  // namespace renoir
