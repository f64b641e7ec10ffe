// The hash join; apps/baseline/join does the same by hand, with the same rows.

#include "microbench.hpp"

#include "baseline/join/rows.hpp"
#include "common/report.hpp"

#include <renoir/renoir.hpp>

namespace bench {

namespace {

using baseline::Row;

struct Joined {
    std::uint64_t pairs = 0;
    std::uint64_t payloads = 0;  ///< sum of those of both sides over all pairs
};

}  // namespace

Answer run_join(renoir::StreamContext& ctx, const Request& request) {
    const auto key = [](const Row& row) { return row.key; };
    const std::uint64_t right_rows = request.right_records;
    auto right = ctx.stream_par_iter(std::uint64_t{0}, right_rows).map(baseline::right_row);
    auto sums = ctx.stream_par_iter(std::uint64_t{0}, request.records)
                    .map([right_rows](std::uint64_t index) {
                        return baseline::left_row(index, right_rows);
                    })
                    .join(std::move(right), key, key)
                    .drop_key()
                    .fold_assoc(
                        Joined{},
                        [](Joined& sum, const std::pair<Row, Row>& pair) {
                            ++sum.pairs;
                            sum.payloads += pair.first.payload + pair.second.payload;
                        },
                        [](Joined& sum, const Joined& other) {
                            sum.pairs += other.pairs;
                            sum.payloads += other.payloads;
                        })
                    .collect_vec();
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    const std::vector<Joined> rows = sums.get().value_or(std::vector<Joined>{});
    const Joined joined = rows.empty() ? Joined{} : rows.front();
    const std::string result =
        '"' + std::to_string(joined.pairs) + ' ' + std::to_string(joined.payloads) + '"';
    return {seconds, request.records, {{"result", result}}};
}

}  // namespace bench
