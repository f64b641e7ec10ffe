#include <algorithm>
#include <numeric>
#include <thread>

#include "micro/rows.hpp"
#include "shared/spsc_ring.hpp"
#include "shared/thread_team.hpp"

namespace baseline {

namespace {

using workload::Number;
using workload::Record;

/// Records on their way: 16 KB.
struct Parcel {
    static constexpr std::size_t capacity = 1024;

    std::size_t size = 0;
    std::array<Record, capacity> records;
};

using Ring = SpscRing<Parcel, 8>;

/// One ring for each pair of threads.
class Exchange {
 public:
    explicit Exchange(unsigned threads)
        : threads_(threads), rings_(std::make_unique<Ring[]>(std::size_t{threads} * threads)) {}

    [[nodiscard]] unsigned threads() const noexcept { return threads_; }

    [[nodiscard]] Ring& ring(unsigned from, unsigned to) const noexcept {
        return rings_[std::size_t{from} * threads_ + to];
    }

 private:
    unsigned threads_;
    std::unique_ptr<Ring[]> rings_;
};

/// What one thread does: it fills parcels for all threads in turn and adds up what it receives.
class Member {
 public:
    Member(const Exchange& exchange, const ThreadTeam& team, unsigned self)
        : exchange_(exchange), team_(team), self_(self), receiver_(self) {}

    [[nodiscard]] Number run(Number begin, Number end) {
        while (begin != end) {
            begin = fill(begin, end);
            send();
            static_cast<void>(add_received());
        }
        for (unsigned to = 0; to < exchange_.threads(); ++to) exchange_.ring(self_, to).close();
        while (!all_received()) std::this_thread::yield();
        return sum_;
    }

 private:
    /// Fills the next parcel; returns the first number that found no room.
    Number fill(Number begin, Number end) {
        parcel_ = empty_parcel();
        parcel_->size = static_cast<std::size_t>(std::min<Number>(end - begin, Parcel::capacity));
        for (std::size_t i = 0; i < parcel_->size; ++i) {
            parcel_->records[i] = workload::record_of(begin + i);
        }
        return begin + parcel_->size;
    }

    void send() {
        receiver_ = receiver_ + 1 == exchange_.threads() ? 0 : receiver_ + 1;
        while (!exchange_.ring(self_, receiver_).try_push(parcel_)) {
            if (team_.failed()) return;
            if (!add_received()) std::this_thread::yield();
        }
    }

    /// Whether there was something.
    bool add_received() {
        bool any = false;
        for (unsigned from = 0; from < exchange_.threads(); ++from) {
            while (auto parcel = exchange_.ring(from, self_).try_pop()) {
                for (std::size_t i = 0; i < parcel->size; ++i) {
                    sum_ += workload::digest_of(parcel->records[i]);
                }
                // Kept by the receiver: it is in this core's cache, not in the sender's.
                spare_.push_back(std::move(parcel));
                any = true;
            }
        }
        return any;
    }

    bool all_received() {
        bool all_closed = true;
        for (unsigned from = 0; from < exchange_.threads(); ++from) {
            all_closed = all_closed && exchange_.ring(from, self_).closed();
        }
        // In this order: what came before a ring was closed is added now.
        static_cast<void>(add_received());
        return all_closed || team_.failed();
    }

    std::unique_ptr<Parcel> empty_parcel() {
        if (spare_.empty()) return std::make_unique_for_overwrite<Parcel>();
        std::unique_ptr<Parcel> parcel = std::move(spare_.back());
        spare_.pop_back();
        return parcel;
    }

    const Exchange& exchange_;
    const ThreadTeam& team_;
    unsigned self_;
    unsigned receiver_;
    Number sum_ = 0;
    std::unique_ptr<Parcel> parcel_;
    std::vector<std::unique_ptr<Parcel>> spare_;
};

}  // namespace

Number sum_of_shuffled(const Input& input) {
    const Exchange exchange(input.threads);
    std::vector<Number> sums(input.threads);
    ThreadTeam team(input.threads);
    team.run([&](unsigned thread) {
        Member member(exchange, team, thread);
        sums[thread] = member.run(input.begin_of(thread), input.begin_of(thread + 1));
    });
    return std::accumulate(sums.begin(), sums.end(), Number{0});
}

}  // namespace baseline
