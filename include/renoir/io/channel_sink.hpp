#pragma once

/// collect_channel: a sink from which another thread takes the items while the job runs.
///
///     auto received = stream.collect_channel();
///     auto job = ctx.execute();
///     while (auto item = received.receive()) use(*item);
///     job.wait();

#include <renoir/operators/collect.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace renoir {

namespace detail {

template <class T>
class SinkQueue {
 public:
    void push(T&& item) {
        const std::lock_guard lock(mutex_);
        items_.push_back(std::move(item));
        if (items_.size() == 1) arrived_.notify_one();
    }

    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        arrived_.notify_all();
    }

    std::optional<T> receive() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return closed_ || !items_.empty(); });
        return take();
    }

    std::optional<T> try_receive() {
        const std::lock_guard lock(mutex_);
        return take();
    }

 private:
    std::optional<T> take() {
        if (items_.empty()) return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        if (!items_.empty()) arrived_.notify_one();
        return item;
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<T> items_;
    bool closed_ = false;
};

template <class T>
struct ChannelSinkStage {
    std::shared_ptr<SinkQueue<owned_t<T>>> queue;

    void push(T&& item) { queue->push(to_owned(std::move(item))); }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_stream) queue->close();
    }
};

}  // namespace detail

/// The receiving end of `collect_channel()`. The queue behind it is not bounded, so that a program
/// that reads it only after the execution cannot block its own job. On other ranks than 0 it is
/// empty. Any thread may receive.
template <class T>
class ChannelReceiver {
 public:
    explicit ChannelReceiver(std::shared_ptr<detail::SinkQueue<T>> queue)
        : queue_(std::move(queue)) {}

    /// Waits for the next item; nothing when the stream has ended or the job has failed. Call it
    /// after `execute()`: before it nothing can arrive.
    [[nodiscard]] std::optional<T> receive() { return queue_->receive(); }

    /// The next item if one is there.
    [[nodiscard]] std::optional<T> try_receive() { return queue_->try_receive(); }

 private:
    std::shared_ptr<detail::SinkQueue<T>> queue_;
};

namespace detail {

template <class T, class AnyStream>
ChannelReceiver<owned_t<T>> collect_into_channel(AnyStream& stream, const OperatorInfo& info) {
    auto&& untimed = without_time(stream, info);
    auto gathered = gather<T>(untimed, info);
    auto queue = std::make_shared<SinkQueue<owned_t<T>>>();
    // Where the job fails, and on ranks that have no replica of the sink, no mark closes the queue.
    gathered.handle().graph().at_end([queue] { queue->close(); });
    end_block(gathered, info, [queue](const OperatorInfo&) {
        return [queue](ReplicaContext&) { return ChannelSinkStage<T>{queue}; };
    });
    return ChannelReceiver<owned_t<T>>(std::move(queue));
}

}  // namespace detail

template <class T, class Chain>
auto Stream<T, Chain>::collect_channel(Location where) {
    return detail::collect_into_channel<T>(*this, {"collect_channel", where});
}

template <class K, class V, class Chain>
auto KeyedStream<K, V, Chain>::collect_channel(Location where) {
    return detail::with_partition(*this, [&](auto& stream) {
        return detail::collect_into_channel<std::pair<K, V>>(stream, {"collect_channel", where});
    });
}

}  // namespace renoir
