#pragma once

// Links that do to the frames of a job whatever a network may do: late, in bursts, channels in any
// order, few credits at a time, a rank that stops.

#include <renoir/testing/sweep.hpp>
#include <renoir/transport/in_process_link.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace fault_test {

using renoir::Link;

/// What happens to frames. Times are counted in calls of receive(), so that what is decided depends
/// on the seed alone.
struct Faults {
    std::uint32_t seed = 0;
    /// Calls for which a frame waits at most, before it leaves its rank and again after it came.
    std::uint32_t longest_delay = 0;
    /// Calls for which everything waits now and then, to come at once afterwards.
    std::uint32_t longest_hold = 0;
    /// How often flushed() and finished() say no although there is nothing more to wait for.
    std::uint32_t denials = 0;
    /// Credits that each sender loses. It has a window of renoir::SlabRing::slots, and the receiver
    /// may keep one less than half of it until it has more, so half of it can be lost.
    std::uint32_t lost_credits = 0;
    /// Credits that came together are handed on one by one, each with its own delay.
    bool splits_credits = false;
    /// Whether workers are woken by what comes, as by shared memory, or have to look, as with MPI.
    bool wakes = false;
    Link::Progress progress = Link::Progress::by_polling;

    /// A mixture that depends on the seed.
    [[nodiscard]] static Faults drawn(std::uint32_t seed);
    [[nodiscard]] std::string text() const;
};

/// A rank that no longer sends or receives from its n-th frame on, sent or received.
struct Stop {
    std::uint32_t rank = 0;
    std::uint64_t frame = 0;
    /// It goes on after its next beat, up to a second later.
    bool comes_back = false;
};

/// What has happened, on all ranks; to prove that a test has tested something.
struct Observations {
    std::atomic<std::uint64_t> overtakings{0};    ///< frames that came before an earlier one
    std::atomic<std::uint64_t> holds{0};          ///< times that everything waited
    std::atomic<std::uint64_t> denials{0};        ///< of flushed() and finished()
    std::atomic<std::uint64_t> split_credits{0};  ///< frames of several credits
    std::atomic<std::uint64_t> lost_credits{0};   ///< credits
    std::atomic<std::uint64_t> empty_windows{0};  ///< slabs that took the last credit
    std::atomic<std::uint64_t> slabs_as_they_are{0};
    // What no network may do to its link.
    std::atomic<std::uint64_t> slabs_without_credit{0};
    std::atomic<std::uint64_t> credits_beyond_window{0};
    std::atomic<std::uint64_t> calls_of_other_threads{0};  ///< where only one may call
    std::atomic<std::uint64_t> words_after_the_last{0};    ///< sent after finish()
};

/// The frames of one direction that wait. Those of a channel keep their order, as slabs of a
/// channel must. Credits and failures may go before or behind anything: a credit is a number to be
/// added, and of several failures any may be the first.
class HeldFrames {
 public:
    /// Kind of frame, edge, sending replica, receiving replica: what has to keep its order.
    using Line = std::array<std::uint32_t, 4>;

    struct Frame {
        std::uint32_t peer = 0;
        std::vector<std::byte> bytes;
        renoir::SlabPointer slab;
    };

    HeldFrames(const Faults& faults, std::uint32_t seed, Observations& observations)
        : faults_(faults), random_(seed), observations_(observations) {}

    [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
    void add(const Line& line, Frame frame, std::uint64_t now);
    [[nodiscard]] std::optional<Frame> take(std::uint64_t now);

 private:
    struct Held {
        Frame frame;
        std::uint64_t number;
        std::uint64_t due;
    };
    using Lines = std::map<Line, std::deque<Held>>;

    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    [[nodiscard]] Held remove(Lines::iterator line);

    const Faults& faults_;
    std::minstd_rand random_;
    Observations& observations_;
    Lines lines_;
    std::uint64_t added_ = 0;
    std::uint64_t held_until_ = 0;
};

/// Ranks that are threads, and what comes between them.
class FaultyCluster {
 public:
    explicit FaultyCluster(std::uint32_t ranks, Faults faults, std::optional<Stop> stop = {});

    [[nodiscard]] std::unique_ptr<Link> link(std::uint32_t rank);
    [[nodiscard]] const Faults& faults() const noexcept { return faults_; }
    [[nodiscard]] const Observations& observations() const noexcept { return observations_; }
    /// Whether the rank that was to stop has done so before it had said its last word.
    [[nodiscard]] bool has_stopped() const noexcept { return has_stopped_; }
    /// Frames that a rank has sent and received.
    [[nodiscard]] std::uint64_t frames(std::uint32_t rank) const { return frames_.at(rank); }
    /// Ends the jobs of all ranks.
    void abort(const std::string& reason) { cluster_->abort(reason); }

 private:
    friend class FaultyLink;

    [[nodiscard]] bool is_stopped(std::uint32_t rank) const noexcept {
        return stop_ && stop_->rank == rank && is_stopped_;
    }

    std::shared_ptr<renoir::InProcessCluster> cluster_;
    Faults faults_;
    std::optional<Stop> stop_;
    Observations observations_;
    std::deque<std::atomic<std::uint64_t>> frames_;
    std::atomic<bool> is_stopped_{false};
    std::atomic<bool> has_stopped_{false};
};

}  // namespace fault_test
