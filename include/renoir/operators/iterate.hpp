#pragma once

/// replay, iterate: a part of the graph that runs again and again, with a state that all replicas
/// share.
///
///     // The mean of the numbers, by correction until it stays the same: 499.5.
///     auto mean = ctx.stream_par_iter(0, 1000).replay(
///         100, 0.0,
///         [](auto numbers, renoir::IterationState<double> guess) {
///             return numbers.map([guess](int n) { return n - guess.get(); });
///         },
///         0.0, [](double& sum, double error) { sum += error; },
///         [](double& guess, double sum) { guess += sum / 1000; },
///         [last = -1.0](double& guess) mutable { return std::exchange(last, guess) != guess; });

#include <renoir/operators/repartition.hpp>
#include <renoir/stream/loop_chain.hpp>

namespace renoir {

/// The state of a loop, for the functions inside its body. Copies show the same state.
template <class S>
class IterationState {
 public:
    explicit IterationState(std::shared_ptr<const detail::LoopState<S>> state)
        : state_(std::move(state)) {}

    /// The state of the round in which the function runs that calls this. The reference is valid as
    /// long as that call. Only for functions of streams that come from the items of the loop.
    [[nodiscard]] const S& get() const noexcept { return state_->value; }

 private:
    std::shared_ptr<const detail::LoopState<S>> state_;
};

/// What `iterate` gives: `auto [state, items] = stream.iterate(...)`.
template <class S, class T>
struct IterationResult {
    Stream<S> state;                    ///< the last state, one item on one replica
    Stream<T, ExchangeChain<T>> items;  ///< the items of the last round, where they are
};

namespace detail {

/// Behind a loop: its last state.
template <class Control>
struct CoordinatorChain {
    using value_type = typename Control::state_type;
    Control control;
    const OperatorInfo* info;
    const LoopDescription* loop;
    EdgeId deltas;
    EdgeId verdicts;

    template <StageFor<value_type> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return std::make_unique<LoopCoordinator<Control, Next>>(
            context, *info, loop->ready_edges, deltas, verdicts, control, std::move(next));
    }
};

template <class AnyStream>
inline constexpr bool is_plain_stream = false;
template <class T, class Chain>
inline constexpr bool is_plain_stream<Stream<T, Chain>> = true;

/// A loop at the end of a stream, with its coordinator.
[[nodiscard]] LoopDescription& begin_loop(const StreamHandle& entering, const OperatorInfo& info);

/// Throws Error(usage) unless the end of the body is inside the loop.
void require_inside(const StreamHandle& end, const Graph& graph, const LoopDescription& loop);

/// The replica on each rank that keeps the state; returns the edge that leads there.
template <class S>
EdgeId add_keeper(Graph& graph, const LoopDescription& loop, std::shared_ptr<LoopState<S>> state) {
    const BlockId keeper =
        graph.add_block(Replication::host(), graph.block(loop.coordinator).batch_mode);
    const EdgeId verdicts = graph.connect(loop.coordinator, keeper);
    graph.add_operator(keeper, loop.info);
    graph.block(keeper).make_replica = [verdicts, state, gate = loop.gate.get()](
                                           ReplicaContext& context) -> std::unique_ptr<Replica> {
        return std::make_unique<StateKeeper<S>>(context, verdicts, state, *gate);
    };
    return verdicts;
}

/// The body ends in a fold on each replica; `make_keep(context)` says what becomes of its items.
/// Returns the edge on which the results leave the loop.
template <class U, class Delta, class AnyStream, class Local, class MakeKeep>
EdgeId end_body(AnyStream& end, const LoopDescription& loop, Delta delta, Local local,
                std::shared_ptr<DeltaSlots<Delta>> slots, MakeKeep make_keep) {
    Graph& graph = end.handle().graph();
    const EdgeId deltas = graph.connect_outward(end.handle().block(), loop.coordinator);
    end_block(end, loop.info, [&](const OperatorInfo& named) {
        return [&named, deltas, delta, local, slots, make_keep](ReplicaContext& context) {
            auto keep = make_keep(context);
            return LoopTailStage<U, Delta, Local, decltype(keep)>(
                named, context.index(), delta, local, std::move(keep), slots,
                context.open_output<NumberedDelta<Delta>>(deltas));
        };
    });
    return deltas;
}

/// The stream of the last state.
template <class Control>
Stream<typename Control::state_type> end_loop(const std::shared_ptr<Graph>& graph,
                                              LoopDescription& loop, Control control, EdgeId deltas,
                                              EdgeId verdicts,
                                              std::shared_ptr<const Execution> execution) {
    using Chain = CoordinatorChain<Control>;
    loop.described = true;
    const OperatorInfo& named = graph->add_operator(loop.coordinator, loop.info);
    return Stream<typename Control::state_type, Chain>(
        StreamHandle(graph, loop.coordinator, named),
        Chain{std::move(control), &named, &loop, deltas, verdicts}, std::move(execution));
}

}  // namespace detail

template <class T, class Chain>
template <class S, LoopBody<Stream<T, detail::ReplayChain<T>>, S> Body, class Delta, class Local,
          FoldFunction<S, Delta> Global, LoopCondition<S> Condition>
Stream<S> Stream<T, Chain>::replay(std::size_t max_rounds, S init, Body body, Delta delta,
                                   Local local, Global global, Condition condition,
                                   Location where) {
    const OperatorInfo info{"replay", where};
    LoopDescription& loop = detail::begin_loop(handle_, info);
    const std::shared_ptr<Graph> graph = handle_.shared_graph();
    auto execution = execution_;
    auto state = std::make_shared<detail::LoopState<S>>(init);
    auto slots = std::make_shared<detail::DeltaSlots<Delta>>();
    auto&& untimed = detail::without_time(*this, info);
    auto items = detail::enter_loop(untimed, info, loop);
    auto end = std::invoke(body, std::move(items), IterationState<S>(state));
    using End = decltype(end);
    static_assert(detail::is_plain_stream<End>,
                  "the body of replay must return a Stream; a KeyedStream becomes one by unkey()");
    using U = typename End::value_type;
    static_assert(FoldFunction<Local, Delta, U>,
                  "the local fold of replay is called as local(delta, item) with the items that "
                  "the body returns");
    detail::require_inside(end.handle(), *graph, loop);
    auto&& last = detail::without_time(end, info);
    const EdgeId deltas =
        detail::end_body<U>(last, loop, std::move(delta), std::move(local), slots,
                            [](ReplicaContext&) { return detail::KeepNothing(); });
    const EdgeId verdicts = detail::add_keeper(*graph, loop, state);
    using Control = detail::LoopControl<S, Delta, Global, Condition>;
    return detail::end_loop(graph, loop,
                            Control{max_rounds, std::move(init), std::move(global),
                                    std::move(condition), std::move(state), std::move(slots)},
                            deltas, verdicts, std::move(execution));
}

template <class T, class Chain>
template <class S, LoopBody<Stream<owned_t<T>, detail::IterateChain<owned_t<T>>>, S> Body,
          class Delta, class Local, FoldFunction<S, Delta> Global, LoopCondition<S> Condition>
IterationResult<S, owned_t<T>> Stream<T, Chain>::iterate(std::size_t max_rounds, S init, Body body,
                                                         Delta delta, Local local, Global global,
                                                         Condition condition, Location where) {
    using Item = owned_t<T>;
    const OperatorInfo info{"iterate", where};
    LoopDescription& loop = detail::begin_loop(handle_, info);
    const std::shared_ptr<Graph> graph = handle_.shared_graph();
    const Replication replication = graph->block(handle_.block()).replication;
    const BatchMode batch_mode = graph->block(handle_.block()).batch_mode;
    auto execution = execution_;
    auto state = std::make_shared<detail::LoopState<S>>(init);
    auto slots = std::make_shared<detail::DeltaSlots<Delta>>();
    auto stores = std::make_shared<detail::SharedStores<detail::RoundItems<Item>>>();
    auto&& untimed = detail::without_time(*this, info);
    const BlockId inside =
        detail::end_before_loop(untimed, info, loop, detail::gather_in<T>(stores));
    const BlockId outside = graph->add_block(replication, batch_mode);
    graph->block(outside).loop = loop.outer;
    const EdgeId results = graph->connect_outward(inside, outside);
    Stream<Item, detail::IterateChain<Item>> items(
        StreamHandle(graph, inside, graph->add_operator(inside, info)), {stores, results},
        execution);
    auto end = std::invoke(body, std::move(items), IterationState<S>(state));
    using End = decltype(end);
    static_assert(detail::is_plain_stream<End>,
                  "the body of iterate must return a Stream; a KeyedStream becomes one by unkey()");
    using U = typename End::value_type;
    static_assert(std::same_as<owned_t<U>, Item>,
                  "the body of iterate must return a stream of the items that it is given: they "
                  "are the items of the next round");
    static_assert(FoldFunction<Local, Delta, const U&>,
                  "the local fold of iterate is called as local(delta, item) with a const "
                  "reference to each item that the body returns");
    detail::require_inside(end.handle(), *graph, loop);
    const auto end_body = [&](auto& tail) {
        return detail::end_body<U>(
            tail, loop, std::move(delta), std::move(local), slots,
            [stores](ReplicaContext& context) {
                return detail::KeepForNextRound<Item>{stores->of_replica(context.index()), 0};
            });
    };
    const auto back_to_begin = [&] {
        auto&& last = detail::without_time(end, info);
        if (graph->block(last.handle().block()).replication == replication) return end_body(last);
        auto spread = detail::spread<U>(last, info, replication);
        return end_body(spread);
    };
    const EdgeId deltas = back_to_begin();
    const EdgeId verdicts = detail::add_keeper(*graph, loop, state);
    using Control = detail::LoopControl<S, Delta, Global, Condition>;
    auto last_state =
        detail::end_loop(graph, loop,
                         Control{max_rounds, std::move(init), std::move(global),
                                 std::move(condition), std::move(state), std::move(slots)},
                         deltas, verdicts, execution);
    return {std::move(last_state),
            {StreamHandle(graph, outside, graph->add_operator(outside, info)),
             ExchangeChain<Item>{{results}}, std::move(execution)}};
}

}  // namespace renoir
