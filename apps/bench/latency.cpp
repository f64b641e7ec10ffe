// Records at a fixed rate through source, shuffle and sink, with the default settings.

#include "microbench.hpp"
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

}  // namespace

Answer run_latency(renoir::StreamContext& ctx, const Request& request) {
    if (ctx.ranks() > 1)
        throw renoir::Error(renoir::ErrorKind::usage, "'latency' is that within one process");
    const auto records =
        static_cast<std::uint64_t>(static_cast<double>(request.rate) * request.duration_seconds);
    if (records == 0) throw std::invalid_argument("no record is due in that time");
    // One place for each record, so that the replicas of the sink share nothing and none is missed.
    std::vector<std::int64_t> latencies_ns(records, never);

    ctx.stream(PacedSource{.records = records, .rate = request.rate})
        .shuffle()
        .for_each([&latencies_ns](const Stamp& stamp) {
            latencies_ns[stamp.index] = nanoseconds_of(renoir::Clock::now()) - stamp.due_ns;
        });
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });

    std::sort(latencies_ns.begin(), latencies_ns.end());
    if (latencies_ns.front() == never) throw std::runtime_error("a record was lost");
    return {seconds,
            records,
            {{"median_us", quantile_us(latencies_ns, 0.5)},
             {"p99_us", quantile_us(latencies_ns, 0.99)},
             {"max_us", quantile_us(latencies_ns, 1)}}};
}

}  // namespace bench
