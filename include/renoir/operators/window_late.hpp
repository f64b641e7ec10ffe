#pragma once

/// Items that come too late.
///
/// They are taken out before the exchange, by the watermark of the replica that they come from:
/// what the windows behind the exchange see is not late for them, because their watermark is the
/// lowest of all senders. So which items are late depends on the data of each replica alone and not
/// on the race between replicas. Only what a replica says after it was idle may be late for all
/// although it is not for itself; so there is a second look behind the exchange.

#include <renoir/stream/connect.hpp>
#include <renoir/stream/timed.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

namespace renoir::detail {

/// Lets items through that some window still wants.
template <class T, class Windows, class Late, class Next>
class LateFilterStage {
 public:
    LateFilterStage(Windows windows, std::shared_ptr<std::atomic<std::uint64_t>> dropped, Late late,
                    Next next)
        : windows_(windows),
          dropped_(std::move(dropped)),
          late_(std::move(late)),
          next_(std::move(next)) {}

    void push(Timed<T>&& item) {
        if (item.time <= watermark_ && windows_.is_late(item.time, watermark_)) [[unlikely]] {
            if (!late_.take(std::move(item))) dropped_->fetch_add(1, std::memory_order_relaxed);
            return;
        }
        next_.push(std::move(item));
    }

    void push_batch(std::span<Timed<T>> items)
        requires BatchStageFor<Next, Timed<T>>
    {
        Timestamp first = timestamp_max;
        for (const Timed<T>& item : items) first = std::min(first, item.time);
        if (first > watermark_) [[likely]] {
            next_.push_batch(items);
        } else {
            for (Timed<T>& item : items) push(std::move(item));
        }
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) watermark_ = mark.value;
        if (mark.kind == MarkKind::end_of_round) watermark_ = timestamp_min;
        late_.control(mark);
        next_.control(mark);
    }

 private:
    Windows windows_;
    std::shared_ptr<std::atomic<std::uint64_t>> dropped_;
    Late late_;
    Next next_;
    Timestamp watermark_ = timestamp_min;
};

/// Late items go to a stream of their own, if one is asked for.
template <class V>
struct LateOutput {
    Output<Timed<V>>* output = nullptr;
    std::size_t destination = 0;

    bool take(Timed<V>&& item) {
        if (output == nullptr) return false;
        output->append(destination, item);
        return true;
    }
    template <class K>
    bool take(Timed<std::pair<K, V>>&& item) {
        return take(Timed<V>{std::move(item.value.second), item.time});
    }
    void control(const Mark& mark) {
        if (output != nullptr) output->send_mark(mark);
    }
};

/// T is V, or a pair of a key and V.
template <class T, class V, class Windows>
struct LateFilter {
    using value_type = Timed<T>;
    Windows windows;
    std::shared_ptr<std::atomic<std::uint64_t>> dropped;
    std::optional<EdgeId> late;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext& context, Next next) const {
        LateOutput<V> output;
        if (late) output = {&context.open_output<Timed<V>>(*late), context.index()};
        return LateFilterStage<T, Windows, LateOutput<V>, Next>(windows, dropped, output,
                                                                std::move(next));
    }
};

}  // namespace renoir::detail
