// A channel whose consumer is slow beside one whose consumer is quick, between the same two ranks.
//
// The last rank makes the records of both and rank 0 reads them: its first worker those of 1 KiB,
// as quick as they come, its second worker small ones, with a pause after each batch as long as the
// other channel is in use. It sleeps then, so all that the first worker may feel of it is what
// happens between the ranks.

#include "kilobytes.hpp"
#include "microbench.hpp"
#include "on_last_rank.hpp"
#include "paced_source.hpp"
#include "queue_length.hpp"

#include <renoir/base/error.hpp>
#include <renoir/renoir.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace bench {

namespace {

constexpr auto pause_of_slow_consumer = std::chrono::milliseconds(1);

std::int64_t now_ns() {
    return nanoseconds_of(renoir::Clock::now());
}

/// Emits records whenever it may; each carries its number and when it was sent.
struct StampSource {
    using value_type = Stamp;

    std::uint64_t records = 0;

    class Reader {
     public:
        explicit Reader(std::uint64_t records) : records_(records) {}

        template <class Emit>
        renoir::SourceStatus step(Emit&& emit, std::size_t budget) {
            const std::uint64_t size = std::min<std::uint64_t>({budget, at_once, records_ - next_});
            const std::int64_t sent_ns = now_ns();
            for (const std::uint64_t end = next_ + size; next_ != end; ++next_)
                emit(Stamp{next_, sent_ns});
            return next_ == records_ ? renoir::SourceStatus::finished : renoir::SourceStatus::more;
        }

     private:
        static constexpr std::size_t at_once = 256;

        std::uint64_t records_;
        std::uint64_t next_ = 0;
    };

    [[nodiscard]] static renoir::Replication replication() noexcept {
        return renoir::Replication::one();
    }
    [[nodiscard]] Reader open(const renoir::SourceContext&) const { return Reader(records); }
};

/// Adds up large records and knows when the first one and the last one came.
class QuickConsumer {
 public:
    explicit QuickConsumer(std::uint64_t records)
        : missing_(records), has_finished_(records == 0) {}

    void operator()(std::span<const Kilobyte> records) {
        if (began_ns_ == 0) began_ns_ = now_ns();
        for (const Kilobyte& record : records) sum_ += workload::digest_of(record);
        missing_ -= records.size();
        if (missing_ != 0) return;
        ended_ns_ = now_ns();
        has_finished_.store(true, std::memory_order_release);
    }

    [[nodiscard]] workload::Number sum() const noexcept { return sum_; }
    [[nodiscard]] double seconds() const noexcept {
        return 1e-9 * static_cast<double>(ended_ns_ - began_ns_);
    }

    // For the other consumer.
    [[nodiscard]] bool has_finished() const noexcept {
        return has_finished_.load(std::memory_order_acquire);
    }

 private:
    workload::Number sum_ = 0;
    std::uint64_t missing_;
    std::int64_t began_ns_ = 0;
    std::int64_t ended_ns_ = 0;
    std::atomic<bool> has_finished_;
};

/// Takes a batch of small records every millisecond as long as the quick consumer is at work.
class SlowConsumer {
 public:
    explicit SlowConsumer(const QuickConsumer& other) : other_(other) {}

    void operator()(std::span<const Stamp> records) {
        if (!other_.has_finished()) {
            queue_.arrive(records);
            std::this_thread::sleep_for(pause_of_slow_consumer);
            queue_.consume(now_ns());
            consumed_slowly_ += records.size();
        }
        consumed_ += records.size();
    }

    [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }
    [[nodiscard]] std::uint64_t consumed_slowly() const noexcept { return consumed_slowly_; }
    [[nodiscard]] std::uint64_t most_queued() const noexcept { return queue_.most(); }

 private:
    const QuickConsumer& other_;
    QueueLength queue_;
    std::uint64_t consumed_ = 0;
    std::uint64_t consumed_slowly_ = 0;
};

/// The second worker of rank 0.
struct LastDestination {
    std::size_t operator()(const Stamp&, std::size_t destinations) const noexcept {
        return destinations - 1;
    }
};

void require_two_workers_on_each_rank(const renoir::StreamContext& ctx) {
    if (ctx.ranks() >= 2 && ctx.workers() == 2 * ctx.ranks()) return;
    throw renoir::Error(
        renoir::ErrorKind::usage,
        "each consumer of 'slow' needs a worker of its own, and the sources another rank; start it "
        "with mpirun -np 2 and --workers-per-rank 2");
}

void describe_slow_channel(renoir::StreamContext& ctx, std::uint64_t records,
                           SlowConsumer& consumer) {
    auto stamps = ctx.stream(OnLastRank{StampSource{records}});
    auto arrived = renoir::exchange<Stamp>(
        stamps, {"to_second_worker", std::source_location::current()},
        renoir::Replication::limited(2),
        [](const renoir::OperatorInfo&, renoir::ReplicaContext&) { return LastDestination{}; });
    arrived.for_each_batch([&consumer](std::span<const Stamp> batch) { consumer(batch); });
}

}  // namespace

Answer run_slow(renoir::StreamContext& ctx, const Request& request) {
    require_two_workers_on_each_rank(ctx);
    QuickConsumer quick(request.records);
    SlowConsumer slow(quick);
    kilobytes_to_root(ctx, request).for_each_batch([&quick](std::span<const Kilobyte> records) {
        quick(records);
    });
    describe_slow_channel(ctx, request.slow_records, slow);
    ctx.execute_blocking();

    if (ctx.is_root() && slow.consumed() != request.slow_records)
        throw std::runtime_error("the slow channel has lost records");
    if (ctx.is_root() && request.slow_records != 0 &&
        slow.consumed_slowly() == request.slow_records) {
        throw std::invalid_argument(
            "the slow channel was at its end before the other one; give it more --slow-records");
    }
    const auto queued_kb = static_cast<double>(slow.most_queued() * sizeof(Stamp)) / 1024;
    return {quick.seconds(),
            request.records,
            {{"result", std::to_string(quick.sum())}, {"queued_kb", std::to_string(queued_kb)}}};
}

}  // namespace bench
