#pragma once

// What the rows of the small benchmarks are asked for and what they answer.

#include <renoir/stream/context.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Request {
    std::uint64_t records = 100'000'000;
    std::uint64_t right_records = 1'000'000;  ///< on the right side of the join
    std::uint64_t slow_records = 10'000'000;  ///< of the channel whose consumer is slow
    std::uint64_t first = 1;  ///< the first of the numbers that the records are made of
    std::uint64_t rate = 10'000;
    std::uint64_t rounds = 1'000'000;
    double duration_seconds = 2;
    std::uint32_t ranks = 2;             ///< simulated ones
    std::uint32_t workers_per_rank = 1;  ///< of these
    std::uint32_t levels = 0;            ///< of an exchange among them; 0: the library decides
};

/// One more field of the line of JSON.
struct Figure {
    std::string_view name;
    std::string value;
};

/// What rank 0 has to tell; those of other ranks are not looked at.
struct Answer {
    double seconds = 0;
    std::uint64_t items = 0;
    std::vector<Figure> figures;
    /// What the row ran on; 0: all of the context.
    std::size_t ranks = 0;
    std::size_t workers = 0;
};

/// Source, shuffle of 16-byte records, sum.
[[nodiscard]] Answer run_shuffle(renoir::StreamContext& ctx, const Request& request);

/// Source, ten maps, sum.
[[nodiscard]] Answer run_maps(renoir::StreamContext& ctx, const Request& request);

/// Source, five maps and five filters in turn, sum.
[[nodiscard]] Answer run_mixed(renoir::StreamContext& ctx, const Request& request);

/// Two sources of rows, hash join, sum of both payloads of every pair.
[[nodiscard]] Answer run_join(renoir::StreamContext& ctx, const Request& request);

/// A loop without items, whose body has a shuffle.
[[nodiscard]] Answer run_rounds(renoir::StreamContext& ctx, const Request& request);

/// How long records take from the moment they are due to the sink behind a shuffle.
[[nodiscard]] Answer run_latency(renoir::StreamContext& ctx, const Request& request);

/// The same from a source on the last rank to a sink on rank 0.
[[nodiscard]] Answer run_far_latency(renoir::StreamContext& ctx, const Request& request);

/// Records of 1 KiB from the last rank to rank 0, sum.
[[nodiscard]] Answer run_stream(renoir::StreamContext& ctx, const Request& request);

/// The same beside a channel whose consumer is slow.
[[nodiscard]] Answer run_slow(renoir::StreamContext& ctx, const Request& request);

/// The processor time of a pipeline whose channel is quiet.
[[nodiscard]] Answer run_idle(renoir::StreamContext& ctx, const Request& request);

/// One exchange among simulated ranks: time, memory, channels and bytes.
[[nodiscard]] Answer run_ranks(renoir::StreamContext& ctx, const Request& request);

}  // namespace bench
