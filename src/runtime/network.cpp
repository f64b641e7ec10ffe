#include "runtime/network.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

namespace renoir {

namespace {

enum class FrameKind : std::uint32_t { slab, credit, failure };

struct Credit {
    ChannelAddress address;
    std::uint32_t slabs = 0;
};

template <class T>
T take(std::span<const std::byte>& bytes) {
    if (bytes.size() < sizeof(T)) throw Error(ErrorKind::internal, "a truncated frame arrived");
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes = bytes.subspan(sizeof(T));
    return value;
}

using Bytes = std::span<const std::byte>;

template <class T>
Bytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

/// A frame of the given kind with two runs of bytes behind it.
std::vector<std::byte> make_frame(FrameKind kind, Bytes first, Bytes second = {}) {
    std::vector<std::byte> frame(sizeof(kind) + first.size() + second.size());
    std::memcpy(frame.data(), &kind, sizeof(kind));
    const auto after_first = std::copy(first.begin(), first.end(), frame.begin() + sizeof(kind));
    std::copy(second.begin(), second.end(), after_first);
    return frame;
}

std::vector<std::byte> slab_frame(const Slab& slab) {
    return make_frame(FrameKind::slab, serialize(slab));
}

std::vector<std::byte> credit_frame(const ChannelAddress& address, std::uint32_t slabs) {
    return make_frame(FrameKind::credit, bytes_of(Credit{address, slabs}));
}

std::vector<std::byte> failure_frame(const Failure& failure) {
    return make_frame(FrameKind::failure, bytes_of(failure.kind),
                      std::as_bytes(std::span(failure.text)));
}

}  // namespace

Network::Network(std::unique_ptr<Link> link, std::function<void()> wakeup,
                 std::function<void(Failure)> on_failure)
    : link_(std::move(link)), on_failure_(std::move(on_failure)) {
    link_->set_wakeup(std::move(wakeup));
}

Network::~Network() {
    link_->set_wakeup(nullptr);
}

SlabRing& Network::outgoing(const ChannelAddress& address, std::uint32_t to_rank, Parker& sender) {
    const std::lock_guard lock(mutex_);
    Outgoing& channel = outgoing_[address];
    channel.to_rank = to_rank;
    channel.sender = &sender;
    return channel.ring;
}

SlabRing& Network::incoming(const ChannelAddress& address, std::uint32_t from_rank,
                            Parker& receiver) {
    const std::lock_guard lock(mutex_);
    Incoming& channel = incoming_[address];
    channel.from_rank = from_rank;
    channel.receiver = &receiver;
    return channel.ring;
}

bool Network::progress() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock.owns_lock() && move_all();
}

bool Network::progress_thoroughly() {
    const std::lock_guard lock(mutex_);
    return move_all();
}

bool Network::move_all() {
    bool moved = receive_all();
    for (auto& [address, channel] : outgoing_) moved |= send_ready(address, channel);
    for (auto& [address, channel] : incoming_) {
        moved |= push_overflow(channel);
        moved |= return_credits(address, channel);
    }
    return moved;
}

bool Network::drained() {
    const std::lock_guard lock(mutex_);
    for (const auto& [address, channel] : outgoing_) {
        if (channel.waiting != nullptr || !channel.ring.empty()) return false;
    }
    return link_->flushed();
}

void Network::announce(const Failure& failure) {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t rank = 0; rank < link_->ranks(); ++rank) {
        if (rank != link_->rank()) link_->send(rank, failure_frame(failure));
    }
}

bool Network::send_ready(const ChannelAddress&, Outgoing& channel) {
    bool sent = false;
    while (true) {
        if (channel.waiting == nullptr) {
            channel.waiting = channel.ring.try_pop();
            if (channel.waiting == nullptr) return sent;
            if (channel.ring.producer_waits()) channel.sender->wake();
        }
        if (channel.waiting->header.count != 0 && channel.credits <= 0) return sent;
        --channel.credits;
        link_->send(channel.to_rank, slab_frame(*channel.waiting));
        pool_.give(std::move(channel.waiting));
        sent = true;
    }
}

bool Network::receive_all() {
    bool received = false;
    while (std::optional<Link::Frame> frame = link_->receive()) {
        dispatch(*frame);
        received = true;
    }
    return received;
}

void Network::dispatch(Link::Frame& frame) {
    std::span<const std::byte> bytes = frame.bytes;
    switch (take<FrameKind>(bytes)) {
        case FrameKind::slab: {
            SlabPointer slab = deserialize(bytes, pool_);
            const SlabHeader& header = slab->header;
            Incoming& channel = incoming_.at({header.edge, header.source, header.destination});
            channel.overflow.push_back(std::move(slab));
            push_overflow(channel);
            return;
        }
        case FrameKind::credit: {
            const auto credit = take<Credit>(bytes);
            outgoing_.at(credit.address).credits += credit.slabs;
            return;
        }
        case FrameKind::failure: {
            Failure failure{take<ErrorKind>(bytes), {}};
            failure.text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
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
bool Network::return_credits(const ChannelAddress& address, Incoming& channel) {
    const std::size_t owed = channel.ring.popped() - channel.credited;
    if (owed < SlabRing::slots / 2) return false;
    channel.credited += owed;
    link_->send(channel.from_rank, credit_frame(address, static_cast<std::uint32_t>(owed)));
    return true;
}

}  // namespace renoir
