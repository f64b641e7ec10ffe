// Records of 1 KiB from the last rank to rank 0; apps/baseline/mpi does the same by hand.

#include "kilobytes.hpp"
#include "microbench.hpp"

#include "common/report.hpp"

#include <renoir/renoir.hpp>

namespace bench {

Answer run_stream(renoir::StreamContext& ctx, const Request& request) {
    auto sums = kilobytes_to_root(ctx, request)
                    .fold_batch(workload::Number{0},
                                [](workload::Number& sum, std::span<const Kilobyte> records) {
                                    for (const Kilobyte& record : records)
                                        sum += workload::digest_of(record);
                                })
                    .collect_vec();
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    const auto rows = sums.get().value_or(std::vector<workload::Number>{0});
    return {seconds, request.records, {{"result", std::to_string(rows.front())}}};
}

}  // namespace bench
