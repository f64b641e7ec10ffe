#pragma once

/// How bytes get from one rank to another. Channels, credits and failures are built on top of it
/// and are common to all links.

#include <renoir/transport/slab.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>

namespace renoir {

/// Bytes between two ranks. Frames of one pair of ranks arrive in the order in which they were
/// sent. One thread at a time may call it.
class Link {
 public:
    using Bytes = std::span<const std::byte>;

    /// Bytes, or a slab that was sent as one.
    struct Frame {
        std::uint32_t from = 0;
        Bytes bytes;  ///< valid until the next call of receive()
        SlabPointer slab;
    };

    /// How the receiver learns that something has arrived.
    enum class Progress {
        by_wakeup,   ///< the wake-up is called
        by_polling,  ///< receive() must be called from time to time, by any thread
        by_caller,   ///< the same, but only the thread that made the link may call it at all
    };

    virtual ~Link() = default;

    [[nodiscard]] virtual std::uint32_t rank() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t ranks() const noexcept = 0;
    [[nodiscard]] virtual Progress progress() const noexcept = 0;

    /// Starts to send a frame, the parts one behind the other; never waits and keeps no part. The
    /// caller bounds what is under way by credits.
    virtual void send(std::uint32_t to, std::initializer_list<Bytes> parts) = 0;

    /// The same for a slab that travels as it is (`bytes_as_it_is` is not 0), without a copy.
    virtual void send(std::uint32_t to, SlabPointer slab) = 0;

    /// Where the network slabs of this rank come from.
    [[nodiscard]] virtual const std::shared_ptr<SlabReserve>& reserve() const noexcept = 0;

    /// The next frame that has arrived, from any rank. Also moves on what is being sent.
    [[nodiscard]] virtual std::optional<Frame> receive() = 0;

    /// Whether everything sent so far has left this rank.
    [[nodiscard]] virtual bool flushed() = 0;

    /// `wakeup` is called, from any thread, when a frame may have arrived while nobody asked.
    virtual void set_wakeup(std::function<void()> wakeup) = 0;

    /// To be called once a second: tells the other ranks that this one is alive. Throws Error
    /// (cancelled) when nothing has come from another one for `limit` seconds; 0: never.
    virtual void beat(std::uint32_t limit) = 0;

    /// Tells all ranks that this one sends nothing more; to be called once, at the end.
    virtual void finish() = 0;

    /// Whether all ranks have finished and nothing is under way. Until then receive() is to be
    /// called.
    [[nodiscard]] virtual bool finished() = 0;
};

}  // namespace renoir
