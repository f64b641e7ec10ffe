#include <renoir/runtime/loop_gate.hpp>

#include <algorithm>

namespace renoir {

void LoopGate::add_member(Parker& parker) {
    const std::lock_guard lock(building_);
    ++members_;
    if (std::find(parkers_.begin(), parkers_.end(), &parker) == parkers_.end())
        parkers_.push_back(&parker);
}

void LoopGate::open_round() noexcept {
    inside_.store(members_, std::memory_order_relaxed);
    rounds_.fetch_add(1, std::memory_order_seq_cst);
    wake_members();
}

void LoopGate::stop() noexcept {
    stops_.fetch_add(1, std::memory_order_seq_cst);
    wake_members();
}

void LoopGate::finish() noexcept {
    finished_.store(true, std::memory_order_seq_cst);
    wake_members();
}

void LoopGate::leave_round() noexcept {
    if (inside_.fetch_sub(1, std::memory_order_seq_cst) == 1) keeper_->wake();
}

void LoopGate::wake_members() const noexcept {
    for (Parker* parker : parkers_) parker->wake();
}

LoopMember::LoopMember(LoopGate* gate, Parker& parker) : gate_(gate) {
    if (gate_ != nullptr) gate_->add_member(parker);
}

LoopMember::Turn LoopMember::turn() const noexcept {
    // Looked at in the reverse of the order in which they happen: whoever sees the later of two
    // events sees the earlier one, too.
    const bool finished = gate_->finished();
    const bool opened = gate_->rounds() > ended_;
    if (gate_->stops() > stops_) return Turn::stop;
    if (opened) return Turn::round;
    return finished ? Turn::finish : Turn::none;
}

void LoopMember::end_round() noexcept {
    if (gate_ == nullptr) return;
    ++ended_;
    gate_->leave_round();
}

}  // namespace renoir
