#pragma once

/// split, merge, zip: graphs that are not chains.

#include <renoir/operators/repartition.hpp>
#include <renoir/stream/loop_chain.hpp>

#include <deque>
#include <vector>

namespace renoir {

namespace detail {

template <class T>
struct SplitStage {
    std::vector<Output<T>*> outputs;
    std::size_t destination;

    void push(T&& item) {
        for (Output<T>* output : outputs) output->append(destination, item);
    }
    void control(const Mark& mark) {
        for (Output<T>* output : outputs) output->send_mark(mark);
    }
};

/// Holds back the items of the side that is ahead. The queues are not bounded: to stop reading one
/// side could stop the other for ever where both come from one `split`.
template <class Left, class Right, class Next>
class ZipStage {
 public:
    explicit ZipStage(Next next) : next_(std::move(next)) {}

    void push_left(Left&& item) {
        left_.push_back(to_owned(std::move(item)));
        emit();
    }
    void push_right(Right&& item) {
        right_.push_back(to_owned(std::move(item)));
        emit();
    }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            left_.clear();
            right_.clear();
        }
        next_.control(mark);
    }

 private:
    void emit() {
        if (left_.empty() || right_.empty()) return;
        next_.push({std::move(left_.front()), std::move(right_.front())});
        left_.pop_front();
        right_.pop_front();
    }

    std::deque<owned_t<Left>> left_;
    std::deque<owned_t<Right>> right_;
    Next next_;
};

template <class Left, class Right>
struct ZipChain {
    using value_type = std::pair<owned_t<Left>, owned_t<Right>>;
    EdgeId left;
    EdgeId right;

    template <StageFor<value_type> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        using Stage = ZipStage<Left, Right, Next>;
        return std::make_unique<TwoInputReplica<Left, Right, Stage>>(context, left, right,
                                                                     Stage(std::move(next)));
    }
};

/// Connects the end of a stream to an existing block.
template <class AnyStream, class MakePartition>
EdgeId connect_to(AnyStream& stream, OperatorInfo info, BlockId to, MakePartition make_partition) {
    using Item = travelling_t<AnyStream>;
    static_assert(Exchangeable<Item>,
                  "the items of this stream must be encodable to cross an exchange");
    stream.handle().require_usable(info);
    const ExchangeEdges edges = connect_for_exchange<AnyStream>(
        stream.handle().graph(), info, stream.handle().block(), to, make_partition);
    end_block_with_partition(stream, std::move(info), edges.first, std::move(make_partition));
    return edges.last;
}

/// Connects the end of a stream to an existing block of the same replication, in place.
template <class AnyStream>
EdgeId connect_in_place(AnyStream& stream, OperatorInfo info, BlockId to) {
    stream.handle().require_usable(info);
    const EdgeId edge =
        stream.handle().graph().connect(stream.handle().block(), to, EdgeScope::same_replica);
    end_block_with_partition(stream, std::move(info), edge,
                             [](const OperatorInfo&, ReplicaContext& context) {
                                 return FixedPartition{context.index()};
                             });
    return edge;
}

/// Two streams meet only in the job graph of one context.
void require_same_graph(const StreamHandle& first, const StreamHandle& second,
                        const OperatorInfo& info);

/// An edge into a merged block: in place where the replicas correspond, evenly spread elsewhere.
template <class AnyStream>
EdgeId merge_into(AnyStream& stream, const OperatorInfo& info, BlockId to) {
    const Graph& graph = stream.handle().graph();
    const bool same =
        graph.block(stream.handle().block()).replication == graph.block(to).replication;
    if (same) return connect_in_place(stream, info, to);
    return connect_to(stream, info, to, [](const OperatorInfo&, ReplicaContext& context) {
        return RunPartition(context.index());
    });
}

}  // namespace detail

template <class T, class Chain>
auto Stream<T, Chain>::split(std::size_t copies, Location where) {
    using Item = detail::travelling_t<Stream>;
    OperatorInfo info{"split", where};
    handle_.require_usable(info);
    if (copies == 0)
        throw Error(ErrorKind::usage, info.text() + " makes 0 copies; give it at least 1");
    const std::shared_ptr<Graph> graph = handle_.shared_graph();
    const BlockId from = handle_.block();
    std::vector<Stream<T, ExchangeChain<Item>>> streams;
    std::vector<EdgeId> edges;
    for (std::size_t i = 0; i < copies; ++i) {
        const BlockId to =
            graph->add_block(graph->block(from).replication, graph->block(from).batch_mode);
        edges.push_back(graph->connect(from, to, EdgeScope::same_replica));
        streams.emplace_back(StreamHandle(graph, to, graph->add_operator(to, info)),
                             ExchangeChain<Item>{{edges.back()}}, execution_);
    }
    end_block(*this, std::move(info), [&](const OperatorInfo&) {
        return [edges](ReplicaContext& context) {
            std::vector<Output<Item>*> outputs;
            for (const EdgeId edge : edges) outputs.push_back(&context.open_output<Item>(edge));
            return detail::SplitStage<Item>{std::move(outputs), context.index()};
        };
    });
    return streams;
}

template <class T, class Chain>
template <class Other>
auto Stream<T, Chain>::merge(Stream<T, Other> other, Location where) {
    using Item = detail::travelling_t<Stream>;
    static_assert(std::same_as<Item, detail::travelling_t<Stream<T, Other>>>,
                  "merge: one of the two streams has event times and the other has not; give both "
                  "times by add_timestamps(...) or take them away by drop_timestamps()");
    const OperatorInfo info{"merge", where};
    handle_.require_usable(info);
    other.handle().require_usable(info);
    detail::require_same_graph(handle_, other.handle(), info);
    const std::shared_ptr<Graph> graph = handle_.shared_graph();
    const BlockDescription& own = graph->block(handle_.block());
    const BlockDescription& others = graph->block(other.handle().block());
    const bool same = own.replication == others.replication;
    const BlockId to =
        graph->add_block(same ? own.replication : Replication::unlimited(), own.batch_mode);
    const OperatorInfo& head = graph->add_operator(to, info);
    LoopDescription* loop = detail::inner_loop(handle_, other.handle(), info);
    const auto into = [&](auto& stream) { return detail::merge_into(stream, info, to); };
    const EdgeId left = detail::use_inside(*this, info, loop, into);
    const EdgeId right = detail::use_inside(other, info, loop, into);
    return Stream<T, ExchangeChain<Item>>(StreamHandle(graph, to, head),
                                          ExchangeChain<Item>{{left, right}}, execution_);
}

template <class T, class Chain>
template <class U, class Other>
auto Stream<T, Chain>::zip(Stream<U, Other> other, Location where) {
    const OperatorInfo info{"zip", where};
    handle_.require_usable(info);
    other.handle().require_usable(info);
    detail::require_same_graph(handle_, other.handle(), info);
    const std::shared_ptr<Graph> graph = handle_.shared_graph();
    const BlockId to =
        graph->add_block(Replication::one(), graph->block(handle_.block()).batch_mode);
    const OperatorInfo& head = graph->add_operator(to, info);
    const auto first = [](const OperatorInfo&, ReplicaContext&) {
        return detail::FixedPartition{0};
    };
    // The items of a pair have two times, so the pair has none.
    auto&& left_items = detail::without_time(*this, info);
    auto&& right_items = detail::without_time(other, info);
    LoopDescription* loop = detail::inner_loop(left_items.handle(), right_items.handle(), info);
    const auto into = [&](auto& stream) { return detail::connect_to(stream, info, to, first); };
    const EdgeId left = detail::use_inside(left_items, info, loop, into);
    const EdgeId right = detail::use_inside(right_items, info, loop, into);
    using Zipped = detail::ZipChain<T, U>;
    return Stream<typename Zipped::value_type, Zipped>(StreamHandle(graph, to, head),
                                                       Zipped{left, right}, execution_);
}

template <class K, class V, class Chain>
template <class Other>
auto KeyedStream<K, V, Chain>::merge(KeyedStream<K, V, Other> other, Location where) {
    return detail::with_partition(*this, [&](auto& own) {
        return detail::with_partition(other, [&](auto& others) {
            const OperatorInfo info{"merge", where};
            auto left = detail::as_pairs(own, info);
            auto right = detail::as_pairs(others, info);
            auto merged = left.merge(std::move(right), where);
            const StreamHandle taken = merged.handle().take(info);
            using Merged = std::remove_cvref_t<decltype(merged.chain())>;
            return KeyedStream<K, V, Merged>(
                taken.behind(taken.graph().add_operator(taken.block(), info)),
                std::move(merged.chain()), merged.execution());
        });
    });
}

}  // namespace renoir
