#pragma once

/// Aggregation by key: fold, reduce, count, sum, min, max, avg and the group_by_ forms of them.

#include <renoir/operators/fold.hpp>
#include <renoir/runtime/state_table.hpp>

#include <array>

namespace renoir {

namespace detail {

/// One state for each key of this replica.
///
/// The latency of memory is hidden by looking ahead. Items whose key and kept part survive the call
/// wait in one half of a buffer: their slots are prefetched when they enter and touched when the
/// other half is full, all in one loop, so that the processor has several of them in flight. Other
/// items are looked ahead where they are when several arrive together.
template <class K, class In, class Step, class Next>
class KeyedFoldStage {
 public:
    using State = typename Step::state_type;
    using Kept = typename Step::kept_type;
    using Result = typename Step::result_type;
    using Table = StateTable<K, State>;

    /// What an item may take of the buffer: stages are made on the stack, and of what does not fit
    /// the caches nothing is gained by waiting.
    static constexpr std::size_t most_bytes_waiting = 256;

    /// Whether items may wait in the buffer.
    static constexpr bool waits =
        Table::detaches && std::is_trivially_copyable_v<Kept> && !is_view<Kept> &&
        std::is_default_constructible_v<Kept> &&
        sizeof(typename Table::Lookup) + sizeof(Kept) <= most_bytes_waiting;

    KeyedFoldStage(const OperatorInfo& info, Step step, Next next)
        : info_(info), step_(std::move(step)), next_(std::move(next)) {}

    void push(std::pair<K, In>&& item) { take(std::move(item)); }

    void push_batch(std::span<std::pair<K, In>> items)
        requires(!waits)
    {
        add_all(
            items, [](const std::pair<K, In>& item) -> const K& { return item.first; },
            [](std::pair<K, In>& item) -> In&& { return std::move(item.second); });
    }

    /// The same for values whose keys `key` gives: they need not be put beside each other.
    template <class Key>
    void push_batch_by(std::span<In> values, Key&& key)
        requires(!waits && Table::lookups_outlive_keys)
    {
        add_all(values, key, [](In& value) -> In&& { return std::move(value); });
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            add_waiting();
            emit_all();
            // Given back before what is behind this stage needs the memory.
            table_ = Table();
        }
        next_.control(mark);
    }

 protected:
    using Lookup = typename Table::Lookup;

    /// Returns how many items it has added to their states, this one or others that waited.
    [[gnu::always_inline]] std::size_t take(std::pair<K, In>&& item) {
        if constexpr (waits) {
            const Lookup key = Table::look_up(item.first);
            if (key.is_detached()) [[likely]]
                return enqueue(key, std::move(item.second));
        }
        // A copy for the call, so that the item itself need not lie in memory.
        add_at_once(std::pair<K, In>(std::move(item)));
        return 1;
    }

    void emit_all() {
        auto emit = [&] {
            table_.drain([&](K&& key, State&& state) {
                next_.push(std::pair<K, Result>(std::move(key), step_.finish(std::move(state))));
            });
        };
        call_user(info_, emit);
    }

    /// Adds the items that wait for their slots to arrive, in the order of their coming.
    void add_waiting() {
        if constexpr (waits) {
            const std::size_t half = entered_ < look_ahead ? 0 : look_ahead;
            if (other_half_waits_) add_places(look_ahead - half, look_ahead);
            add_places(half, entered_ - half);
            other_half_waits_ = false;
            entered_ = 0;
        }
    }

    const OperatorInfo& info_;
    Step step_;
    Next next_;
    Table table_;

 private:
    static constexpr std::size_t look_ahead = 128;

    void add(const Lookup& key, Kept&& kept) {
        table_.visit(
            key, [&](State& state) { step_.add(state, std::move(kept)); },
            [&] { return step_.create(std::move(kept)); });
    }

    // Looks the key up again: a lookup that is handed to a function lives in memory, and the usual
    // case would have to write it there for this one.
    [[gnu::noinline]] void add_at_once(std::pair<K, In>&& item) {
        auto add_item = [&] {
            add(Table::look_up(item.first), step_.keep(std::move(item.second)));
        };
        call_user(info_, add_item);
    }

    [[gnu::always_inline]] std::size_t enqueue(const Lookup& key, In&& item) {
        table_.prefetch(key);
        key.copy_to(keys_[entered_]);
        auto keep = [&] { return step_.keep(std::move(item)); };
        kept_[entered_] = call_user(info_, keep);
        ++entered_;
        return entered_ % look_ahead == 0 ? change_halves() : 0;
    }

    [[gnu::noinline]] std::size_t change_halves() {
        entered_ %= 2 * look_ahead;
        if (!std::exchange(other_half_waits_, true)) return 0;
        add_places(entered_, look_ahead);
        return look_ahead;
    }

    void add_places(std::size_t first, std::size_t count) {
        auto add_each = [&] {
            for (std::size_t i = first; i < first + count; ++i) add(keys_[i], std::move(kept_[i]));
        };
        call_user(info_, add_each);
    }

    template <class Item, class Key, class Value>
    void add_all(std::span<Item> items, Key&& key, Value&& value) {
        auto add_each = [&] {
            table_.visit_each(
                items, key,
                [&](State& state, Item& item) { step_.add(state, step_.keep(value(item))); },
                [&](Item& item) { return step_.create(step_.keep(value(item))); });
        };
        call_user(info_, add_each);
    }

    struct Nothing {};
    static constexpr std::size_t places = waits ? 2 * look_ahead : 1;
    /// The place of the next item; it is in the half that is being filled.
    std::size_t entered_ = 0;
    bool other_half_waits_ = false;
    [[no_unique_address]] std::conditional_t<waits, std::array<Lookup, places>, Nothing> keys_;
    [[no_unique_address]] std::conditional_t<waits, std::array<Kept, places>, Nothing> kept_;
};

/// Local aggregation before an exchange, bounded in memory. Where it does not reduce the number of
/// items it steps aside for a while and hands each item on as a state of its own.
template <class K, class In, class Step, class Next>
class PartialFoldStage : private KeyedFoldStage<K, In, Step, Next> {
    using Base = KeyedFoldStage<K, In, Step, Next>;

 public:
    using Base::Base;

    void push(std::pair<K, In>&& item) {
        if (aside_ != 0) [[unlikely]] {
            hand_on(std::move(item));
            --aside_;
            return;
        }
        const std::size_t added = Base::take(std::move(item));
        if (added != 0) [[unlikely]]
            count(added);
    }

    void push_batch(std::span<std::pair<K, In>> items)
        requires(!Base::waits)
    {
        const std::size_t aside = std::min(aside_, items.size());
        for (auto& item : items.first(aside)) hand_on(std::move(item));
        aside_ -= aside;
        Base::push_batch(items.subspan(aside));
        count(items.size() - aside);
    }

    void control(const Mark& mark) {
        Base::control(mark);
        if (mark.kind == MarkKind::end_of_round) {
            aside_ = 0;
            begin_to_aggregate();
        }
    }

 private:
    /// Aggregation must at least halve the number of items to be worth its cost.
    static constexpr std::size_t least_reduction = 2;
    /// Items after which the reduction is judged.
    static constexpr std::size_t judged_together = std::size_t{1} << 16;
    /// Keys at which the table is emptied although it reduces: it must not grow without bound.
    static constexpr std::size_t most_keys = std::size_t{1} << 20;
    static constexpr std::size_t items_aside = std::size_t{1} << 20;

    void count(std::size_t added) {
        until_look_ -= std::min(added, until_look_);
        if (until_look_ == 0) [[unlikely]]
            judge();
    }

    void judge() {
        this->add_waiting();
        seen_ += judged_together;
        until_look_ = judged_together;
        const bool reduces = seen_ >= least_reduction * this->table_.size();
        if (reduces && this->table_.size() < most_keys) return;
        this->emit_all();
        begin_to_aggregate();
        if (!reduces) aside_ = items_aside;
    }

    void begin_to_aggregate() noexcept {
        seen_ = 0;
        until_look_ = judged_together;
    }

    void hand_on(std::pair<K, In>&& item) {
        auto create = [&] { return this->step_.create(this->step_.keep(std::move(item.second))); };
        auto state = call_user(this->info_, create);
        this->next_.push(
            std::pair<K, typename Base::State>(std::move(item.first), std::move(state)));
    }

    /// Items that are still to be handed on as they are.
    std::size_t aside_ = 0;
    std::size_t seen_ = 0;
    std::size_t until_look_ = judged_together;
};

template <class K, class In, class Step>
struct PartialFoldOperator {
    using value_type = std::pair<K, typename Step::state_type>;
    const OperatorInfo& info;
    Step step;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return PartialFoldStage<K, In, Step, Next>(info, step, std::move(next));
    }
};

template <class K, class In, class Step>
struct KeyedFoldOperator {
    using value_type = std::pair<K, typename Step::result_type>;
    const OperatorInfo& info;
    Step step;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return KeyedFoldStage<K, In, Step, Next>(info, step, std::move(next));
    }
};

template <class K, class In, class Step, class AnyStream>
auto append_keyed_fold(AnyStream& stream, const OperatorInfo& info, Step step) {
    return append_operator<KeyedResult<K, typename Step::result_type>>(
        stream, info, [&](const OperatorInfo& named) {
            return KeyedFoldOperator<K, In, Step>{named, std::move(step)};
        });
}

/// Sends a pair to the replica of its key.
struct PairPartition {
    template <class K, class V>
    std::size_t operator()(const std::pair<K, V>& item, std::size_t destinations) const {
        return destination_of(hash_of(item.first), destinations);
    }
};

/// Folds where the values are.
template <class K, class V, class Chain, class Aggregate>
auto fold_by_key(KeyedStream<K, V, Chain>& stream, const OperatorInfo& info, Aggregate aggregate) {
    auto&& untimed = without_time(stream, info);
    return with_partition(untimed, [&](auto& partitioned) {
        return append_keyed_fold<K, V>(partitioned, info, Whole<Aggregate>{std::move(aggregate)});
    });
}

/// Behind a group_by folds before the exchange and merges behind it; elsewhere the values of a key
/// are together already.
template <class K, class V, class Chain, class Aggregate>
auto fold_by_key_associatively(KeyedStream<K, V, Chain>& stream, const OperatorInfo& info,
                               Aggregate aggregate) {
    if constexpr (!is_grouped<Chain>) {
        return fold_by_key(stream, info, std::move(aggregate));
    } else if constexpr (is_timed<decltype(stream)>) {
        auto untimed = drop_time(stream, info);
        return fold_by_key_associatively(untimed, info, std::move(aggregate));
    } else {
        using State = typename Aggregate::state_type;
        using Pair = std::pair<K, State>;
        auto key = std::move(stream.chain().key);
        const OperatorInfo grouping = *stream.chain().grouping;
        auto ungrouped = ungroup(stream);
        auto keyed = append_key_by<V>(ungrouped, grouping, std::move(key));
        auto partial =
            append_operator<KeyedResult<K, State>>(keyed, info, [&](const OperatorInfo& named) {
                return PartialFoldOperator<K, V, Partial<Aggregate>>{named, {{aggregate}}};
            });
        auto partitioned =
            exchange<Pair>(partial, info, Replication::unlimited(),
                           [](const OperatorInfo&, ReplicaContext&) { return PairPartition{}; });
        return append_keyed_fold<K, State>(partitioned, info,
                                           Merging<Aggregate>{std::move(aggregate)});
    }
}

/// The value itself.
struct Identity {
    template <class T>
    const T& operator()(const T& value) const noexcept {
        return value;
    }
};

}  // namespace detail

template <class K, class V, class Chain>
template <class Init, FoldFunction<Init, V> F>
auto KeyedStream<K, V, Chain>::fold(Init init, F fn, Location where) {
    using Aggregate = detail::FoldAggregate<V, Init, F>;
    return detail::fold_by_key(*this, {"fold", where}, Aggregate{std::move(init), std::move(fn)});
}

template <class K, class V, class Chain>
template <class Init, FoldFunction<Init, V> Local, FoldFunction<Init, Init> Global>
auto KeyedStream<K, V, Chain>::fold_assoc(Init init, Local local, Global global, Location where) {
    using Aggregate = detail::FoldAssociativeAggregate<V, Init, Local, Global>;
    return detail::fold_by_key_associatively(
        *this, {"fold_assoc", where},
        Aggregate{{std::move(init), std::move(local)}, std::move(global)});
}

template <class K, class V, class Chain>
template <ReduceFunction<V> F>
auto KeyedStream<K, V, Chain>::reduce(F fn, Location where) {
    return detail::fold_by_key(*this, {"reduce", where},
                               detail::ReduceAggregate<V, F>{std::move(fn)});
}

template <class K, class V, class Chain>
template <ReduceFunction<V> F>
auto KeyedStream<K, V, Chain>::reduce_assoc(F fn, Location where) {
    return detail::fold_by_key_associatively(*this, {"reduce_assoc", where},
                                             detail::ReduceAggregate<V, F>{std::move(fn)});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::count(Location where) {
    return detail::fold_by_key_associatively(*this, {"count", where}, detail::CountAggregate<V>{});
}

template <class K, class V, class Chain>
template <MapFunction<const V&> F>
auto KeyedStream<K, V, Chain>::sum(F projection, Location where) {
    return detail::fold_by_key_associatively(*this, {"sum", where},
                                             detail::SumAggregate<V, F>{std::move(projection)});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::sum(Location where) {
    return sum(detail::Identity{}, where);
}

template <class K, class V, class Chain>
template <MapFunction<const V&> F>
auto KeyedStream<K, V, Chain>::min(F projection, Location where) {
    return detail::fold_by_key_associatively(
        *this, {"min", where}, detail::ExtremeAggregate<V, F, std::less<>>{std::move(projection)});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::min(Location where) {
    return min(detail::Identity{}, where);
}

template <class K, class V, class Chain>
template <MapFunction<const V&> F>
auto KeyedStream<K, V, Chain>::max(F projection, Location where) {
    return detail::fold_by_key_associatively(
        *this, {"max", where},
        detail::ExtremeAggregate<V, F, std::greater<>>{std::move(projection)});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::max(Location where) {
    return max(detail::Identity{}, where);
}

template <class K, class V, class Chain>
template <MapFunction<const V&> F>
auto KeyedStream<K, V, Chain>::avg(F projection, Location where) {
    return detail::fold_by_key_associatively(*this, {"avg", where},
                                             detail::MeanAggregate<V, F>{std::move(projection)});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::avg(Location where) {
    return avg(detail::Identity{}, where);
}

template <class T, class Chain>
template <KeyFunction<T> F, class Init, class Local, class Global>
auto Stream<T, Chain>::group_by_fold(F key, Init init, Local local, Global global, Location where) {
    return group_by(std::move(key), where)
        .fold_assoc(std::move(init), std::move(local), std::move(global), where);
}

template <class T, class Chain>
template <KeyFunction<T> F, ReduceFunction<T> G>
auto Stream<T, Chain>::group_by_reduce(F key, G fn, Location where) {
    return group_by(std::move(key), where).reduce_assoc(std::move(fn), where);
}

template <class T, class Chain>
template <KeyFunction<T> F>
auto Stream<T, Chain>::group_by_count(F key, Location where) {
    return group_by(std::move(key), where).count(where);
}

template <class T, class Chain>
template <KeyFunction<T> F, class G>
auto Stream<T, Chain>::group_by_sum(F key, G value, Location where) {
    return group_by(std::move(key), where).sum(std::move(value), where);
}

template <class T, class Chain>
template <KeyFunction<T> F, class G>
auto Stream<T, Chain>::group_by_min(F key, G value, Location where) {
    return group_by(std::move(key), where).min(std::move(value), where);
}

template <class T, class Chain>
template <KeyFunction<T> F, class G>
auto Stream<T, Chain>::group_by_max(F key, G value, Location where) {
    return group_by(std::move(key), where).max(std::move(value), where);
}

template <class T, class Chain>
template <KeyFunction<T> F, class G>
auto Stream<T, Chain>::group_by_avg(F key, G value, Location where) {
    return group_by(std::move(key), where).avg(std::move(value), where);
}

}  // namespace renoir
