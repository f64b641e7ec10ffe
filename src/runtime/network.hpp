#pragma once

// The channels of one rank that lead to or come from other ranks: credits, framing and dispatch
// over a Link. Workers only see rings; whichever of them passes by drives the network.

#include <renoir/base/error.hpp>
#include <renoir/runtime/parker.hpp>
#include <renoir/runtime/replica.hpp>
#include <renoir/transport/link.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

namespace renoir {

/// Why a job failed, as it travels between ranks.
struct Failure {
    ErrorKind kind = ErrorKind::internal;
    std::string text;
};

/// One direction between two replicas.
struct ChannelAddress {
    EdgeId edge = 0;
    std::uint32_t source = 0;
    std::uint32_t destination = 0;

    friend auto operator<=>(const ChannelAddress&, const ChannelAddress&) = default;
};

/// Credits: a sender has at most SlabRing::slots slabs of a channel under way or unread, so a slow
/// receiver stops its own channel and no other, and memory stays bounded. A slab without items (a
/// control mark) goes even without a credit, so that control cannot be stuck behind a slow
/// receiver.
class Network {
 public:
    Network(std::unique_ptr<Link> link, std::function<void()> wakeup,
            std::function<void(Failure)> on_failure);
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    /// Rings are made while the replicas are built; `progress` is called only afterwards.
    [[nodiscard]] SlabRing& outgoing(const ChannelAddress& address, std::uint32_t to_rank,
                                     Parker& sender);
    [[nodiscard]] SlabRing& incoming(const ChannelAddress& address, std::uint32_t from_rank,
                                     Parker& receiver);

    /// Moves what can be moved. Any worker may call it; false when another one is at it or when
    /// there was nothing to do.
    bool progress();

    /// As `progress`, but waits for another worker that is at it: what happened before the call is
    /// not overlooked. For the last look before a sleep.
    bool progress_thoroughly();

    /// Whether all that the workers of this rank have sent has left it.
    [[nodiscard]] bool drained();

    void announce(const Failure& failure);

 private:
    struct Outgoing {
        SlabRing ring;
        std::uint32_t to_rank = 0;
        Parker* sender = nullptr;
        std::int64_t credits = static_cast<std::int64_t>(SlabRing::slots);
        SlabPointer waiting;  // taken from the ring, but without a credit yet
    };
    struct Incoming {
        SlabRing ring;
        std::uint32_t from_rank = 0;
        Parker* receiver = nullptr;
        std::deque<SlabPointer> overflow;  // marks that came without a credit
        std::size_t credited = 0;
    };

    bool move_all();
    bool send_ready(const ChannelAddress& address, Outgoing& channel);
    bool receive_all();
    void dispatch(Link::Frame& frame);
    bool push_overflow(Incoming& channel);
    bool return_credits(const ChannelAddress& address, Incoming& channel);

    std::mutex mutex_;
    std::unique_ptr<Link> link_;
    std::function<void(Failure)> on_failure_;
    SlabPool pool_;
    std::map<ChannelAddress, Outgoing> outgoing_;
    std::map<ChannelAddress, Incoming> incoming_;
};

}  // namespace renoir
