#pragma once

/// The marks of several channels combined into those of one input.

#include <renoir/transport/mark.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace renoir {

/// Combines the marks of all senders of an input.
///
/// - The watermark is the minimum over the channels that are neither idle nor at the end of their
///   round; an end counts as +infinity, and the advance that it causes is reported at once. It
///   never goes back within a round.
/// - The input is idle when every channel is; its watermark is then the highest of them.
/// - A round ends when it has ended on every channel whose stream goes on. A channel that is ahead
///   must not be read until then (`is_held`), so that no item of the next round is seen in this
///   one.
/// - The stream ends when it has ended on every channel.
class Frontier {
 public:
    explicit Frontier(std::size_t channels);

    /// Takes a mark of one channel and appends to `out` the marks of the input that follow from it.
    void receive(std::size_t channel, const Mark& mark, std::vector<Mark>& out);

    /// Must be called when items of a channel arrive: an idle channel speaks again.
    void speaks(std::size_t channel) noexcept {
        channels_[channel].idle = false;
        idle_ = false;
    }

    /// Whether the channel waits for others to finish their round, or has ended.
    [[nodiscard]] bool is_held(std::size_t channel) const noexcept {
        return channels_[channel].round_ended || channels_[channel].ended;
    }

    [[nodiscard]] bool ended() const noexcept { return live_ == 0; }

 private:
    struct Channel {
        Timestamp watermark = timestamp_min;
        bool idle = false;
        bool round_ended = false;
        bool ended = false;
    };

    void leave_round(std::vector<Mark>& out);
    void advance(std::vector<Mark>& out);
    [[nodiscard]] bool is_held_back() const noexcept;
    void end_round(std::vector<Mark>& out);

    std::vector<Channel> channels_;
    std::size_t slowest_ = 0;  // the channel that was the furthest behind at the last look at all
    std::size_t live_;         // have not ended their stream
    std::size_t in_round_;     // have ended neither their round nor their stream
    Timestamp watermark_ = timestamp_min;
    bool idle_ = false;
};

}  // namespace renoir
