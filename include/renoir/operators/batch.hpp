#pragma once

/// map_batch, flat_map_batch, fold_batch, for_each_batch: functions of many items at once.
///
///     ctx.stream_par_iter(0, 1'000'000)
///         .map_batch([](std::span<const int> in, std::span<double> out) {
///             for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i] * 0.5;
///         })
///         .fold_batch(
///             0.0,
///             [](double& sum, std::span<const double> in) {
///                 for (const double value : in) sum += value;
///             },
///             [](double& sum, double other) { sum += other; });
///
/// The items lie side by side, so that loops over numbers become vector instructions. Behind an
/// exchange, behind a source that has its items in memory and behind a flat_map of contiguous
/// ranges they are handed over as they lie there, if they are many; few, and those that a stage
/// makes one by one, are gathered first, up to 1024 items or 32 KB. What is gathered is handed on
/// with each mark (watermark, end of the stream), as soon as the worker has nothing else to do, and
/// about a millisecond later in any case. So a function must not attach a meaning to the size of a
/// batch, which is never 0 but may be 1.

#include <renoir/codec/views.hpp>
#include <renoir/operators/flat_map.hpp>
#include <renoir/operators/fold.hpp>

#include <memory>
#include <span>
#include <vector>

namespace renoir {

namespace detail {

/// How many items of a type are gathered at most: what stays in the first level cache.
template <class T>
inline constexpr std::size_t most_gathered =
    std::clamp<std::size_t>(32 * 1024 / sizeof(T), 1, 1024);

/// Items that own what they hold, one behind the other.
template <class T>
class GatheredItems {
 public:
    explicit GatheredItems(ReplicaContext&) {}

    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    [[nodiscard]] static constexpr bool fits(const T&) noexcept { return true; }

    /// Adds an item that fits; true when there is no room for another one.
    bool add(T&& item) {
        if (items_.capacity() == 0) [[unlikely]]
            items_.reserve(most_gathered<T>);
        items_.push_back(std::move(item));
        return items_.size() == most_gathered<T>;
    }

    [[nodiscard]] std::span<const T> items() { return items_; }
    void clear() noexcept { items_.clear(); }

 private:
    std::vector<T> items_;
};

/// vector<bool> has no items side by side.
template <>
class GatheredItems<bool> {
 public:
    explicit GatheredItems(ReplicaContext&) {}

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] static constexpr bool fits(bool) noexcept { return true; }
    bool add(bool item) {
        items_[size_++] = item;
        return size_ == items_.size();
    }
    [[nodiscard]] std::span<const bool> items() const { return {items_.data(), size_}; }
    void clear() noexcept { size_ = 0; }

 private:
    std::array<bool, most_gathered<bool>> items_{};
    std::size_t size_ = 0;
};

/// Items that look at memory which is gone when push() returns: kept as an exchange keeps them.
template <class T>
class GatheredViews {
    static_assert(Exchangeable<T> && std::is_default_constructible_v<T>,
                  "items that hold views must be encodable and default constructible to be "
                  "gathered into batches: specialise renoir::Codec, or map them to values first");

 public:
    explicit GatheredViews(ReplicaContext& context) : pool_(context.pool()) {}

    [[nodiscard]] bool empty() const noexcept { return !writer_.is_open(); }
    [[nodiscard]] bool fits(const T& item) const { return empty() || writer_.fits(item); }

    bool add(T&& item) {
        if (empty()) {
            const std::size_t needed = SlabWriter<T>::bytes_for(1, Codec<T>::arena_bytes(item));
            static_cast<void>(checked_length(needed));
            const bool alone = needed > ordinary_slab_capacity;
            writer_.open(pool_.take(needed), alone ? 1 : most_gathered<T>);
        }
        return writer_.append(item);
    }

    [[nodiscard]] std::span<const T> items() {
        slab_ = writer_.close();
        const SlabReader<T> reader(*slab_);
        if (decoded_.size() < reader.size()) decoded_.resize(reader.size());
        for (std::size_t i = 0; i < reader.size(); ++i) reader.read(i, decoded_[i]);
        return {decoded_.data(), reader.size()};
    }
    void clear() noexcept { pool_.give(std::move(slab_)); }

 private:
    SlabPool& pool_;
    SlabWriter<T> writer_;
    SlabPointer slab_;
    std::vector<T> decoded_;
};

template <class T>
using Gathered = std::conditional_t<holds_views<T>, GatheredViews<T>, GatheredItems<T>>;

/// Hands batches to an action, which has `operator()(std::span<const T>)` and `control(mark)`.
template <class T, class Action>
class BatchStage {
 public:
    BatchStage(ReplicaContext& context, Action action)
        : gathering_(std::make_unique<Gathering>(context, std::move(action))) {
        context.add_timer(*gathering_);
    }

    void push(T&& item) { gathering_->push(std::move(item)); }
    void push_batch(std::span<const T> items) { gathering_->push_batch(items); }
    void control(const Mark& mark) { gathering_->control(mark); }

 private:
    /// On the heap, since a timer must not move.
    class Gathering final : public Timer {
     public:
        Gathering(ReplicaContext& context, Action action)
            : gathered_(context), action_(std::move(action)) {}

        void push(T&& item) {
            if (!gathered_.fits(item)) [[unlikely]]
                hand_on();
            if (gathered_.add(std::move(item))) [[unlikely]]
                hand_on();
        }
        void push_batch(std::span<const T> items) {
            // Few items go with others: calls of the action would cost more than copies.
            if constexpr (is_flat<T>) {
                if (items.size() < most_gathered<T> / 8) {
                    for (const T& item : items) push(T(item));
                    return;
                }
            }
            hand_on();
            if (!items.empty()) action_(items);
        }
        void control(const Mark& mark) {
            hand_on();
            action_.control(mark);
        }

        [[nodiscard]] Clock::time_point due() const noexcept override {
            return gathered_.empty() ? Clock::time_point::max() : Clock::time_point::min();
        }
        void fire(Clock::time_point) override { hand_on(); }

     private:
        void hand_on() {
            if (gathered_.empty()) return;
            action_(gathered_.items());
            gathered_.clear();
        }

        Gathered<T> gathered_;
        Action action_;
    };

    std::unique_ptr<Gathering> gathering_;
};

template <class T, class O, class F, class Next>
class MapBatchAction {
 public:
    MapBatchAction(const OperatorInfo& info, F fn, Next next)
        : info_(info),
          fn_(std::move(fn)),
          next_(std::move(next)),
          results_(std::make_unique_for_overwrite<O[]>(piece_size)) {}

    // A batch may be as large as all that is resident in an iteration; its results need not be.
    void operator()(std::span<const T> items) {
        for (std::size_t begin = 0; begin < items.size(); begin += piece_size) {
            const std::size_t size = std::min(piece_size, items.size() - begin);
            const std::span<O> results(results_.get(), size);
            call_user(info_, fn_, items.subspan(begin, size), results);
            push_all<O>(next_, results);
        }
    }
    void control(const Mark& mark) { next_.control(mark); }

 private:
    static constexpr std::size_t piece_size = std::min(most_gathered<T>, most_gathered<O>);

    const OperatorInfo& info_;
    F fn_;
    Next next_;
    std::unique_ptr<O[]> results_;
};

template <class T, class O, class F>
struct MapBatch {
    using value_type = O;
    const OperatorInfo& info;
    F fn;

    template <StageFor<O> Next>
    auto stage(ReplicaContext& context, Next next) const {
        using Action = MapBatchAction<T, O, F, Next>;
        return BatchStage<T, Action>(context, Action(info, fn, std::move(next)));
    }
};

/// map_batch of items with times, which the results keep.
template <class T, class O, class F, class Next>
class TimedMapBatchAction {
 public:
    TimedMapBatchAction(const OperatorInfo& info, F fn, Next next)
        : info_(info),
          fn_(std::move(fn)),
          next_(std::move(next)),
          values_(std::make_unique_for_overwrite<T[]>(piece_size)),
          results_(std::make_unique_for_overwrite<O[]>(piece_size)) {}

    void operator()(std::span<const Timed<T>> items) {
        for (std::size_t begin = 0; begin < items.size(); begin += piece_size)
            map_piece(items.subspan(begin, std::min(piece_size, items.size() - begin)));
    }
    void control(const Mark& mark) { next_.control(mark); }

 private:
    static constexpr std::size_t piece_size = std::min(most_gathered<T>, most_gathered<O>);

    void map_piece(std::span<const Timed<T>> items) {
        for (std::size_t i = 0; i < items.size(); ++i) values_[i] = items[i].value;
        call_user(info_, fn_, std::span<const T>(values_.get(), items.size()),
                  std::span<O>(results_.get(), items.size()));
        for (std::size_t i = 0; i < items.size(); ++i)
            next_.push({std::move(results_[i]), items[i].time});
    }

    const OperatorInfo& info_;
    F fn_;
    Next next_;
    std::unique_ptr<T[]> values_;
    std::unique_ptr<O[]> results_;
};

template <class T, class O, class F>
struct TimedMapBatch {
    using value_type = Timed<O>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<Timed<O>> Next>
    auto stage(ReplicaContext& context, Next next) const {
        using Action = TimedMapBatchAction<T, O, F, Next>;
        return BatchStage<Timed<T>, Action>(context, Action(info, fn, std::move(next)));
    }
};

template <class T, class O, class F, class Next>
struct FlatMapBatchAction {
    const OperatorInfo& info;
    F fn;
    Next next;

    // A lazy range runs the user's code while it is read, between two pushes.
    void operator()(std::span<const T> items) {
        try {
            hand_on(std::invoke(fn, items));
        } catch (...) {
            rethrow_as_failure_of(info);
        }
    }
    void control(const Mark& mark) { next.control(mark); }

 private:
    template <class Range>
    void hand_on(Range&& range) {
        if constexpr (std::same_as<Range, std::vector<O>> && !std::same_as<O, bool>) {
            push_all<O>(next, std::span<O>(range));
        } else {
            for_each_element(std::forward<Range>(range),
                             [this](O&& element) { next.push(std::move(element)); });
        }
    }
};

template <class T, class F>
struct FlatMapBatch {
    using value_type = element_of_t<std::invoke_result_t<F&, std::span<const T>>>;
    const OperatorInfo& info;
    F fn;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext& context, Next next) const {
        using Action = FlatMapBatchAction<T, value_type, F, Next>;
        return BatchStage<T, Action>(context, Action{info, fn, std::move(next)});
    }
};

/// `EmptyToo`: a replica without items hands on what it began with.
template <bool EmptyToo, class T, class Accumulator, class F, class Next>
class FoldBatchAction {
 public:
    FoldBatchAction(const OperatorInfo& info, Accumulator init, F fn, Next next)
        : info_(info), init_(std::move(init)), fn_(std::move(fn)), next_(std::move(next)) {}

    void operator()(std::span<const T> items) {
        if (!state_) state_.emplace(init_);
        call_user(info_, fn_, *state_, items);
    }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            if (EmptyToo && !state_) state_.emplace(init_);
            if (state_) next_.push(std::move(*state_));
            state_.reset();
        }
        next_.control(mark);
    }

 private:
    const OperatorInfo& info_;
    Accumulator init_;
    F fn_;
    Next next_;
    std::optional<Accumulator> state_;
};

template <bool EmptyToo, class T, class Accumulator, class F>
struct FoldBatch {
    using value_type = Accumulator;
    const OperatorInfo& info;
    Accumulator init;
    F fn;

    template <StageFor<Accumulator> Next>
    auto stage(ReplicaContext& context, Next next) const {
        using Action = FoldBatchAction<EmptyToo, T, Accumulator, F, Next>;
        return BatchStage<T, Action>(context, Action(info, init, fn, std::move(next)));
    }
};

/// Merges what the replicas have folded.
template <class Accumulator, class Combine>
struct CombineAggregate {
    using state_type = Accumulator;
    using result_type = Accumulator;
    Combine combine;

    void merge(state_type& state, state_type&& other) {
        std::invoke(combine, state, std::move(other));
    }
    static result_type finish(state_type&& state) { return std::move(state); }
};

template <class T, class F>
struct ForEachBatchAction {
    const OperatorInfo& info;
    F fn;

    void operator()(std::span<const T> items) { call_user(info, fn, items); }
    void control(const Mark&) {}
};

}  // namespace detail

template <class T, class Chain>
template <class O, BatchMapFunction<T, O> F>
auto Stream<T, Chain>::map_batch(F fn, Location where) {
    using Result = detail::batch_result_t<F, O>;
    using Operator =
        std::conditional_t<detail::is_timed_chain<Chain>, detail::TimedMapBatch<T, Result, F>,
                           detail::MapBatch<T, Result, F>>;
    return detail::append_as_is<PlainResult<Result>>(*this, {"map_batch", where},
                                                     [&](const OperatorInfo& info) {
                                                         return Operator{info, std::move(fn)};
                                                     });
}

template <class T, class Chain>
template <FlatMapFunction<std::span<const T>> F>
auto Stream<T, Chain>::flat_map_batch(F fn, Location where) {
    static_assert(
        !detail::is_timed_chain<Chain>,
        "flat_map_batch: nobody knows which results belong to which item, so they have no "
        "event time; call drop_timestamps() before, or use flat_map or map_batch");
    using Operator = detail::FlatMapBatch<T, F>;
    return append_operator<PlainResult<typename Operator::value_type>>(
        *this, {"flat_map_batch", where}, [&](const OperatorInfo& info) {
            return Operator{info, std::move(fn)};
        });
}

template <class T, class Chain>
template <class Init, FoldFunction<Init, std::span<const T>> F, FoldFunction<Init, Init> Combine>
auto Stream<T, Chain>::fold_batch(Init init, F fn, Combine combine, Location where) {
    const OperatorInfo info{"fold_batch", where};
    auto&& untimed = detail::without_time(*this, info);
    auto partial =
        append_operator<PlainResult<Init>>(untimed, info, [&](const OperatorInfo& named) {
            return detail::FoldBatch<false, T, Init, F>{named, std::move(init), std::move(fn)};
        });
    auto gathered = detail::gather<Init>(partial, info);
    using Aggregate = detail::CombineAggregate<Init, Combine>;
    return detail::append_fold<Init>(gathered, info,
                                     detail::Merging<Aggregate>{{std::move(combine)}});
}

template <class T, class Chain>
template <class Init, FoldFunction<Init, std::span<const T>> F>
auto Stream<T, Chain>::fold_batch(Init init, F fn, Location where) {
    const OperatorInfo info{"fold_batch", where};
    auto&& untimed = detail::without_time(*this, info);
    return append_operator<PlainResult<Init>>(untimed, info, [&](const OperatorInfo& named) {
        return detail::FoldBatch<true, T, Init, F>{named, std::move(init), std::move(fn)};
    });
}

template <class T, class Chain>
template <InspectFunction<std::span<const T>> F>
void Stream<T, Chain>::for_each_batch(F fn, Location where) {
    const OperatorInfo info{"for_each_batch", where};
    auto&& untimed = detail::without_time(*this, info);
    end_block(untimed, info, [&](const OperatorInfo& named) {
        return [fn = std::move(fn), &named](ReplicaContext& context) {
            using Action = detail::ForEachBatchAction<T, F>;
            return detail::BatchStage<T, Action>(context, Action{named, fn});
        };
    });
}

}  // namespace renoir
