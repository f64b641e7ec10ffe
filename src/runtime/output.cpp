#include <renoir/runtime/output.hpp>

namespace renoir {

OutputBase::OutputBase(std::uint32_t edge, std::uint32_t source, Lanes lanes, BatchMode mode,
                       SlabPool& pool)
    : destinations_(lanes.lane_of_destination.empty() ? lanes.lanes.size()
                                                      : lanes.lane_of_destination.size()),
      lane_of_destination_(std::move(lanes.lane_of_destination)),
      edge_(edge),
      source_(source),
      mode_(mode),
      pool_(pool),
      lanes_(lanes.lanes.size()) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].lane = lanes.lanes[i];
}

bool OutputBase::drain() {
    if (overflowing_ == 0) return true;
    for (Channel& channel : lanes_) {
        if (channel.overflow.empty()) continue;
        while (!channel.overflow.empty() && channel.lane.ring->try_push(channel.overflow.front())) {
            channel.overflow.pop_front();
            channel.lane.announce();
        }
        if (channel.overflow.empty()) --overflowing_;
    }
    return overflowing_ == 0;
}

void OutputBase::send(std::size_t lane, SlabPointer slab) {
    slab->header.edge = edge_;
    slab->header.source = source_;
    Channel& channel = lanes_[lane];
    slab->header.destination = channel.lane.destination;
    if (channel.overflow.empty() && channel.lane.ring->try_push(slab)) {
        channel.lane.announce();
        return;
    }
    if (channel.overflow.empty()) ++overflowing_;
    channel.overflow.push_back(std::move(slab));
}

bool OutputBase::send_open(std::size_t lane) {
    SlabPointer slab = take_open(lane);
    if (slab == nullptr) return false;
    send(lane, std::move(slab));
    return true;
}

void OutputBase::send_mark(const Mark& mark) {
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        SlabPointer slab = take_open(lane);
        if (slab == nullptr) slab = pool_.take(0);
        slab->header.mark = mark;
        send(lane, std::move(slab));
    }
}

bool OutputBase::flush_all() {
    bool sent = false;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        sent |= send_open(lane);
    }
    return sent;
}

// A receiver that still has slabs to read gains nothing from a small one more.
bool OutputBase::flush_for_waiting_receivers() {
    bool sent = false;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        const Channel& channel = lanes_[lane];
        if (channel.overflow.empty() && channel.lane.ring->empty()) sent |= send_open(lane);
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
