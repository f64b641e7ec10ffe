#include "runtime/network.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace renoir {

namespace {

using std::chrono::microseconds;

// Between two looks at what has arrived where no worker looks.
constexpr microseconds shortest_pause{50};
constexpr microseconds longest_pause{4000};
// Between two looks at whether the workers look.
constexpr microseconds pause_of_watchdog{1000};
// After a failure the ranks end their part, unless a function of the user takes long.
constexpr std::chrono::milliseconds patience_after_failure{1000};
constexpr std::chrono::milliseconds patience_with_own_workers{1500};

enum class FrameKind : std::uint32_t { slab, credit, failure };

struct Credit {
    ChannelAddress address;
    std::uint32_t slabs = 0;
};

using Bytes = Link::Bytes;

template <class T>
T take(Bytes& bytes) {
    if (bytes.size() < sizeof(T)) throw Error(ErrorKind::internal, "a truncated frame arrived");
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes = bytes.subspan(sizeof(T));
    return value;
}

template <class T>
Bytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

}  // namespace

Network::Network(std::unique_ptr<Link> link, std::function<void()> wakeup,
                 std::function<void(Failure)> on_failure, NetworkOptions options)
    : link_(std::move(link)),
      wakeup_(std::move(wakeup)),
      on_failure_(std::move(on_failure)),
      driver_(link_->progress() == Link::Progress::by_caller ? Driver::caller
              : options.own_thread                           ? Driver::own_thread
                                                             : Driver::workers),
      peer_timeout_(options.peer_timeout),
      on_overdue_(std::move(options.on_overdue)),
      pool_(link_->reserve()) {
    link_->set_wakeup(wakeup_);
}

Network::~Network() {
    link_->set_wakeup(nullptr);
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(thread_mutex_);
        thread_may_run_ = false;
    }
    thread_is_to_end_.notify_one();
    thread_.join();
}

void Network::start() {
    {
        const std::lock_guard lock(mutex_);
        started_ = true;
    }
    const bool needs_watchdog = link_->progress() == Link::Progress::by_polling;
    if (driver_ == Driver::caller || (driver_ == Driver::workers && !needs_watchdog)) return;
    thread_may_run_ = true;
    quiet_since_ = last_beat_ = Clock::now();
    thread_ = std::thread([this] { run_thread(); });
}

void Network::run_thread() {
    std::unique_lock lock(thread_mutex_);
    microseconds pause = shortest_pause;
    while (!thread_is_to_end_.wait_for(lock, pause, [this] { return !thread_may_run_; })) {
        pause = look(Clock::now());
    }
}

// It looks the less often the longer nothing has happened: what comes after a pause waits for a
// small part of the pause, and a rank that waits costs next to nothing.
microseconds Network::look(Clock::time_point now) {
    if (now - last_beat_ >= std::chrono::seconds(1)) beat(now);
    if (is_overdue(now)) on_overdue_();
    const bool is_driven_by_workers = turns_.load(std::memory_order_relaxed) != turns_seen_;
    turns_seen_ = turns_.load(std::memory_order_relaxed);
    if (is_driven_by_workers || drive()) quiet_since_ = now;
    if (is_driven_by_workers) return pause_of_watchdog;
    const auto quiet = std::chrono::duration_cast<microseconds>(now - quiet_since_);
    return std::clamp(quiet / 20, shortest_pause, longest_pause);
}

void Network::beat(Clock::time_point now) {
    last_beat_ = now;
    guarded([this] { link_->beat(peer_timeout_); });
}

bool Network::is_overdue(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    return failed_ && !finishing_ && now >= failed_at_ + patience_with_own_workers;
}

void Network::note_failure() {
    if (failed_) return;
    failed_ = true;
    failed_at_ = Clock::now();
}

// Nobody is above the network's own thread who could handle an error. Rank 0 does not hear of it
// from a link that has failed, and may be the one that is silent.
template <class Action>
void Network::guarded(const Action& action) noexcept {
    const std::lock_guard lock(mutex_);
    try {
        return action();
    } catch (const Error& error) {
        on_failure_({error.kind(), error.what(), false});
    } catch (const std::exception& error) {
        on_failure_({ErrorKind::internal, error.what(), false});
    }
    note_failure();
    // A link that has failed does not come back.
    if (finishing_) end_finish();
}

bool Network::drive() noexcept {
    bool moved = false;
    guarded([&] { moved = started_ && move_and_finish(); });
    return moved;
}

bool Network::move_and_finish() {
    if (const auto announcement = std::exchange(announcement_, std::nullopt)) send(*announcement);
    const bool moved = move_all();
    if (drain_is_awaited_ && is_drained()) {
        drain_is_awaited_ = false;
        wakeup_();
    }
    if (finishing_) finish_if_possible();
    return moved;
}

void Network::finish_if_possible() {
    if (!has_said_finished_ && (failed_ || is_drained())) {
        link_->finish();
        has_said_finished_ = true;
    }
    const bool gives_up = failed_ && Clock::now() >= failed_at_ + patience_after_failure;
    if ((has_said_finished_ && link_->finished()) || gives_up) end_finish();
}

void Network::end_finish() noexcept {
    finished_ = true;
    has_finished_.notify_all();
}

Lane Network::outgoing(const ChannelAddress& address, std::uint32_t to_rank, Parker& sender) {
    const std::lock_guard lock(mutex_);
    const std::size_t number = outgoing_.size();
    number_of_outgoing_.emplace(address, number);
    Outgoing& channel = outgoing_.emplace_back();
    channel.to_rank = to_rank;
    channel.sender = &sender;
    ready_.grow(outgoing_.size());
    return {&channel.ring, address.destination, nullptr, &ready_, number, network_slab_capacity};
}

IncomingLane Network::incoming(const ChannelAddress& address, std::uint32_t from_rank,
                               Parker& receiver) {
    const std::lock_guard lock(mutex_);
    const std::size_t number = incoming_.size();
    number_of_incoming_.emplace(address, number);
    Incoming& channel = incoming_.emplace_back();
    channel.from_rank = from_rank;
    channel.receiver = &receiver;
    channel.address = address;
    read_.grow(incoming_.size());
    return {&channel.ring, nullptr, &read_, number};
}

bool Network::progress() {
    if (driver_ != Driver::workers) return false;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    turns_.fetch_add(1, std::memory_order_relaxed);
    return move_all();
}

bool Network::progress_thoroughly() {
    if (driver_ != Driver::workers) return false;
    const std::lock_guard lock(mutex_);
    return move_all();
}

bool Network::move_all() {
    bool moved = receive_all();
    // Nobody needs what is left, and nothing may follow what the link says last.
    if (failed_) return moved;
    ready_.take_all([&](std::size_t number) { moved |= send_ready(outgoing_[number]); });
    read_.take_all([&](std::size_t number) {
        moved |= push_overflow(incoming_[number]);
        moved |= return_credits(incoming_[number]);
    });
    return moved;
}

bool Network::drained() {
    if (driver_ != Driver::workers) return true;
    const std::lock_guard lock(mutex_);
    drain_is_awaited_ = !is_drained();
    return !drain_is_awaited_;
}

bool Network::is_drained() {
    for (const Outgoing& channel : outgoing_) {
        if (!channel.waiting.empty() || !channel.ring.empty()) return false;
    }
    return link_->flushed();
}

void Network::announce(const Failure& failure) {
    const std::lock_guard lock(mutex_);
    note_failure();
    // The thread that drives the network sends it, if a worker may not.
    if (driver_ == Driver::workers) return send(failure);
    announcement_ = failure;
}

void Network::send(const Failure& failure) {
    for (std::uint32_t rank = 0; rank < link_->ranks(); ++rank) {
        if (rank == link_->rank()) continue;
        link_->send(rank, {bytes_of(FrameKind::failure), bytes_of(failure.kind),
                           std::as_bytes(std::span(failure.text))});
    }
}

void Network::finish() {
    std::unique_lock lock(mutex_);
    started_ = true;  // unless no worker could be started
    finishing_ = true;
    if (driver_ != Driver::workers) return has_finished_.wait(lock, [this] { return finished_; });
    for (microseconds pause = shortest_pause; !finished_;
         pause = std::min(2 * pause, longest_pause)) {
        lock.unlock();
        if (!drive()) std::this_thread::sleep_for(pause);
        lock.lock();
    }
}

bool Network::send_ready(Outgoing& channel) {
    bool sent = false;
    while (take_waiting(channel)) {
        SlabPointer& slab = channel.waiting.front();
        if (slab->header.count != 0 && channel.credits <= 0) return sent;
        --channel.credits;
        send(channel.to_rank, std::move(slab));
        channel.waiting.pop_front();
        sent = true;
    }
    return sent;
}

void Network::send(std::uint32_t to, SlabPointer slab) {
    if (bytes_as_it_is(*slab) != 0) return link_->send(to, std::move(slab));
    const SlabParts parts = parts_of(*slab);
    link_->send(to, {bytes_of(FrameKind::slab), parts.header, parts.front, parts.back});
    pool_.give(std::move(slab));
}

// One slab, as the next has room in the ring. But a calling thread that waits in the program's own
// MPI calls for another rank must not hold back the workers of that rank: what they have for this
// one is kept until then.
bool Network::take_waiting(Outgoing& channel) {
    while (channel.waiting.empty() || driver_ == Driver::caller) {
        SlabPointer slab = channel.ring.try_pop();
        if (slab == nullptr) break;
        if (channel.ring.producer_waits()) channel.sender->wake();
        channel.waiting.push_back(std::move(slab));
    }
    return !channel.waiting.empty();
}

bool Network::receive_all() {
    bool received = false;
    while (std::optional<Link::Frame> frame = link_->receive()) {
        dispatch(std::move(*frame));
        received = true;
    }
    return received;
}

void Network::deliver(SlabPointer slab) {
    const SlabHeader& header = slab->header;
    Incoming& channel =
        incoming_[number_of_incoming_.at({header.edge, header.source, header.destination})];
    channel.overflow.push_back(std::move(slab));
    push_overflow(channel);
}

void Network::dispatch(Link::Frame frame) {
    if (frame.slab != nullptr) return deliver(std::move(frame.slab));
    Bytes bytes = frame.bytes;
    switch (take<FrameKind>(bytes)) {
        case FrameKind::slab:
            return deliver(deserialize(bytes, pool_));
        case FrameKind::credit: {
            const auto credit = take<Credit>(bytes);
            const std::size_t number = number_of_outgoing_.at(credit.address);
            outgoing_[number].credits += credit.slabs;
            ready_.add(number);
            return;
        }
        case FrameKind::failure: {
            Failure failure{take<ErrorKind>(bytes), {}};
            failure.text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            note_failure();
            on_failure_(std::move(failure));
            return;
        }
    }
    throw Error(ErrorKind::internal, "a frame of an unknown kind arrived");
}

bool Network::push_overflow(Incoming& channel) {
    bool pushed = false;
    while (!channel.overflow.empty() && channel.ring.try_push(channel.overflow.front())) {
        channel.overflow.pop_front();
        channel.receiver->wake();
        pushed = true;
    }
    return pushed;
}

// Half a window at a time: one small frame for several slabs, and the sender never runs dry.
bool Network::return_credits(Incoming& channel) {
    const std::size_t owed = channel.ring.popped() - channel.credited;
    if (owed < SlabRing::slots / 2) return false;
    channel.credited += owed;
    link_->send(channel.from_rank,
                {bytes_of(FrameKind::credit),
                 bytes_of(Credit{channel.address, static_cast<std::uint32_t>(owed)})});
    return true;
}

}  // namespace renoir
