#pragma once

/// join, left_join, outer_join, join_with: rows of two streams with the same key.
///
///     auto named = orders.join(users, &Order::user, &User::id)
///                      .map([](const UserId&, std::pair<Order, User> both) { ... });

#include <renoir/operators/hash_join.hpp>
#include <renoir/operators/keyed_fold.hpp>
#include <renoir/operators/sort_merge_join.hpp>
#include <renoir/operators/structure.hpp>

namespace renoir {

namespace detail {

/// A copy to every replica.
template <class AnyStream>
EdgeId broadcast_into(AnyStream& stream, const OperatorInfo& info, BlockId to) {
    using Item = travelling_t<AnyStream>;
    const EdgeId edge = stream.handle().graph().connect(stream.handle().block(), to);
    end_block(stream, info, [edge](const OperatorInfo&) {
        return [edge](ReplicaContext& context) {
            return BroadcastStage<Item>{context.open_output<Item>(edge)};
        };
    });
    return edge;
}

/// How a join reads what travels in the block of a stream.
template <class AnyStream, class Items>
using travelling_items_t = std::conditional_t<is_timed<AnyStream>, TimedItems<Items>, Items>;

/// A plain stream on its way into a join, with the function that gives the key of an item.
template <class T, class Chain, class F>
struct PlainJoinInput {
    using stream_type = Stream<T, Chain>;
    using key_type = key_of_t<F, T>;
    template <class K>
    using Items = travelling_items_t<stream_type, ItemsWithKey<K, T, F>>;

    stream_type stream;
    F key;

    template <class K>
    [[nodiscard]] Items<K> items(const OperatorInfo& info) const {
        if constexpr (is_timed<stream_type>) {
            return {{info, key}};
        } else {
            return {info, key};
        }
    }

    /// Each item to the replica of its key.
    [[nodiscard]] auto partition() const {
        return [key = key](const OperatorInfo& named, ReplicaContext&) {
            return KeyPartition<F>{named, key};
        };
    }

    /// `used` is the stream as it is where the join is.
    template <class Used>
    [[nodiscard]] EdgeId send_by_key(Used& used, const OperatorInfo& info, BlockId to) const {
        return connect_to(used, info, to, partition());
    }
};

/// A keyed stream whose keys are partitioned already.
template <class L, class V, class Chain>
struct KeyedJoinInput {
    using stream_type = KeyedStream<L, V, Chain>;
    using key_type = L;
    template <class K>
    using Items = travelling_items_t<stream_type, KeyedItems<K, L, V>>;

    stream_type stream;

    template <class K>
    [[nodiscard]] Items<K> items(const OperatorInfo&) const {
        return {};
    }

    /// Stays on its worker, unless its block does not run on all of them.
    [[nodiscard]] auto partition() const {
        return [](const OperatorInfo&, ReplicaContext&) { return PairPartition{}; };
    }

    template <class Used>
    [[nodiscard]] EdgeId send_by_key(Used& used, const OperatorInfo& info, BlockId to) const {
        const Graph& graph = used.handle().graph();
        if (graph.block(used.handle().block()).replication == graph.block(to).replication)
            return connect_in_place(used, info, to);
        return connect_to(used, info, to, partition());
    }
};

template <class T, class Chain, class F>
auto join_input(Stream<T, Chain>& stream, F key) {
    return PlainJoinInput<T, Chain, F>{std::move(stream), std::move(key)};
}

/// A keyed stream behind group_by joins as the plain stream before it: what crosses the exchange
/// are the values alone.
template <class K, class V, class Chain>
auto join_input(KeyedStream<K, V, Chain>& stream) {
    if constexpr (is_grouped<Chain>) {
        auto key = std::move(stream.chain().key);
        auto ungrouped = ungroup(stream);
        return join_input(ungrouped, std::move(key));
    } else {
        return KeyedJoinInput<K, V, Chain>{std::move(stream)};
    }
}

/// The tables of a side that is resident in a loop, one for each replica; null for other sides.
template <class Items>
using SharedTables = std::shared_ptr<SharedStores<JoinTable<Items>>>;

template <class Items>
std::shared_ptr<JoinTable<Items>> table_of(const SharedTables<Items>& tables, const Items& items,
                                           ReplicaContext& context) {
    if (tables == nullptr) return nullptr;
    return tables->of_replica(context.index(),
                              [&] { return std::make_shared<JoinTable<Items>>(items); });
}

/// Behind the exchange of a join.
template <class Local, JoinVariant variant, class LeftItems, class RightItems>
struct JoinChain {
    using LeftItem = typename LeftItems::item_type;
    using RightItem = typename RightItems::item_type;
    using Shape = JoinShape<LeftItems, RightItems, variant>;
    using value_type = typename Shape::value_type;
    EdgeId left_edge;
    EdgeId right_edge;
    LeftItems left;
    RightItems right;
    Local local;
    SharedTables<LeftItems> left_tables;
    SharedTables<RightItems> right_tables;

    template <StageFor<value_type> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        auto stage = make_stage(context, std::move(next));
        return std::make_unique<TwoInputReplica<LeftItem, RightItem, decltype(stage)>>(
            context, left_edge, right_edge, std::move(stage));
    }

 private:
    template <class Next>
    auto make_stage(ReplicaContext& context, Next next) const {
        if constexpr (Local::keeps_tables) {
            return local.template stage<variant>(left, right, std::move(next),
                                                 table_of(left_tables, left, context),
                                                 table_of(right_tables, right, context));
        } else {
            return local.template stage<variant>(left, right, std::move(next));
        }
    }
};

struct LocalHash {
    static constexpr bool keeps_tables = true;

    template <JoinVariant variant, class LeftItems, class RightItems, class Next>
    auto stage(LeftItems left, RightItems right, Next next,
               std::shared_ptr<JoinTable<LeftItems>> resident_left,
               std::shared_ptr<JoinTable<RightItems>> resident_right) const {
        return HashJoinStage<LeftItems, RightItems, variant, Next>(
            std::move(left), std::move(right), std::move(next), std::move(resident_left),
            std::move(resident_right));
    }
};
struct LocalSortMerge {
    static constexpr bool keeps_tables = false;

    template <JoinVariant variant, class LeftItems, class RightItems, class Next>
    auto stage(LeftItems left, RightItems right, Next next) const {
        return SortMergeJoinStage<LeftItems, RightItems, variant, Next>(
            std::move(left), std::move(right), std::move(next));
    }
};

/// Both sides partitioned by key; the result stays so.
struct ShipHash {
    static Replication replication(const StreamHandle&) { return Replication::unlimited(); }

    template <class Left, class Used>
    static EdgeId send_left(const Left& left, Used& used, const OperatorInfo& info, BlockId to) {
        return left.send_by_key(used, info, to);
    }
    template <class Right, class Used>
    static EdgeId send_right(const Right& right, Used& used, const OperatorInfo& info, BlockId to) {
        return right.send_by_key(used, info, to);
    }

    template <class Row>
    using Result = KeyedResult<typename Row::first_type, typename Row::second_type>;
};

/// The left side stays where it is, and each of its replicas has all of the right side.
struct ShipBroadcastRight {
    static Replication replication(const StreamHandle& left) {
        return left.graph().block(left.block()).replication;
    }

    template <class Left, class Used>
    static EdgeId send_left(const Left&, Used& used, const OperatorInfo& info, BlockId to) {
        return connect_in_place(used, info, to);
    }
    template <class Right, class Used>
    static EdgeId send_right(const Right&, Used& used, const OperatorInfo& info, BlockId to) {
        return broadcast_into(used, info, to);
    }

    template <class Row>
    using Result = PlainResult<Row>;
};

/// The edge of a side into the join. A side from outside of the loop that the join is in travels
/// only once where that will do: into `tables`, and from there come only the marks of each round.
/// Otherwise it is sent by `send` in each round.
template <bool may_reside, class Input, class Items, class Send>
EdgeId connect_side(Input& input, const Items& items, const OperatorInfo& info,
                    LoopDescription* loop, BlockId to, SharedTables<Items>& tables, Send send) {
    const StreamHandle& handle = input.stream.handle();
    if (handle.graph().block(handle.block()).loop == loop) return send(input.stream);
    if constexpr (may_reside) {
        tables = std::make_shared<SharedStores<JoinTable<Items>>>();
        return use_inside(input.stream, info, loop->outer, [&](auto& used) {
            using Item = typename Items::item_type;
            auto rows = exchange<Item>(used, info, Replication::unlimited(), input.partition());
            auto marks = enter_without_items(
                rows, info, *loop, [items, tables](ReplicaContext& context, Output<Ready>& ready) {
                    return BuildTableStage<Items>(table_of(tables, items, context), ready);
                });
            return connect_in_place(marks, info, to);
        });
    } else {
        return use_inside(input.stream, info, loop, send);
    }
}

template <class Ship, JoinVariant variant, class Left, class Right, class Local>
auto connect_join(Left left, Right right, const OperatorInfo& info, Local local) {
    using Key = common_key_t<typename Left::key_type, typename Right::key_type>;
    using Chain = JoinChain<Local, variant, typename Left::template Items<Key>,
                            typename Right::template Items<Key>>;
    left.stream.handle().require_usable(info);
    right.stream.handle().require_usable(info);
    require_same_graph(left.stream.handle(), right.stream.handle(), info);
    const std::shared_ptr<Graph> graph = left.stream.handle().shared_graph();
    const auto execution = left.stream.execution();
    const BlockId to = graph->add_block(Ship::replication(left.stream.handle()),
                                        graph->block(left.stream.handle().block()).batch_mode);
    const OperatorInfo& head = graph->add_operator(to, info);
    auto left_items = left.template items<Key>(head);
    auto right_items = right.template items<Key>(head);
    LoopDescription* loop = inner_loop(left.stream.handle(), right.stream.handle(), info);
    constexpr bool may_reside = std::same_as<Ship, ShipHash> && Local::keeps_tables &&
                                !is_timed<typename Left::stream_type>;
    SharedTables<typename Left::template Items<Key>> left_tables;
    SharedTables<typename Right::template Items<Key>> right_tables;
    const EdgeId left_edge =
        connect_side<may_reside>(left, left_items, info, loop, to, left_tables,
                                 [&](auto& used) { return Ship::send_left(left, used, info, to); });
    const EdgeId right_edge = connect_side<may_reside>(
        right, right_items, info, loop, to, right_tables,
        [&](auto& used) { return Ship::send_right(right, used, info, to); });
    return Ship::template Result<typename Chain::Shape::Row>::with_chain(
        StreamHandle(graph, to, head),
        Chain{left_edge, right_edge, std::move(left_items), std::move(right_items),
              std::move(local), std::move(left_tables), std::move(right_tables)},
        execution);
}

template <class Left, class Right>
consteval void require_joinable() {
    static_assert(SameKey<typename Left::key_type, typename Right::key_type>,
                  "both sides of a join must have keys of the same type");
    static_assert(is_timed<typename Left::stream_type> == is_timed<typename Right::stream_type>,
                  "one side of a join has event times and the other has not; give both times by "
                  "add_timestamps(...) or take them away by drop_timestamps()");
}

/// Partitioned by key, with a table for each side.
template <JoinVariant variant, class Left, class Right>
auto hash_join(Left left, Right right, const OperatorInfo& info) {
    require_joinable<Left, Right>();
    return connect_join<ShipHash, variant>(std::move(left), std::move(right), info, LocalHash{});
}

}  // namespace detail

/// The last step of a join_with: which rows without a partner come out.
template <class Ship, class Local, class Left, class Right>
class [[nodiscard]] JoinByVariant {
 public:
    JoinByVariant(Left left, Right right, OperatorInfo info)
        : left_(std::move(left)), right_(std::move(right)), info_(std::move(info)) {}

    /// Only the pairs: values of type `std::pair<A, B>`.
    [[nodiscard]] auto inner() && { return connect<JoinVariant::inner>(); }

    /// Also each row of the left side that met none: `std::pair<A, std::optional<B>>`.
    [[nodiscard]] auto left() && { return connect<JoinVariant::left>(); }

    /// Also each row of either side that met none: `std::pair<std::optional<A>, std::optional<B>>`.
    [[nodiscard]] auto outer() && {
        static_assert(
            !std::same_as<Ship, detail::ShipBroadcastRight>,
            "there is no outer() behind ship_broadcast_right(): each replica would report "
            "the rows of the right side that only others met; use ship_hash()");
        return connect<JoinVariant::outer>();
    }

 private:
    template <JoinVariant variant>
    auto connect() {
        return detail::connect_join<Ship, variant>(std::move(left_), std::move(right_), info_,
                                                   Local{});
    }

    Left left_;
    Right right_;
    OperatorInfo info_;
};

/// The second step of a join_with: how the rows of one replica find their partners.
template <class Ship, class Left, class Right>
class [[nodiscard]] JoinByLocalAlgorithm {
    using Key = owned_t<typename Left::key_type>;

 public:
    JoinByLocalAlgorithm(Left left, Right right, OperatorInfo info)
        : left_(std::move(left)), right_(std::move(right)), info_(std::move(info)) {}

    /// By a table for each side. A pair comes out as soon as both of its rows are there; when one
    /// side has ended, the rows of the other are not kept any more.
    [[nodiscard]] auto local_hash() && {
        static_assert(Hashable<Key>,
                      "local_hash() needs a key with a hash: specialise renoir::Hash, or use "
                      "local_sort_merge()");
        return choose<detail::LocalHash>();
    }

    /// By sorting. Both sides are kept whole, and what comes out is in ascending order of the keys
    /// of each replica, when both sides have ended.
    [[nodiscard]] auto local_sort_merge() && {
        static_assert(detail::Sortable<Key>,
                      "local_sort_merge() needs a key with operator<, or use local_hash()");
        return choose<detail::LocalSortMerge>();
    }

 private:
    template <class Local>
    auto choose() {
        return JoinByVariant<Ship, Local, Left, Right>(std::move(left_), std::move(right_),
                                                       std::move(info_));
    }

    Left left_;
    Right right_;
    OperatorInfo info_;
};

/// The first step of a join_with: how rows with the same key meet on one replica.
template <class Left, class Right>
class [[nodiscard]] JoinByShipping {
    using Key = owned_t<typename Left::key_type>;

 public:
    JoinByShipping(Left left, Right right, OperatorInfo info)
        : left_(std::move(left)), right_(std::move(right)), info_(std::move(info)) {}

    /// Both sides are partitioned by key, and the result is a keyed stream.
    [[nodiscard]] auto ship_hash() && {
        static_assert(Hashable<Key>,
                      "ship_hash() needs a key with a hash: specialise renoir::Hash, or use "
                      "ship_broadcast_right()");
        return choose<detail::ShipHash>();
    }

    /// The left side stays where it is and the right side, which should be small, goes to all of
    /// its replicas. The result is a plain stream of `std::pair<K, std::pair<...>>`.
    [[nodiscard]] auto ship_broadcast_right() && { return choose<detail::ShipBroadcastRight>(); }

 private:
    template <class Ship>
    auto choose() {
        return JoinByLocalAlgorithm<Ship, Left, Right>(std::move(left_), std::move(right_),
                                                       std::move(info_));
    }

    Left left_;
    Right right_;
    OperatorInfo info_;
};

template <class T, class Chain>
template <class U, class Other, KeyFunction<T> F, KeyFunction<U> G>
auto Stream<T, Chain>::join(Stream<U, Other> right, F left_key, G right_key, Location where) {
    return detail::hash_join<JoinVariant::inner>(detail::join_input(*this, std::move(left_key)),
                                                 detail::join_input(right, std::move(right_key)),
                                                 {"join", where});
}

template <class T, class Chain>
template <class U, class Other, KeyFunction<T> F, KeyFunction<U> G>
auto Stream<T, Chain>::left_join(Stream<U, Other> right, F left_key, G right_key, Location where) {
    return detail::hash_join<JoinVariant::left>(detail::join_input(*this, std::move(left_key)),
                                                detail::join_input(right, std::move(right_key)),
                                                {"left_join", where});
}

template <class T, class Chain>
template <class U, class Other, KeyFunction<T> F, KeyFunction<U> G>
auto Stream<T, Chain>::outer_join(Stream<U, Other> right, F left_key, G right_key, Location where) {
    return detail::hash_join<JoinVariant::outer>(detail::join_input(*this, std::move(left_key)),
                                                 detail::join_input(right, std::move(right_key)),
                                                 {"outer_join", where});
}

template <class T, class Chain>
template <class U, class Other, MapFunction<const T&> F, MapFunction<const U&> G>
auto Stream<T, Chain>::join_with(Stream<U, Other> right, F left_key, G right_key, Location where) {
    using Left = detail::PlainJoinInput<T, Chain, F>;
    using Right = detail::PlainJoinInput<U, Other, G>;
    detail::require_joinable<Left, Right>();
    return JoinByShipping<Left, Right>(detail::join_input(*this, std::move(left_key)),
                                       detail::join_input(right, std::move(right_key)),
                                       {"join_with", where});
}

template <class K, class V, class Chain>
template <class L, class U, class Other>
auto KeyedStream<K, V, Chain>::join(KeyedStream<L, U, Other> right, Location where) {
    return detail::hash_join<JoinVariant::inner>(detail::join_input(*this),
                                                 detail::join_input(right), {"join", where});
}

template <class K, class V, class Chain>
template <class L, class U, class Other>
auto KeyedStream<K, V, Chain>::left_join(KeyedStream<L, U, Other> right, Location where) {
    return detail::hash_join<JoinVariant::left>(detail::join_input(*this),
                                                detail::join_input(right), {"left_join", where});
}

template <class K, class V, class Chain>
template <class L, class U, class Other>
auto KeyedStream<K, V, Chain>::outer_join(KeyedStream<L, U, Other> right, Location where) {
    return detail::hash_join<JoinVariant::outer>(detail::join_input(*this),
                                                 detail::join_input(right), {"outer_join", where});
}

}  // namespace renoir
