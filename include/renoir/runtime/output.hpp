#pragma once

/// The sending end of an edge in one replica: one open slab for each destination.

#include <renoir/runtime/batch_mode.hpp>
#include <renoir/runtime/parker.hpp>
#include <renoir/runtime/ready_set.hpp>
#include <renoir/transport/ring.hpp>
#include <renoir/transport/slab_queue.hpp>
#include <renoir/transport/slab_writer.hpp>

#include <memory>
#include <vector>

namespace renoir {

/// One way out of an output: the ring that leads there and how the other end learns of a slab.
struct Lane {
    SlabRing* ring = nullptr;
    std::uint32_t destination = 0;  ///< index of the receiving replica among those of its block
    Parker* receiver = nullptr;     ///< to be woken, where it is on this rank
    ReadySet* ready = nullptr;      ///< to be told, where the network takes the slabs
    std::size_t number = 0;         ///< in `ready`
    std::size_t slab_capacity = ordinary_slab_capacity;

    void announce() const noexcept {
        if (ready != nullptr) return ready->add(number);
        receiver->wake();
    }
};

/// All ways out of an output.
struct Lanes {
    std::vector<Lane> lanes;
    /// Which of them leads to each destination; empty: each destination has its own, in order.
    std::vector<std::uint32_t> lane_of_destination;
};

/// What the worker does with an output, whatever the type of its items.
///
/// Nothing ever waits here: a slab that finds its ring full goes to the lane's overflow list, and
/// the worker does not run the replica again before `drain` has emptied it. So the overshoot is
/// bounded by what one step emits.
class OutputBase {
 public:
    OutputBase(std::uint32_t edge, std::uint32_t source, Lanes lanes, BatchMode mode,
               SlabPool& pool);
    virtual ~OutputBase() = default;
    OutputBase(const OutputBase&) = delete;
    OutputBase& operator=(const OutputBase&) = delete;

    [[nodiscard]] std::size_t destinations() const noexcept { return destinations_; }

    /// Whether some slab found its ring full.
    [[nodiscard]] bool blocked() const noexcept { return overflowing_ != 0; }

    /// Sends what overflowed; true when nothing is left.
    bool drain();

    /// Sends the mark to every destination, behind all items sent before.
    void send_mark(const Mark& mark);

    /// Sends partly filled slabs that have waited long enough at `now`; with `worker_is_idle` also
    /// those that only waited for company. True when anything was sent.
    bool flush_due(Clock::time_point now, bool worker_is_idle);

    /// When flush_due must be called at the latest; time_point::max() when nothing waits.
    [[nodiscard]] Clock::time_point deadline() const noexcept;

 protected:
    /// The lane that leads to a destination.
    [[nodiscard]] std::size_t lane_to(std::size_t destination) const noexcept {
        return lane_of_destination_.empty() ? destination : lane_of_destination_[destination];
    }

    /// Hands a closed slab to its lane.
    void send(std::size_t lane, SlabPointer slab);

    [[nodiscard]] std::size_t lanes() const noexcept { return lanes_.size(); }
    [[nodiscard]] SlabPool& pool() noexcept { return pool_; }
    [[nodiscard]] std::size_t slab_capacity_of(std::size_t lane) const noexcept {
        return lanes_[lane].lane.slab_capacity;
    }
    /// A larger slab takes more items, unless the user has said how many.
    [[nodiscard]] std::size_t most_items(std::size_t lane) const noexcept {
        const std::size_t most = mode_.most_items();
        if (!mode_.flushes_when_idle()) return most;
        return most * slab_capacity_of(lane) / ordinary_slab_capacity;
    }

    /// Takes the open slab of a lane, or null when there is none.
    virtual SlabPointer take_open(std::size_t lane) noexcept = 0;

    std::size_t open_slabs_ = 0;

 private:
    struct Channel {
        Lane lane;
        SlabQueue overflow;
    };

    bool send_open(std::size_t lane);
    bool flush_all();
    bool flush_for_waiting_receivers();

    std::size_t destinations_;  // asked for each item: lanes_ would have to divide to tell
    std::vector<std::uint32_t> lane_of_destination_;
    std::uint32_t edge_;
    std::uint32_t source_;
    BatchMode mode_;
    SlabPool& pool_;
    std::vector<Channel> lanes_;
    std::size_t overflowing_ = 0;
    Clock::time_point due_ = Clock::time_point::max();
};

/// Encodes items of type T into the slabs of their destinations.
template <Exchangeable T>
class Output final : public OutputBase {
 public:
    Output(std::uint32_t edge, std::uint32_t source, Lanes lanes, BatchMode mode, SlabPool& pool)
        : OutputBase(edge, source, std::move(lanes), mode, pool), writers_(this->lanes()) {}

    /// Appends one item for the destination; sends the slab when that fills it.
    void append(std::size_t destination, const T& value) {
        const std::size_t lane = lane_to(destination);
        SlabWriter<T>& writer = writers_[lane];
        if (!writer.is_open()) [[unlikely]] {
            open(lane, value);
        } else if (!writer.fits(value)) [[unlikely]] {
            close_and_send(lane);
            open(lane, value);
        }
        if (writer.append(value)) [[unlikely]]
            close_and_send(lane);
    }

 protected:
    SlabPointer take_open(std::size_t lane) noexcept override {
        SlabWriter<T>& writer = writers_[lane];
        if (!writer.is_open()) return nullptr;
        --open_slabs_;
        return writer.close();
    }

 private:
    void open(std::size_t lane, const T& value) {
        const std::size_t needed = SlabWriter<T>::bytes_for(1, Codec<T>::arena_bytes(value));
        static_cast<void>(detail::checked_length(needed));
        // Nothing is gained by keeping what fills a slab of its own.
        const std::size_t capacity = slab_capacity_of(lane);
        const bool alone = needed > capacity;
        writers_[lane].open(pool().take(alone ? needed : capacity), alone ? 1 : most_items(lane));
        ++open_slabs_;
    }

    void close_and_send(std::size_t lane) {
        --open_slabs_;
        send(lane, writers_[lane].close());
    }

    std::vector<SlabWriter<T>> writers_;
};

}  // namespace renoir
