#pragma once

/// A source that other threads feed while the job runs.
///
///     auto [sender, source] = renoir::channel<int>(1024);
///     auto sum = ctx.stream(std::move(source)).reduce(std::plus<int>()).collect_vec();
///     auto job = ctx.execute();
///     for (int i = 0; i < 100; ++i) sender.send(i);
///     sender.close();
///     job.wait();

#include <renoir/base/error.hpp>
#include <renoir/runtime/source.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace renoir {

namespace detail {

/// The queue between the senders and the one replica that reads.
template <class T>
class ChannelQueue {
 public:
    explicit ChannelQueue(std::size_t capacity) : capacity_(capacity) {}

    void add_sender() {
        const std::lock_guard lock(mutex_);
        ++senders_;
    }

    void remove_sender() {
        const std::lock_guard lock(mutex_);
        if (--senders_ == 0) wake_reader();
    }

    bool send(T&& item) {
        std::unique_lock lock(mutex_);
        const auto may_go_on = [&] { return abandoned_ || items_.size() < capacity_; };
        while (drive_ && !may_go_on()) drive_while_waiting(lock);
        room_.wait(lock, may_go_on);
        return store(std::move(item));
    }

    bool try_send(T& item) {
        const std::lock_guard lock(mutex_);
        return items_.size() < capacity_ && store(std::move(item));
    }

    void attach_reader(Parker* reader) {
        const std::lock_guard lock(mutex_);
        reader_ = reader;
    }

    /// A sender that waits calls `drive`, as room comes only when it does.
    void drive_with(std::function<void()> drive) {
        const std::lock_guard lock(mutex_);
        drive_ = std::move(drive);
    }

    /// Nobody reads any more: waiting senders return.
    void abandon() {
        const std::lock_guard lock(mutex_);
        drive_ = nullptr;
        abandoned_ = true;
        reader_ = nullptr;
        room_.notify_all();
    }

    /// Exchanges the waiting items for the empty vector `out`; false when there never will be any.
    bool receive(std::vector<T>& out) {
        const std::lock_guard lock(mutex_);
        if (items_.empty()) return senders_ != 0;
        std::swap(items_, out);
        room_.notify_all();
        return true;
    }

 private:
    void drive_while_waiting(std::unique_lock<std::mutex>& lock) {
        const std::function<void()> drive = drive_;
        lock.unlock();
        drive();
        lock.lock();
        room_.wait_for(lock, std::chrono::microseconds(50));
    }

    bool store(T&& item) {
        if (abandoned_) return false;
        items_.push_back(std::move(item));
        if (items_.size() == 1) wake_reader();
        return true;
    }

    void wake_reader() {
        if (reader_ != nullptr) reader_->wake();
    }

    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::vector<T> items_;
    std::size_t senders_ = 0;
    bool abandoned_ = false;
    std::function<void()> drive_;
    Parker* reader_ = nullptr;
};

/// Releases the senders when it goes, however that comes about.
template <class T>
class ReadingEnd {
 public:
    explicit ReadingEnd(std::shared_ptr<ChannelQueue<T>> queue) : queue_(std::move(queue)) {}
    ReadingEnd(ReadingEnd&&) noexcept = default;
    ReadingEnd& operator=(ReadingEnd&&) = delete;
    ~ReadingEnd() {
        if (queue_ != nullptr) queue_->abandon();
    }

    [[nodiscard]] const std::shared_ptr<ChannelQueue<T>>& queue() const noexcept { return queue_; }

 private:
    std::shared_ptr<ChannelQueue<T>> queue_;
};

template <class T>
class ChannelReader {
 public:
    ChannelReader(std::shared_ptr<ChannelQueue<T>> queue, Parker* parker) : end_(std::move(queue)) {
        end_.queue()->attach_reader(parker);
    }

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t budget) {
        if (next_ == received_.size()) {
            received_.clear();
            next_ = 0;
            if (!end_.queue()->receive(received_)) return SourceStatus::finished;
            if (received_.empty()) return SourceStatus::idle;
        }
        const std::size_t end = std::min(received_.size(), next_ + budget);
        while (next_ < end) emit(std::move(received_[next_++]));
        return SourceStatus::more;
    }

 private:
    ReadingEnd<T> end_;
    std::vector<T> received_;
    std::size_t next_ = 0;
};

}  // namespace detail

/// The sending end of a channel, for any number of threads: copy it, one copy for each. The channel
/// ends when every copy was closed or destroyed.
template <class T>
class ChannelSender {
 public:
    explicit ChannelSender(std::shared_ptr<detail::ChannelQueue<T>> queue)
        : queue_(std::move(queue)) {
        queue_->add_sender();
    }
    ChannelSender(const ChannelSender& other) : queue_(other.queue_) {
        if (queue_ != nullptr) queue_->add_sender();
    }
    ChannelSender(ChannelSender&& other) noexcept = default;
    ChannelSender& operator=(ChannelSender other) noexcept {
        std::swap(queue_, other.queue_);
        return *this;
    }
    ~ChannelSender() { close(); }

    /// Waits for room and hands over the item; false when nobody reads it because the job has
    /// ended. Throws Error(usage) on a closed sender.
    bool send(T item) { return open_queue().send(std::move(item)); }

    /// As send, but where there is no room it leaves the item alone and returns false at once.
    [[nodiscard]] bool try_send(T& item) { return open_queue().try_send(item); }

    /// Sends no more.
    void close() noexcept {
        if (queue_ != nullptr) queue_->remove_sender();
        queue_.reset();
    }

 private:
    detail::ChannelQueue<T>& open_queue() {
        if (queue_ == nullptr)
            throw Error(ErrorKind::usage, "send() on a channel sender that was closed");
        return *queue_;
    }

    std::shared_ptr<detail::ChannelQueue<T>> queue_;
};

/// The reading end of a channel, a source for `ctx.stream(...)`: one replica on rank 0, or one on
/// each rank, which costs no CPU while the channel is quiet.
template <class T>
class ChannelSource {
 public:
    using value_type = T;

    ChannelSource(std::shared_ptr<detail::ChannelQueue<T>> queue, Replication replication)
        : end_(std::make_shared<detail::ReadingEnd<T>>(std::move(queue))),
          replication_(replication) {}

    [[nodiscard]] Replication replication() const noexcept { return replication_; }
    [[nodiscard]] detail::ChannelReader<T> open(const SourceContext& context) const {
        return {end_->queue(), context.parker};
    }
    /// On ranks that have no replica of the source nobody reads: senders wait for the job there.
    void abandon() const { end_->queue()->abandon(); }
    void drive_with(std::function<void()> drive) const {
        end_->queue()->drive_with(std::move(drive));
    }

 private:
    std::shared_ptr<detail::ReadingEnd<T>> end_;
    Replication replication_;
};

/// Both ends of a channel.
template <class T>
struct Channel {
    ChannelSender<T> sender;
    ChannelSource<T> source;
};

namespace detail {

template <class T>
[[nodiscard]] Channel<T> make_channel(std::size_t capacity, Replication replication) {
    if (capacity == 0)
        throw Error(ErrorKind::usage, "a channel of capacity 0 never has room; give it at least 1");
    auto queue = std::make_shared<ChannelQueue<T>>(capacity);
    return {ChannelSender<T>(queue), ChannelSource<T>(queue, replication)};
}

}  // namespace detail

/// A channel that holds at most `capacity` items that the job has not taken yet; `send` waits for
/// room. Rank 0 feeds it; on other ranks `send` returns false as soon as the job has ended. Throws
/// Error(usage) for a capacity of 0.
template <class T>
[[nodiscard]] Channel<T> channel(std::size_t capacity) {
    return detail::make_channel<T>(capacity, Replication::one());
}

/// The same, but every rank feeds the stream with items of its own and closes its sender.
template <class T>
[[nodiscard]] Channel<T> channel_on_each_rank(std::size_t capacity) {
    return detail::make_channel<T>(capacity, Replication::host());
}

}  // namespace renoir
