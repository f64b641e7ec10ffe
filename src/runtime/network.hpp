#pragma once

// The channels of one rank that lead to or come from other ranks: credits, framing and dispatch
// over a Link. Workers only see rings; whichever of them passes by drives the network.

#include <renoir/base/error.hpp>
#include <renoir/base/hash.hpp>
#include <renoir/runtime/parker.hpp>
#include <renoir/runtime/replica.hpp>
#include <renoir/transport/link.hpp>
#include <renoir/transport/slab_queue.hpp>

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace renoir {

/// Why a job failed, as it travels between ranks.
struct Failure {
    ErrorKind kind = ErrorKind::internal;
    std::string text;
    bool is_known_to_root = true;  ///< or is going to be: rank 0 reports it
};

/// One direction between two replicas.
struct ChannelAddress {
    EdgeId edge = 0;
    std::uint32_t source = 0;
    std::uint32_t destination = 0;

    friend auto operator<=>(const ChannelAddress&, const ChannelAddress&) = default;
};

struct HashOfAddress {
    [[nodiscard]] std::size_t operator()(const ChannelAddress& address) const noexcept {
        const auto replicas = std::uint64_t{address.source} << 32 | address.destination;
        return detail::hash_combine(address.edge, detail::hash_word(replicas));
    }
};

struct NetworkOptions {
    /// A thread of its own drives the network, not the workers.
    bool own_thread = false;
    /// For so many seconds another rank may be silent; 0: for ever.
    std::uint32_t peer_timeout = 0;
    /// Called by the thread of the network, some time after a failure, again and again until the
    /// workers of this rank have ended.
    std::function<void()> on_overdue = [] {};
};

/// Credits: a sender has at most SlabRing::slots slabs of a channel under way or unread, so a slow
/// receiver stops its own channel and no other, and memory stays bounded. A slab without items (a
/// control mark) goes even without a credit, so that control cannot be stuck behind a slow
/// receiver.
///
/// Something has to drive a network: the workers in passing, with a watchdog for the time when all
/// of them sleep or are in long functions; or a thread of its own; or, where only one thread may
/// call MPI, that one.
class Network {
 public:
    Network(std::unique_ptr<Link> link, std::function<void()> wakeup,
            std::function<void(Failure)> on_failure, NetworkOptions options = {});
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    /// Channels are made while the replicas are built; `progress` is called only afterwards. A
    /// worker drives the network before it rests, so nobody needs to be woken for a slab.
    [[nodiscard]] Lane outgoing(const ChannelAddress& address, std::uint32_t to_rank,
                                Parker& sender);
    [[nodiscard]] IncomingLane incoming(const ChannelAddress& address, std::uint32_t from_rank,
                                        Parker& receiver);

    /// All channels are made; before, `drive` does nothing.
    void start();

    /// Moves what can be moved. Any worker may call it; false when another one is at it, when there
    /// was nothing to do, or when the workers do not drive the network.
    bool progress();

    /// As `progress`, but waits for another worker that is at it: what happened before the call is
    /// not overlooked. For the last look before a sleep.
    bool progress_thoroughly();

    /// Whether all that the workers of this rank have sent has left it, or leaves without them.
    [[nodiscard]] bool drained();

    void announce(const Failure& failure);

    /// Returns when no rank sends anything any more, which each says by calling it. To be called
    /// once, when the workers of this rank have ended. After a failure it does not wait for ranks
    /// that take long.
    void finish();

    /// Whether the thread that made the link has to call `drive` until the job has ended.
    [[nodiscard]] bool is_driven_by_caller() const noexcept { return driver_ == Driver::caller; }

    /// Moves what can be moved and handles what goes wrong with it; whether anything was moved.
    bool drive() noexcept;

 private:
    enum class Driver { workers, own_thread, caller };

    struct Outgoing {
        SlabRing ring;
        std::uint32_t to_rank = 0;
        Parker* sender = nullptr;
        std::int64_t credits = static_cast<std::int64_t>(SlabRing::slots);
        SlabQueue waiting;  // taken from the ring, but not sent yet
    };
    struct Incoming {
        SlabRing ring;
        std::uint32_t from_rank = 0;
        Parker* receiver = nullptr;
        ChannelAddress address;
        SlabQueue overflow;  // marks that came without a credit
        std::size_t credited = 0;
    };

    void run_thread();
    /// What the network's own thread does when it is awake; returns how long it may sleep then.
    std::chrono::microseconds look(Clock::time_point now);
    void beat(Clock::time_point now);
    [[nodiscard]] bool is_overdue(Clock::time_point now);
    void note_failure();
    template <class Action>
    void guarded(const Action& action) noexcept;

    bool move_and_finish();
    void finish_if_possible();
    void end_finish() noexcept;
    [[nodiscard]] bool is_drained();
    bool move_all();
    bool send_ready(Outgoing& channel);
    bool take_waiting(Outgoing& channel);
    void send(std::uint32_t to, SlabPointer slab);
    void send(const Failure& failure);
    bool receive_all();
    void dispatch(Link::Frame frame);
    void deliver(SlabPointer slab);
    bool push_overflow(Incoming& channel);
    bool return_credits(Incoming& channel);

    std::mutex mutex_;
    std::unique_ptr<Link> link_;
    std::function<void()> wakeup_;
    std::function<void(Failure)> on_failure_;
    Driver driver_;
    std::uint32_t peer_timeout_;
    std::function<void()> on_overdue_;
    SlabPool pool_;
    using ChannelNumbers = boost::unordered_flat_map<ChannelAddress, std::size_t, HashOfAddress>;
    std::deque<Outgoing> outgoing_;
    std::deque<Incoming> incoming_;
    ChannelNumbers number_of_outgoing_;
    ChannelNumbers number_of_incoming_;
    ReadySet ready_;  // outgoing channels that have a slab or a credit
    ReadySet read_;   // incoming channels that a slab was read from
    std::optional<Failure> announcement_;
    bool started_ = false;
    bool drain_is_awaited_ = false;  // by a worker that has nothing else to do

    bool failed_ = false;  // here or on another rank
    Clock::time_point failed_at_{};
    bool finishing_ = false;
    bool has_said_finished_ = false;
    bool finished_ = false;
    std::condition_variable has_finished_;

    // The watchdog of the workers, or the driver itself.
    std::mutex thread_mutex_;
    std::condition_variable thread_is_to_end_;
    bool thread_may_run_ = false;
    std::thread thread_;
    std::atomic<std::uint64_t> turns_{0};  // of the workers
    std::uint64_t turns_seen_ = 0;
    Clock::time_point quiet_since_{};
    Clock::time_point last_beat_{};
};

}  // namespace renoir
