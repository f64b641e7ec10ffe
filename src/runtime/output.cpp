#include <renoir/runtime/output.hpp>

namespace renoir {

OutputBase::OutputBase(std::uint32_t edge, std::uint32_t source, const std::vector<Lane>& lanes,
                       BatchMode mode, SlabPool& pool)
    : destinations_(lanes.size()),
      edge_(edge),
      source_(source),
      mode_(mode),
      pool_(pool),
      lanes_(lanes.size()) {
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes_[i].lane = lanes[i];
}

bool OutputBase::drain() {
    if (overflowing_ == 0) return true;
    for (Channel& channel : lanes_) {
        if (channel.overflow.empty()) continue;
        while (!channel.overflow.empty() && channel.lane.ring->try_push(channel.overflow.front())) {
            channel.overflow.pop_front();
            channel.lane.receiver->wake();
        }
        if (channel.overflow.empty()) --overflowing_;
    }
    return overflowing_ == 0;
}

void OutputBase::send(std::size_t destination, SlabPointer slab) {
    slab->header.edge = edge_;
    slab->header.source = source_;
    slab->header.destination = static_cast<std::uint32_t>(destination);
    Channel& channel = lanes_[destination];
    if (channel.overflow.empty() && channel.lane.ring->try_push(slab)) {
        channel.lane.receiver->wake();
        return;
    }
    if (channel.overflow.empty()) ++overflowing_;
    channel.overflow.push_back(std::move(slab));
}

bool OutputBase::send_open(std::size_t destination) {
    SlabPointer slab = take_open(destination);
    if (slab == nullptr) return false;
    send(destination, std::move(slab));
    return true;
}

void OutputBase::send_mark(const Mark& mark) {
    for (std::size_t destination = 0; destination < lanes_.size(); ++destination) {
        SlabPointer slab = take_open(destination);
        if (slab == nullptr) slab = pool_.take(0);
        slab->header.mark = mark;
        send(destination, std::move(slab));
    }
}

bool OutputBase::flush_all() {
    bool sent = false;
    for (std::size_t destination = 0; destination < lanes_.size(); ++destination) {
        sent |= send_open(destination);
    }
    return sent;
}

// A receiver that still has slabs to read gains nothing from a small one more.
bool OutputBase::flush_for_waiting_receivers() {
    bool sent = false;
    for (std::size_t destination = 0; destination < lanes_.size(); ++destination) {
        const Channel& channel = lanes_[destination];
        if (channel.overflow.empty() && channel.lane.ring->empty()) sent |= send_open(destination);
    }
    return sent;
}

bool OutputBase::flush_due(Clock::time_point now, bool worker_is_idle) {
    if (open_slabs_ == 0 && !mode_.ticks()) {
        due_ = Clock::time_point::max();
        return false;
    }
    if (worker_is_idle && mode_.flushes_when_idle() && flush_for_waiting_receivers()) return true;
    if (!mode_.has_deadline()) return false;
    if (due_ == Clock::time_point::max()) due_ = later_by(mode_.delay(), now);
    if (now < due_) return false;
    due_ = mode_.ticks() ? later_by(mode_.delay(), now) : Clock::time_point::max();
    return flush_all();
}

Clock::time_point OutputBase::deadline() const noexcept {
    return open_slabs_ == 0 ? Clock::time_point::max() : due_;
}

}  // namespace renoir
