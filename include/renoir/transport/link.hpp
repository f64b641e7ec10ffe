#pragma once

/// How frames get from rank to rank. The engine above it (runtime/network) knows channels and
/// credits; a link knows only peers and bytes.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace renoir {

/// Bytes between two ranks. Frames of one pair of ranks arrive in the order in which they were
/// sent.
class Link {
 public:
    struct Frame {
        std::uint32_t from = 0;
        std::vector<std::byte> bytes;
    };

    virtual ~Link() = default;

    [[nodiscard]] virtual std::uint32_t rank() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t ranks() const noexcept = 0;

    /// Starts to send a frame; never waits. The caller bounds what is under way by credits.
    virtual void send(std::uint32_t to, std::vector<std::byte> bytes) = 0;

    /// The next frame that has arrived, from any rank.
    [[nodiscard]] virtual std::optional<Frame> receive() = 0;

    /// Whether everything sent so far has left this rank.
    [[nodiscard]] virtual bool flushed() const = 0;

    /// `wakeup` is called, from any thread, when a frame may have arrived while nobody asked.
    virtual void set_wakeup(std::function<void()> wakeup) = 0;
};

}  // namespace renoir
