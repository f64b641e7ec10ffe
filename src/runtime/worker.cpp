#include "runtime/worker.hpp"

#include <sched.h>

#include <algorithm>
#include <utility>

namespace renoir {

namespace {

// An idle worker polls for a moment, then lets others run between two looks, and only then sleeps:
// waking a sleeper costs both sides microseconds, and a burst of work is rarely alone.
constexpr std::size_t rounds_of_polling = 50;
constexpr auto time_of_yielding = std::chrono::microseconds(300);

// How often the timers are asked while there is other work.
constexpr auto timer_period = std::chrono::milliseconds(1);

void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

Worker::Worker(std::uint32_t rank, std::string host, std::uint32_t index, const Graph& graph,
               std::uint64_t schedule_seed, std::shared_ptr<SlabReserve> reserve)
    : rank_(rank),
      host_(std::move(host)),
      index_(index),
      graph_(graph),
      schedule_seed_(schedule_seed),
      random_(static_cast<std::minstd_rand::result_type>(schedule_seed * 1000003 + rank * 1009 +
                                                         index + 1)),
      pool_(std::move(reserve)) {}

void Worker::build(Channels& channels, const std::vector<std::vector<ReplicaAddress>>& placements) {
    // Blocks are numbered downstream: the last ones are run first, so that room is made for what
    // the earlier ones produce.
    for (std::size_t reversed = 0; reversed < graph_.blocks(); ++reversed) {
        const auto id = static_cast<BlockId>(graph_.blocks() - 1 - reversed);
        const std::vector<ReplicaAddress>& placement = placements[id];
        const auto own =
            std::find(placement.begin(), placement.end(), ReplicaAddress{rank_, index_});
        if (own == placement.end()) continue;
        const BlockDescription& block = graph_.block(id);
        auto slot = std::make_unique<Slot>(
            Slot{ReplicaContext(*own, static_cast<std::uint32_t>(own - placement.begin()),
                                static_cast<std::uint32_t>(placement.size()), block.batch_mode,
                                channels, pool_, parker_, schedule_seed_,
                                block.loop == nullptr ? nullptr : block.loop->gate.get()),
                 nullptr, false});
        slot->replica = block.make_replica(slot->context);
        has_timers_ |= !slot->context.timers().empty();
        slots_.push_back(std::move(slot));
    }
    live_ = slots_.size();
}

void Worker::run(JobState& state, Network* network) {
    while (!state.stopped()) {
        bool progressed = run_round();
        if (network != nullptr) progressed |= network->progress();
        if (progressed) {
            rounds_without_work_ = 0;
            flush(false);
            continue;
        }
        if (flush(true)) continue;
        if (may_leave(network)) return;
        rest(state, network);
    }
}

bool Worker::run_round() {
    if (schedule_seed_ != 0) shuffle_schedule();
    bool progressed = false;
    for (const auto& slot : slots_) progressed |= run_slot(*slot);
    return progressed;
}

bool Worker::run_slot(Slot& slot) {
    ReplicaOutputs& outputs = slot.context.outputs();
    if (outputs.blocked()) {
        for (auto& output : outputs.all()) output->drain();
        if (outputs.blocked()) return false;
        if (slot.finished) --live_;
        return true;
    }
    if (slot.finished) return false;
    const StepResult result = slot.replica->step();
    if (result != StepResult::finished) return result == StepResult::progressed;
    slot.finished = true;
    if (!outputs.blocked()) --live_;
    return true;
}

bool Worker::flush(bool worker_is_idle) {
    const auto now = Clock::now();
    bool sent = has_timers_ && fire_timers(now, worker_is_idle);
    for (const auto& slot : slots_) {
        for (auto& output : slot->context.outputs().all())
            sent |= output->flush_due(now, worker_is_idle);
    }
    return sent;
}

bool Worker::fire_timers(Clock::time_point now, bool worker_is_idle) {
    if (!worker_is_idle && now - timers_asked_ < timer_period) return false;
    timers_asked_ = now;
    bool fired = false;
    for (const auto& slot : slots_) {
        for (Timer* timer : slot->context.timers()) {
            if (slot->finished || slot->context.outputs().blocked() || timer->due() > now) continue;
            timer->fire(now);
            fired = true;
        }
    }
    return fired;
}

void Worker::shuffle_schedule() {
    std::shuffle(slots_.begin(), slots_.end(), random_);
}

void Worker::rest(JobState& state, Network* network) {
    if (++rounds_without_work_ <= rounds_of_polling) {
        idle_since_ = Clock::now();
        pause();
        return;
    }
    const auto now = Clock::now();
    if (now - idle_since_ < time_of_yielding || next_deadline() <= now) {
        sched_yield();
        return;
    }
    parker_.announce();
    if (look_again(network) || state.stopped()) {
        parker_.withdraw();
        return;
    }
    // Asked again: the last look may have changed it.
    parker_.sleep_until(next_deadline());
}

// Whoever makes work after the announcement wakes this worker; this look finds what came before it.
// A source may have given an item and still be idle, so what is collected must leave or get its
// deadline here.
// A worker that leaves wakes the others, too: until then it may have driven the network for them.
bool Worker::look_again(Network* network) {
    bool progressed = run_round();
    progressed |= flush(true);
    if (network != nullptr) progressed |= network->progress_thoroughly();
    progressed |= may_leave(network);
    if (progressed) rounds_without_work_ = 0;
    return progressed;
}

bool Worker::may_leave(Network* network) const {
    return live_ == 0 && (network == nullptr || network->drained());
}

Clock::time_point Worker::next_deadline() const {
    auto deadline = Clock::time_point::max();
    for (const auto& slot : slots_) {
        ReplicaOutputs& outputs = slot->context.outputs();
        // A replica that waits for room cannot be run; whoever makes room wakes this worker.
        if (!slot->finished && !outputs.blocked()) {
            deadline = std::min(deadline, slot->replica->deadline());
            for (const Timer* timer : slot->context.timers())
                deadline = std::min(deadline, timer->due());
        }
        for (const auto& output : outputs.all()) deadline = std::min(deadline, output->deadline());
    }
    return deadline;
}

Failure Worker::describe_current_exception() const {
    const std::string own_rank =
        "rank " + std::to_string(rank_) + (host_.empty() ? "" : " (" + host_ + ')');
    const std::string place =
        " failed on " + own_rank + ", worker " + std::to_string(index_) + ": ";
    try {
        throw;
    } catch (const detail::OperatorFailure& failure) {
        return {ErrorKind::user_function,
                failure.failed_operator().text() + place + failure.what()};
    } catch (const Error& error) {
        // Rank 0 reports it.
        return {error.kind(), (rank_ == 0 ? "" : own_rank + ": ") + error.what()};
    } catch (...) {
        return {ErrorKind::internal, "the job" + place + detail::current_exception_text()};
    }
}

}  // namespace renoir
