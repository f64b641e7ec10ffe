// Rows that move or change many numbers; apps/baseline/micro does the same by hand.

#include "microbench.hpp"
#include "workload.hpp"

#include "common/report.hpp"

#include <renoir/renoir.hpp>

namespace bench {

namespace {

using workload::Number;
using workload::Record;

auto numbers(renoir::StreamContext& ctx, const Request& request) {
    return ctx.stream_par_iter(request.first, request.first + request.records);
}

/// Executes the job whose one result is the sum.
template <class Sums>
Answer sum_up(renoir::StreamContext& ctx, const Request& request, Sums sums) {
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    const std::vector<Number> rows = sums.get().value_or(std::vector<Number>{});
    const Number sum = rows.empty() ? 0 : rows.front();
    return {seconds, request.records, {{"result", std::to_string(sum)}}};
}

}  // namespace

Answer run_shuffle(renoir::StreamContext& ctx, const Request& request) {
    auto sums = numbers(ctx, request)
                    .map([](Number number) { return workload::record_of(number); })
                    .shuffle()
                    .map([](const Record& record) { return workload::digest_of(record); })
                    .reduce_assoc([](Number a, Number b) { return a + b; })
                    .collect_vec();
    return sum_up(ctx, request, std::move(sums));
}

Answer run_maps(renoir::StreamContext& ctx, const Request& request) {
    auto sums = numbers(ctx, request)
                    .map([](Number number) { return workload::mapped<0>(number); })
                    .map([](Number number) { return workload::mapped<1>(number); })
                    .map([](Number number) { return workload::mapped<2>(number); })
                    .map([](Number number) { return workload::mapped<3>(number); })
                    .map([](Number number) { return workload::mapped<4>(number); })
                    .map([](Number number) { return workload::mapped<5>(number); })
                    .map([](Number number) { return workload::mapped<6>(number); })
                    .map([](Number number) { return workload::mapped<7>(number); })
                    .map([](Number number) { return workload::mapped<8>(number); })
                    .map([](Number number) { return workload::mapped<9>(number); })
                    .reduce_assoc([](Number a, Number b) { return a + b; })
                    .collect_vec();
    return sum_up(ctx, request, std::move(sums));
}

Answer run_mixed(renoir::StreamContext& ctx, const Request& request) {
    auto sums = numbers(ctx, request)
                    .map([](Number number) { return workload::mapped<0>(number); })
                    .filter([](Number number) { return workload::kept<0>(number); })
                    .map([](Number number) { return workload::mapped<1>(number); })
                    .filter([](Number number) { return workload::kept<1>(number); })
                    .map([](Number number) { return workload::mapped<2>(number); })
                    .filter([](Number number) { return workload::kept<2>(number); })
                    .map([](Number number) { return workload::mapped<3>(number); })
                    .filter([](Number number) { return workload::kept<3>(number); })
                    .map([](Number number) { return workload::mapped<4>(number); })
                    .filter([](Number number) { return workload::kept<4>(number); })
                    .reduce_assoc([](Number a, Number b) { return a + b; })
                    .collect_vec();
    return sum_up(ctx, request, std::move(sums));
}

}  // namespace bench
