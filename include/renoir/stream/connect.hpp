#pragma once

/// How an operator takes a stream and puts the next one behind it. For operators of the library and
/// for those of users.

#include <renoir/stream/keyed_stream.hpp>

namespace renoir {

/// Puts an operator that works in place behind the stream. `describe(info)` makes its description;
/// `info` stays valid while the job lives.
template <class Result, class AnyStream, class Describe>
[[nodiscard]] auto append_operator(AnyStream& stream, OperatorInfo info, Describe describe) {
    const StreamHandle taken = stream.handle().take(info);
    const OperatorInfo& named = taken.graph().add_operator(taken.block(), std::move(info));
    auto description = describe(named);
    using Chain = OperatorChain<typename AnyStream::chain_type, decltype(description)>;
    return Result::template with_chain<Chain>(
        taken.behind(named), Chain{std::move(stream.chain()), std::move(description)},
        stream.execution());
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

/// Ends the block of the stream with the stage that `describe(info)` makes for each replica:
/// `describe(info)(context) -> stage`.
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

/// The block of a stream ends in an exchange; what follows is a new block with the given
/// replication. `make_partition(info, context)` makes the partition of each replica.
template <class T, class AnyStream, class MakePartition>
[[nodiscard]] Stream<T, ExchangeChain<T>> exchange(AnyStream& stream, OperatorInfo info,
                                                   Replication replication,
                                                   MakePartition make_partition) {
    stream.handle().require_usable(info);
    const std::shared_ptr<Graph> graph = stream.handle().shared_graph();
    const BlockId from = stream.handle().block();
    const BlockId to = graph->add_block(replication, graph->block(from).batch_mode);
    const EdgeId edge = graph->connect(from, to);
    const OperatorInfo& head = graph->add_operator(to, info);
    auto execution = stream.execution();
    end_block(stream, std::move(info), [&](const OperatorInfo& named) {
        return [edge, make_partition, &named](ReplicaContext& context) {
            Output<T>& output = context.open_output<T>(edge);
            auto partition = make_partition(named, context);
            return PartitionStage<T, decltype(partition)>{output, std::move(partition)};
        };
    });
    return {StreamHandle(graph, to, head), ExchangeChain<T>{{edge}}, std::move(execution)};
}

}  // namespace renoir
