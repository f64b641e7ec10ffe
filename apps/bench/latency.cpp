// Records at a fixed rate from a source to a sink, with the default settings: through a shuffle in
// one process, and from one rank to another.

#include "microbench.hpp"
#include "on_last_rank.hpp"
#include "paced_source.hpp"

#include "common/report.hpp"

#include <renoir/base/error.hpp>
#include <renoir/renoir.hpp>

#include <algorithm>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::int64_t never = -1;

/// The value below which `part` of the sorted values lie, in microseconds.
std::string quantile_us(const std::vector<std::int64_t>& sorted_ns, double part) {
    const auto last = static_cast<double>(sorted_ns.size() - 1);
    const std::int64_t value_ns = sorted_ns[static_cast<std::size_t>(part * last)];
    return std::to_string(static_cast<double>(value_ns) / 1000);
}

/// The sink on this rank.
class Latencies {
 public:
    explicit Latencies(std::uint64_t records) : of_records_ns_(records, never) {}

    void add(const Stamp& stamp) {
        of_records_ns_[stamp.index] = nanoseconds_of(renoir::Clock::now()) - stamp.due_ns;
    }

    [[nodiscard]] Answer answer(double seconds) {
        std::sort(of_records_ns_.begin(), of_records_ns_.end());
        if (of_records_ns_.front() == never) throw std::runtime_error("a record was lost");
        return {seconds,
                of_records_ns_.size(),
                {{"median_us", quantile_us(of_records_ns_, 0.5)},
                 {"p99_us", quantile_us(of_records_ns_, 0.99)},
                 {"max_us", quantile_us(of_records_ns_, 1)}}};
    }

 private:
    // One place for each record, so that the replicas of the sink share nothing and none is missed.
    std::vector<std::int64_t> of_records_ns_;
};

PacedSource source_of(const Request& request) {
    const auto records =
        static_cast<std::uint64_t>(static_cast<double>(request.rate) * request.duration_seconds);
    if (records == 0) throw std::invalid_argument("no record is due in that time");
    return {.records = records, .rate = request.rate};
}

}  // namespace

Answer run_latency(renoir::StreamContext& ctx, const Request& request) {
    if (ctx.ranks() > 1) {
        throw renoir::Error(renoir::ErrorKind::usage,
                            "'latency' is that within one process; see 'far-latency'");
    }
    const PacedSource source = source_of(request);
    Latencies latencies(source.records);
    ctx.stream(source).shuffle().for_each(
        [&latencies](const Stamp& stamp) { latencies.add(stamp); });
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    return latencies.answer(seconds);
}

Answer run_far_latency(renoir::StreamContext& ctx, const Request& request) {
    const PacedSource source = source_of(request);
    Latencies latencies(source.records);
    ctx.stream(OnLastRank{source})
        .replication(renoir::Replication::one())
        .for_each([&latencies](const Stamp& stamp) { latencies.add(stamp); });
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    return ctx.is_root() ? latencies.answer(seconds) : Answer{};
}

}  // namespace bench
