// One exchange by key among ranks that are threads of this process, and what it costs as they grow
// in number; docs/scaling.md compares that with what it should cost.

#include "counting_link.hpp"
#include "meeting.hpp"
#include "microbench.hpp"
#include "process.hpp"
#include "workload.hpp"

#include <renoir/base/error.hpp>
#include <renoir/renoir.hpp>
#include <renoir/transport/in_process_link.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>

namespace bench {

namespace {

using workload::Number;
using workload::Record;

/// Time, processor time and memory at one moment.
struct Moment {
    renoir::Clock::time_point time = renoir::Clock::now();
    double processor_seconds = bench::processor_seconds();
    std::int64_t resident_bytes = bench::resident_bytes();
};

double seconds_between(const Moment& begin, const Moment& end) {
    return std::chrono::duration<double>(end.time - begin.time).count();
}

/// The ranks, their jobs and what they send.
class SimulatedRanks {
 public:
    explicit SimulatedRanks(const Request& request)
        : request_(request),
          links_(std::make_shared<renoir::InProcessCluster>(request.ranks)),
          traffic_(request.ranks),
          meeting_(workers(), [this] { built_ = Moment(); }) {}

    void run() {
        for (std::uint32_t rank = 0; rank < request_.ranks; ++rank) start(rank);
        for (renoir::JobHandle& job : jobs_) job.wait();
        ended_ = Moment();
    }

    [[nodiscard]] Answer answer() const {
        const auto per_rank = [this](auto value) {
            return std::to_string(static_cast<double>(value) / request_.ranks);
        };
        const auto kb_per_rank = [&](std::int64_t bytes) { return per_rank(bytes / 1024); };
        Answer answer{
            seconds_between(built_, ended_),
            request_.records,
            {{"result", std::to_string(sum_)},
             {"levels", has_two_levels_ ? "2" : "1"},
             {"build_seconds", std::to_string(seconds_between(begin_, built_))},
             {"build_processor_seconds",
              std::to_string(built_.processor_seconds - begin_.processor_seconds)},
             {"processor_seconds",
              std::to_string(ended_.processor_seconds - built_.processor_seconds)},
             {"channels_per_rank", per_rank(total(&Traffic::channels))},
             {"frames_per_rank", per_rank(total(&Traffic::frames))},
             {"most_frames_under_way", std::to_string(most_under_way())},
             {"bytes_per_record", bytes_per_record()},
             {"built_kb_per_rank", kb_per_rank(built_.resident_bytes - begin_.resident_bytes)},
             {"peak_kb_per_rank", kb_per_rank(most_resident_bytes() - begin_.resident_bytes)}}};
        answer.ranks = request_.ranks;
        answer.workers = workers();
        return answer;
    }

 private:
    [[nodiscard]] std::size_t workers() const {
        return std::size_t{request_.ranks} * request_.workers_per_rank;
    }

    void start(std::uint32_t rank) {
        renoir::StreamContext& ctx =
            contexts_.emplace_back(renoir::RuntimeConfig::local(request_.workers_per_rank)
                                       .with_pinning(renoir::PinMode::none),
                                   member(rank));
        auto records = ctx.stream(MeetingSource{
            .meeting = &meeting_, .first = request_.first, .records = request_.records});
        has_two_levels_ = records.handle().graph().exchanges_in_two_levels(
            renoir::Replication::unlimited(), renoir::Replication::unlimited());
        records
            .repartition_by(renoir::Replication::unlimited(),
                            [](const Record& record) { return record.key; })
            .for_each_batch([this](std::span<const Record> batch) { add(batch); });
        jobs_.push_back(ctx.execute());
    }

    renoir::ClusterMember member(std::uint32_t rank) {
        renoir::ClusterMember member;
        member.layout = renoir::ClusterLayout(request_.ranks, request_.workers_per_rank);
        member.rank = rank;
        if (request_.ranks > 1) {
            member.connect = [this, rank] {
                return std::make_unique<CountingLink>(links_->link(rank), traffic_);
            };
        }
        // With many more threads than cores, the time after which an ordinary batch leaves would
        // pass while its worker waits for a core.
        member.batch_mode =
            renoir::BatchMode::fixed(renoir::network_slab_capacity / sizeof(Record));
        if (request_.levels == 1) member.most_lanes = std::numeric_limits<std::size_t>::max();
        if (request_.levels == 2) member.most_lanes = 0;
        return member;
    }

    void add(std::span<const Record> batch) {
        Number sum = 0;
        for (const Record& record : batch) sum += workload::digest_of(record);
        sum_ += sum;
    }

    [[nodiscard]] std::uint64_t total(std::uint64_t Traffic::*count) const {
        std::uint64_t sum = 0;
        for (const Traffic& of_rank : traffic_) sum += of_rank.*count;
        return sum;
    }
    [[nodiscard]] std::uint64_t most_under_way() const {
        return std::ranges::max_element(traffic_, {}, &Traffic::most_under_way)->most_under_way;
    }
    [[nodiscard]] std::string bytes_per_record() const {
        if (request_.records == 0) return "0";
        return std::to_string(static_cast<double>(total(&Traffic::bytes)) /
                              static_cast<double>(request_.records));
    }

    const Request& request_;
    Moment begin_;
    Moment built_;
    Moment ended_;
    std::shared_ptr<renoir::InProcessCluster> links_;
    std::vector<Traffic> traffic_;
    Meeting meeting_;
    std::atomic<Number> sum_{0};
    bool has_two_levels_ = false;
    std::deque<renoir::StreamContext> contexts_;
    std::vector<renoir::JobHandle> jobs_;  // ended before what they use is gone
};

}  // namespace

Answer run_ranks(renoir::StreamContext& ctx, const Request& request) {
    if (ctx.ranks() > 1) {
        throw renoir::Error(renoir::ErrorKind::usage,
                            "'ranks' plays all ranks in one process; start it without a launcher");
    }
    SimulatedRanks ranks(request);
    ranks.run();
    return ranks.answer();
}

}  // namespace bench
