#pragma once

/// Event time: add_timestamps, drop_timestamps, with_timestamps, reorder.
///
///     auto readings = ctx.stream_csv<Reading>("readings.csv")
///         .add_timestamps([](const Reading& r) { return r.time; },
///                         WatermarkStrategy::bounded_out_of_orderness(std::chrono::seconds(5)));

#include <renoir/base/batch_buffer.hpp>
#include <renoir/stream/connect.hpp>
#include <renoir/stream/watermark_strategy.hpp>

#include <algorithm>
#include <vector>

namespace renoir {

namespace detail {

/// Watermarks by a function of the user: whatever it returns, at once.
///
/// on_item() tells what the stream promises after an item; timestamp_min, which promises nothing,
/// stands for no watermark.
template <class F>
class WatermarksOfFunction {
 public:
    explicit WatermarksOfFunction(F fn) : fn_(std::move(fn)) {}

    template <class T>
    Timestamp on_item(const OperatorInfo& info, const T& item, Timestamp time) {
        auto promise = [&] {
            const auto watermark = fn_(item, time);
            return watermark ? to_timestamp(*watermark) : timestamp_min;
        };
        return call_user(info, promise);
    }
    [[nodiscard]] static Timestamp held() noexcept { return timestamp_min; }
    static constexpr bool may_be_idle = false;
    [[nodiscard]] static std::optional<Clock::duration> idle_after() noexcept { return {}; }
    static void end_round() noexcept {}

 private:
    F fn_;
};

/// Watermarks by a strategy: a mark for every item would cost more than the items, so one is sent
/// after a number of them and whenever the worker has nothing else to do.
class WatermarksOfStrategy {
 public:
    explicit WatermarksOfStrategy(WatermarkStrategy strategy) : strategy_(strategy) {}

    template <class T>
    Timestamp on_item(const OperatorInfo&, const T&, Timestamp time) noexcept {
        highest_ = std::max(highest_, time);
        return ++items_ % items_for_a_mark == 0 ? held() : timestamp_min;
    }
    [[nodiscard]] Timestamp held() const noexcept { return strategy_.watermark(highest_); }
    static constexpr bool may_be_idle = true;
    [[nodiscard]] std::optional<Clock::duration> idle_after() const noexcept {
        return strategy_.idle_after();
    }
    void end_round() noexcept { highest_ = timestamp_min; }

 private:
    static constexpr std::size_t items_for_a_mark = 1024;
    WatermarkStrategy strategy_;
    Timestamp highest_ = timestamp_min;
    std::size_t items_ = 0;
};

template <class T, class Time, class Watermarks, class Next>
class AddTimestampsStage {
 public:
    AddTimestampsStage(ReplicaContext& context, const OperatorInfo& info, Time time,
                       Watermarks watermarks, Next next)
        : body_(std::make_unique<Body>(info, std::move(time), std::move(watermarks),
                                       std::move(next))) {
        context.add_timer(*body_);
    }

    void push(T&& item) { body_->push(std::move(item)); }
    void push_batch(std::span<const T> items)
        requires is_flat<T> && BatchStageFor<Next, Timed<T>>
    {
        while (!items.empty()) items = items.subspan(body_->push_until_mark(items));
    }
    void control(const Mark& mark) { body_->control(mark); }

 private:
    class Body final : public Timer {
     public:
        Body(const OperatorInfo& info, Time time, Watermarks watermarks, Next next)
            : info_(info),
              time_(std::move(time)),
              watermarks_(std::move(watermarks)),
              next_(std::move(next)) {}

        void push(T&& item) {
            const Timestamp time = time_of(item);
            const Timestamp watermark = watermarks_.on_item(info_, std::as_const(item), time);
            if constexpr (Watermarks::may_be_idle) has_spoken_ = true;
            next_.push(Timed<T>{std::move(item), time});
            send(watermark);
        }

        /// Takes items up to the first one that a watermark follows, at most a batch of them;
        /// returns how many.
        std::size_t push_until_mark(std::span<const T> items) {
            static_assert(std::is_trivially_destructible_v<Timed<T>>);
            alignas(Timed<T>) std::byte memory[batch_items<Timed<T>> * sizeof(Timed<T>)];
            auto* const timed = reinterpret_cast<Timed<T>*>(memory);
            const std::size_t most = std::min(items.size(), batch_items<Timed<T>>);
            const Timestamp sent = sent_;
            Timestamp watermark = timestamp_min;
            std::size_t count = 0;
            while (count < most && watermark <= sent) {
                const T& item = items[count];
                const Timestamp time = time_of(item);
                watermark = watermarks_.on_item(info_, item, time);
                new (timed + count) Timed<T>{item, time};
                ++count;
            }
            if constexpr (Watermarks::may_be_idle) has_spoken_ = true;
            next_.push_batch(std::span<Timed<T>>(timed, count));
            send(watermark);
            return count;
        }

        void control(const Mark& mark) {
            if (mark.kind == MarkKind::end_of_round) {
                watermarks_.end_round();
                sent_ = timestamp_min;
            }
            if (mark.kind != MarkKind::watermark) next_.control(mark);
        }

        [[nodiscard]] Clock::time_point due() const noexcept override {
            if (watermarks_.held() > sent_) return Clock::time_point::min();
            if (!watermarks_.idle_after()) return Clock::time_point::max();
            return has_spoken_ ? Clock::time_point::min() : idle_at_;
        }

        void fire(Clock::time_point now) override {
            send(watermarks_.held());
            if (!watermarks_.idle_after()) return;
            if (std::exchange(has_spoken_, false)) {
                idle_at_ = later_by(*watermarks_.idle_after(), now);
            } else if (now >= idle_at_) {
                idle_at_ = Clock::time_point::max();
                next_.control({MarkKind::idle, 0});
            }
        }

     private:
        [[nodiscard]] Timestamp time_of(const T& item) {
            return to_timestamp(call_user(info_, time_, item));
        }

        /// A watermark that goes back promises less than the one before it: it is left out.
        void send(Timestamp watermark) {
            if (watermark <= sent_) return;
            sent_ = watermark;
            next_.control({MarkKind::watermark, watermark});
        }

        const OperatorInfo& info_;
        Time time_;
        Watermarks watermarks_;
        Next next_;
        Timestamp sent_ = timestamp_min;
        bool has_spoken_ = true;
        Clock::time_point idle_at_{};
    };

    // On the heap, where the worker finds it as a timer.
    std::unique_ptr<Body> body_;
};

template <class T, class Time, class Watermarks>
struct AddTimestamps {
    using value_type = Timed<T>;
    const OperatorInfo& info;
    Time time;
    Watermarks watermarks;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext& context, Next next) const {
        return AddTimestampsStage<T, Time, Watermarks, Next>(context, info, time, watermarks,
                                                             std::move(next));
    }
};

template <class T, class AnyStream, class Time, class Watermarks>
auto append_timestamps(AnyStream& stream, const OperatorInfo& info, Time time,
                       Watermarks watermarks) {
    auto&& untimed = without_time(stream, info);
    return append_as_is<PlainResult<T>>(untimed, info, [&](const OperatorInfo& named) {
        return AddTimestamps<T, Time, Watermarks>{named, std::move(time), std::move(watermarks)};
    });
}

template <class T>
struct ShowTime {
    using value_type = std::pair<T, Timestamp>;
    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return Stage<Next>{{std::move(next)}};
    }

 private:
    template <class Next>
    struct Stage : DropTimeStage<T, Next> {
        void push(Timed<T>&& item) { this->next.push({std::move(item.value), item.time}); }
    };
};

/// Holds items back until the watermark has passed them.
template <class T, class Next>
class ReorderStage {
 public:
    explicit ReorderStage(Next next) : next_(std::move(next)) {}

    void push(Timed<T>&& item) {
        const Timestamp time = item.time;
        if (time <= watermark_) {
            next_.push(to_owned(std::move(item)));
            return;
        }
        held_.push_back({to_owned(std::move(item)), arrived_++});
        std::push_heap(held_.begin(), held_.end(), Later{});
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) {
            watermark_ = mark.value;
            release();
        } else if (mark.kind == MarkKind::end_of_round) {
            watermark_ = timestamp_max;
            release();
            watermark_ = timestamp_min;
        }
        next_.control(mark);
    }

 private:
    struct Held {
        Timed<owned_t<T>> item;
        std::uint64_t order;
    };
    /// Items of one time leave in the order in which they came.
    struct Later {
        bool operator()(const Held& a, const Held& b) const noexcept {
            return std::pair(a.item.time, a.order) > std::pair(b.item.time, b.order);
        }
    };

    void release() {
        while (!held_.empty() && held_.front().item.time <= watermark_) {
            std::pop_heap(held_.begin(), held_.end(), Later{});
            Held held = std::move(held_.back());
            held_.pop_back();
            next_.push(std::move(held.item));
        }
    }

    Next next_;
    std::vector<Held> held_;
    std::uint64_t arrived_ = 0;
    Timestamp watermark_ = timestamp_min;
};

template <class T>
struct Reorder {
    using value_type = Timed<owned_t<T>>;
    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return ReorderStage<T, Next>(std::move(next));
    }
};

}  // namespace detail

template <class T, class Chain>
template <TimestampFunction<T> F>
auto Stream<T, Chain>::add_timestamps(F time, WatermarkStrategy watermarks, Location where) {
    return detail::append_timestamps<T>(*this, {"add_timestamps", where}, std::move(time),
                                        detail::WatermarksOfStrategy(watermarks));
}

template <class T, class Chain>
template <TimestampFunction<T> F, WatermarkFunction<T> G>
auto Stream<T, Chain>::add_timestamps(F time, G watermark, Location where) {
    return detail::append_timestamps<T>(*this, {"add_timestamps", where}, std::move(time),
                                        detail::WatermarksOfFunction<G>(std::move(watermark)));
}

template <class T, class Chain>
auto Stream<T, Chain>::drop_timestamps(Location where) {
    static_assert(detail::is_timed<Stream>,
                  "drop_timestamps: this stream has no event times to drop");
    return detail::append_as_is<PlainResult<T>>(
        *this, {"drop_timestamps", where},
        [](const OperatorInfo&) { return detail::DropTime<T>{}; });
}

template <class T, class Chain>
auto Stream<T, Chain>::with_timestamps(Location where) {
    static_assert(detail::is_timed<Stream>,
                  "with_timestamps: this stream has no event times; give it some by "
                  "add_timestamps(time, watermarks)");
    return detail::append_as_is<PlainResult<std::pair<T, Timestamp>>>(
        *this, {"with_timestamps", where},
        [](const OperatorInfo&) { return detail::ShowTime<T>{}; });
}

template <class T, class Chain>
auto Stream<T, Chain>::reorder(Location where) {
    static_assert(detail::is_timed<Stream>,
                  "reorder: this stream has no event times to order by; give it some by "
                  "add_timestamps(time, watermarks)");
    return detail::append_as_is<PlainResult<owned_t<T>>>(
        *this, {"reorder", where}, [](const OperatorInfo&) { return detail::Reorder<T>{}; });
}

}  // namespace renoir
