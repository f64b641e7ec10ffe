#pragma once

/// How streams come into loops.

#include <renoir/runtime/loop.hpp>
#include <renoir/stream/connect.hpp>

namespace renoir {

namespace detail {

/// Behind the way into a loop, for items that are the same in each round.
template <Replayable T>
struct ReplayChain {
    using value_type = T;
    std::shared_ptr<SharedStores<ItemStore<owned_t<T>>>> stores;

    template <StageFor<T> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return std::make_unique<ReplayReplica<T, Next>>(
            context, stores->of_replica(context.index()), std::move(next));
    }
};

/// Behind the way into a loop, for a stream whose items are elsewhere.
template <class T>
struct MarksChain {
    using value_type = T;

    template <StageFor<T> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return std::make_unique<MarksReplica<Next>>(context, std::move(next));
    }
};

/// Behind the way into a loop, for items that are those of the round before.
template <Exchangeable T>
struct IterateChain {
    using value_type = T;
    std::shared_ptr<SharedStores<RoundItems<T>>> stores;
    EdgeId results;

    template <StageFor<T> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return std::make_unique<IterateReplica<T, Next>>(
            context, stores->of_replica(context.index()), results, std::move(next));
    }
};

/// The block of the stream ends in the stage that `make_stage(context, ready)` makes, which keeps
/// the items where they are for a block of the same replication in the loop. That one is returned.
template <class AnyStream, class MakeStage>
BlockId end_before_loop(AnyStream& stream, const OperatorInfo& info, LoopDescription& loop,
                        MakeStage make_stage) {
    stream.handle().require_usable(info);
    Graph& graph = stream.handle().graph();
    const BlockId from = stream.handle().block();
    const EdgeId ready = graph.connect_outward(from, loop.coordinator);
    loop.ready_edges.push_back(ready);
    const BlockId inside =
        graph.add_block(graph.block(from).replication, graph.block(from).batch_mode);
    graph.block(inside).loop = &loop;
    end_block(stream, info, [&](const OperatorInfo&) {
        return [ready, make_stage](ReplicaContext& context) {
            return make_stage(context, context.open_output<Ready>(ready));
        };
    });
    return inside;
}

/// The stage that keeps the items of type T.
template <class T, class Store>
auto gather_in(std::shared_ptr<SharedStores<Store>> stores) {
    return [stores](ReplicaContext& context, Output<Ready>& ready) {
        return GatherStage<T, Store>{stores->of_replica(context.index()), ready};
    };
}

/// A stream from just outside the loop as one that has the same items in each round. Event times
/// stay with the items; the watermarks are those of the end of a round only.
template <class AnyStream>
auto enter_loop(AnyStream& stream, const OperatorInfo& info, LoopDescription& loop) {
    using Item = travelling_t<AnyStream>;
    using Inside = Stream<typename std::remove_cvref_t<AnyStream>::value_type, ReplayChain<Item>>;
    const std::shared_ptr<Graph> graph = stream.handle().shared_graph();
    auto stores = std::make_shared<SharedStores<ItemStore<owned_t<Item>>>>();
    auto execution = stream.execution();
    const BlockId inside = end_before_loop(stream, info, loop, gather_in<Item>(stores));
    return Inside(StreamHandle(graph, inside, graph->add_operator(inside, info)),
                  ReplayChain<Item>{std::move(stores)}, std::move(execution));
}

/// As enter_loop, but the stage that `make_stage(context, ready)` makes keeps the items, and what
/// is played in each round are only the marks.
template <class AnyStream, class MakeStage>
auto enter_without_items(AnyStream& stream, const OperatorInfo& info, LoopDescription& loop,
                         MakeStage make_stage) {
    using Item = travelling_t<AnyStream>;
    const std::shared_ptr<Graph> graph = stream.handle().shared_graph();
    auto execution = stream.execution();
    const BlockId inside = end_before_loop(stream, info, loop, std::move(make_stage));
    return Stream<Item, MarksChain<Item>>(
        StreamHandle(graph, inside, graph->add_operator(inside, info)), {}, std::move(execution));
}

/// The innermost loop of the two streams; one is in it or around it. Throws Error(usage) where
/// neither loop is inside the other.
[[nodiscard]] LoopDescription* inner_loop(const StreamHandle& first, const StreamHandle& second,
                                          const OperatorInfo& info);

/// The loops to be entered on the way from `outer` to `inner`, which is inside of it.
[[nodiscard]] std::vector<LoopDescription*> way_into(const LoopDescription* outer,
                                                     LoopDescription* inner);

[[noreturn]] void throw_not_replayable(const OperatorInfo& info);

/// Hands `use` the stream as it is inside the loop, for operators that take another stream there.
template <class AnyStream, class Use>
auto use_inside(AnyStream& stream, const OperatorInfo& info, LoopDescription* loop, Use use) {
    const StreamHandle& handle = stream.handle();
    const auto way = way_into(handle.graph().block(handle.block()).loop, loop);
    if (way.empty()) return use(stream);
    if constexpr (Replayable<travelling_t<AnyStream>>) {
        auto inside = enter_loop(stream, info, *way.front());
        for (std::size_t i = 1; i < way.size(); ++i) inside = enter_loop(inside, info, *way[i]);
        return use(inside);
    } else {
        throw_not_replayable(info);
    }
}

}  // namespace detail

}  // namespace renoir
