#pragma once

/// How an operator takes a stream and puts the next one behind it. For operators of the library and
/// for those of users.

#include <renoir/stream/keyed_stream.hpp>
#include <renoir/stream/timed.hpp>

namespace renoir {

namespace detail {

/// append_operator for an operator that takes what travels in the block as it is, with its time.
template <class Result, class AnyStream, class Describe>
[[nodiscard]] auto append_as_is(AnyStream& stream, OperatorInfo info, Describe describe) {
    const StreamHandle taken = stream.handle().take(info);
    const OperatorInfo& named = taken.graph().add_operator(taken.block(), std::move(info));
    auto description = describe(named);
    using Chain = OperatorChain<typename AnyStream::chain_type, decltype(description)>;
    return Result::template with_chain<Chain>(
        taken.behind(named), Chain{std::move(stream.chain()), std::move(description)},
        stream.execution());
}

}  // namespace detail

/// Puts an operator that works in place behind the stream. `describe(info)` makes its description;
/// `info` stays valid while the job lives. On a stream with event time what it emits within push()
/// gets the time of the item that it was given.
template <class Result, class AnyStream, class Describe>
[[nodiscard]] auto append_operator(AnyStream& stream, OperatorInfo info, Describe describe) {
    if constexpr (detail::is_timed<AnyStream>) {
        using T = typename AnyStream::value_type;
        return detail::append_as_is<Result>(
            stream, std::move(info), [&](const OperatorInfo& named) {
                auto untimed = describe(named);
                return detail::TimedOperator<T, decltype(untimed)>{std::move(untimed)};
            });
    } else {
        return detail::append_as_is<Result>(stream, std::move(info), std::move(describe));
    }
}

/// Which stream append_operator gives.
template <class T>
struct PlainResult {
    template <class Chain>
    static Stream<T, Chain> with_chain(StreamHandle handle, Chain chain,
                                       std::shared_ptr<const Execution> execution) {
        return {std::move(handle), std::move(chain), std::move(execution)};
    }
};
template <class K, class V>
struct KeyedResult {
    template <class Chain>
    static KeyedStream<K, V, Chain> with_chain(StreamHandle handle, Chain chain,
                                               std::shared_ptr<const Execution> execution) {
        return {std::move(handle), std::move(chain), std::move(execution)};
    }
};

namespace detail {

template <class T, class Chain>
auto drop_time(Stream<T, Chain>& stream, const OperatorInfo& user) {
    const StreamHandle taken = stream.handle().take(user);
    using Untimed = OperatorChain<Chain, DropTime<T>>;
    return Stream<T, Untimed>(taken.behind(taken.graph().block(taken.block()).operators.back()),
                              Untimed{std::move(stream.chain()), {}}, stream.execution());
}

template <class K, class V, class Chain>
auto drop_time(KeyedStream<K, V, Chain>& stream, const OperatorInfo& user) {
    const StreamHandle taken = stream.handle().take(user);
    const OperatorInfo& last = taken.graph().block(taken.block()).operators.back();
    if constexpr (is_grouped<Chain>) {
        using Previous = decltype(stream.chain().previous);
        using Untimed = OperatorChain<Previous, DropTime<V>>;
        using Grouped = GroupedChain<Untimed, decltype(stream.chain().key)>;
        return KeyedStream<K, V, Grouped>(
            taken.behind(last),
            Grouped{Untimed{std::move(stream.chain().previous), {}}, std::move(stream.chain().key),
                    stream.chain().grouping},
            stream.execution());
    } else {
        using Untimed = OperatorChain<Chain, DropTime<std::pair<K, V>>>;
        return KeyedStream<K, V, Untimed>(
            taken.behind(last), Untimed{std::move(stream.chain()), {}}, stream.execution());
    }
}

/// The stream itself, or the one without its times: for operators to which time means nothing.
template <class AnyStream>
decltype(auto) without_time(AnyStream& stream, const OperatorInfo& user) {
    if constexpr (is_timed<AnyStream>) {
        return drop_time(stream, user);
    } else {
        return (stream);
    }
}

}  // namespace detail

/// Ends the block of the stream with the stage that `describe(info)` makes for each replica:
/// `describe(info)(context) -> stage`. The stage gets what travels in the block: Timed<T> on a
/// stream with event time.
template <class AnyStream, class Describe>
void end_block(AnyStream& stream, OperatorInfo info, Describe describe) {
    const StreamHandle taken = stream.handle().take(info);
    const OperatorInfo& named = taken.graph().add_operator(taken.block(), std::move(info));
    taken.graph().block(taken.block()).make_replica =
        [chain = std::move(stream.chain()), make_stage = describe(named)](ReplicaContext& context) {
            return chain.build(context, make_stage(context));
        };
}

/// Sends each item to the destination that a partition chooses:
/// `partition(item, destinations) -> index`.
template <class T, class Partition>
struct PartitionStage {
    Output<T>& output;
    Partition partition;

    void push(T&& item) {
        output.append(partition(std::as_const(item), output.destinations()), item);
    }
    void control(const Mark& mark) { output.send_mark(mark); }
};

namespace detail {

/// The end of a block whose items a partition sends along an edge.
template <class AnyStream, class MakePartition>
void end_block_with_partition(AnyStream& stream, OperatorInfo info, EdgeId edge,
                              MakePartition make_partition) {
    using Item = travelling_t<AnyStream>;
    end_block(stream, std::move(info), [&](const OperatorInfo& named) {
        return [edge, make_partition, &named](ReplicaContext& context) {
            Output<Item>& output = context.open_output<Item>(edge);
            auto partition = partition_of_travelling<AnyStream>(make_partition(named, context));
            return PartitionStage<Item, decltype(partition)>{output, std::move(partition)};
        };
    });
}

/// The edges of an exchange, the same one where it has one level.
struct ExchangeEdges {
    EdgeId first;
    EdgeId last;
};

/// A block between two: its replicas take the items for all workers of their rank and hand them on.
template <class AnyStream, class MakePartition>
ExchangeEdges add_router(Graph& graph, const OperatorInfo& info, BlockId from, BlockId to,
                         MakePartition make_partition) {
    using Item = travelling_t<AnyStream>;
    const BlockId router = graph.add_block(Replication::unlimited(), graph.block(from).batch_mode);
    const EdgeId in = graph.connect(from, router, EdgeScope::worker_of_ranks);
    const EdgeId out = graph.connect(router, to, EdgeScope::own_rank);
    const OperatorInfo& named = graph.add_operator(router, info);
    graph.block(router).make_replica = [in, out, make_partition, &named](ReplicaContext& context) {
        // One type for all partitions of a kind of items, for the sake of compile time.
        using Partition = std::function<std::size_t(const Item&, std::size_t)>;
        Partition partition = partition_of_travelling<AnyStream>(make_partition(named, context));
        return ExchangeChain<Item>{{in}}.build(
            context,
            PartitionStage<Item, Partition>{context.open_output<Item>(out), std::move(partition)});
    };
    return {in, out};
}

template <class AnyStream, class MakePartition>
ExchangeEdges connect_for_exchange(Graph& graph, const OperatorInfo& info, BlockId from, BlockId to,
                                   const MakePartition& make_partition) {
    if (graph.exchanges_in_two_levels(graph.block(from).replication, graph.block(to).replication))
        return add_router<AnyStream>(graph, info, from, to, make_partition);
    const EdgeId edge = graph.connect(from, to);
    return {edge, edge};
}

/// `connect(graph, from, to)` makes the edges to the new block.
template <class T, class AnyStream, class Connect, class MakePartition>
auto exchange_along(AnyStream& stream, OperatorInfo info, Replication replication,
                    const Connect& connect, MakePartition make_partition) {
    using Item = travelling_t<AnyStream>;
    stream.handle().require_usable(info);
    const std::shared_ptr<Graph> graph = stream.handle().shared_graph();
    const BlockId from = stream.handle().block();
    const BlockId to = graph->add_block(replication, graph->block(from).batch_mode);
    const ExchangeEdges edges = connect(*graph, from, to);
    const OperatorInfo& head = graph->add_operator(to, info);
    auto execution = stream.execution();
    end_block_with_partition(stream, std::move(info), edges.first, std::move(make_partition));
    return Stream<T, ExchangeChain<Item>>(StreamHandle(graph, to, head),
                                          ExchangeChain<Item>{{edges.last}}, std::move(execution));
}

}  // namespace detail

/// The block of a stream ends in an exchange; what follows is a new block with the given
/// replication. `make_partition(info, context)` makes the partition of each replica. Among many
/// workers items pass a third block in between, which asks a partition again.
template <class T, class AnyStream, class MakePartition>
[[nodiscard]] auto exchange(AnyStream& stream, OperatorInfo info, Replication replication,
                            MakePartition make_partition) {
    const auto connect = [&](Graph& graph, BlockId from, BlockId to) {
        return detail::connect_for_exchange<AnyStream>(graph, info, from, to, make_partition);
    };
    return detail::exchange_along<T>(stream, info, replication, connect, make_partition);
}

}  // namespace renoir
