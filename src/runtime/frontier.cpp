#include <renoir/base/error.hpp>
#include <renoir/runtime/frontier.hpp>

#include <algorithm>

namespace renoir {

Frontier::Frontier(std::size_t channels)
    : channels_(channels), live_(channels), in_round_(channels) {}

void Frontier::receive(std::size_t channel, const Mark& mark, std::vector<Mark>& out) {
    Channel& sender = channels_[channel];
    switch (mark.kind) {
        case MarkKind::none:
            return;
        case MarkKind::watermark:
            sender.idle = false;
            sender.watermark = std::max(sender.watermark, mark.value);
            advance(out);
            return;
        case MarkKind::idle:
            sender.idle = true;
            advance(out);
            return;
        case MarkKind::end_of_round:
            sender.round_ended = true;
            leave_round(out);
            return;
        case MarkKind::end_of_stream:
            sender.ended = true;
            --live_;
            if (!sender.round_ended) leave_round(out);
            if (live_ == 0) out.push_back({MarkKind::end_of_stream, 0});
            return;
        case MarkKind::barrier:
            break;
    }
    throw Error(ErrorKind::internal, "a control mark of an unknown kind arrived");
}

void Frontier::leave_round(std::vector<Mark>& out) {
    if (--in_round_ != 0) {
        advance(out);
        return;
    }
    // Where all have ended their stream between two rounds there is no round to end.
    const bool had_round = std::any_of(channels_.begin(), channels_.end(),
                                       [](const Channel& channel) { return channel.round_ended; });
    if (had_round) end_round(out);
}

// As long as one channel holds the others back nothing follows from what they say. So not every
// mark of each of many channels makes all of them be looked at.
bool Frontier::is_held_back() const noexcept {
    const Channel& channel = channels_[slowest_];
    return !channel.round_ended && !channel.ended && !channel.idle &&
           channel.watermark <= watermark_;
}

void Frontier::advance(std::vector<Mark>& out) {
    if (is_held_back()) {
        idle_ = false;
        return;
    }
    Timestamp lowest = timestamp_max;
    Timestamp highest_of_idle = timestamp_min;
    bool all_idle = true;
    for (std::size_t index = 0; index < channels_.size(); ++index) {
        const Channel& channel = channels_[index];
        if (channel.round_ended || channel.ended) continue;
        if (channel.idle) {
            highest_of_idle = std::max(highest_of_idle, channel.watermark);
            continue;
        }
        all_idle = false;
        // Of several the last one, which is read last and thus stays behind the longest.
        if (channel.watermark > lowest) continue;
        lowest = channel.watermark;
        slowest_ = index;
    }
    // Nobody holds time back where all are idle, so it is where the furthest of them has left it;
    // otherwise which of them falls idle last would matter.
    const Timestamp time = all_idle ? highest_of_idle : lowest;
    if (time > watermark_) {
        watermark_ = time;
        out.push_back({MarkKind::watermark, watermark_});
    }
    if (all_idle && !idle_) out.push_back({MarkKind::idle, 0});
    idle_ = all_idle;
}

void Frontier::end_round(std::vector<Mark>& out) {
    in_round_ = live_;
    watermark_ = timestamp_min;
    idle_ = false;
    for (Channel& channel : channels_) {
        channel.round_ended = false;
        channel.idle = false;
        channel.watermark = timestamp_min;
    }
    out.push_back({MarkKind::end_of_round, 0});
}

}  // namespace renoir
