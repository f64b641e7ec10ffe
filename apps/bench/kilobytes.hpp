#pragma once

/// The stream of large records that goes from the last rank to rank 0.

#include "microbench.hpp"
#include "on_last_rank.hpp"
#include "workload.hpp"

#include <renoir/renoir.hpp>

#include <algorithm>
#include <utility>

namespace bench {

using workload::Kilobyte;
using workload::Number;

/// Makes records of consecutive numbers.
struct KilobyteSource {
    using value_type = Kilobyte;

    Number first = 1;
    Number records = 0;

    class Reader {
     public:
        Reader(Number first, Number end) : next_(first), end_(end) {}

        template <class Emit>
        renoir::SourceStatus step(Emit&& emit, std::size_t budget) {
            const Number size = std::min<Number>({budget, most_at_once, end_ - next_});
            for (const Number stop = next_ + size; next_ != stop; ++next_) {
                Kilobyte record;
                workload::write_kilobyte(next_, record);
                emit(std::move(record));
            }
            return next_ == end_ ? renoir::SourceStatus::finished : renoir::SourceStatus::more;
        }

     private:
        // What a step emits should be on its way while it is in the cache.
        static constexpr std::size_t most_at_once = 32;

        Number next_;
        Number end_;
    };

    [[nodiscard]] static renoir::Replication replication() noexcept {
        return renoir::Replication::one();
    }
    [[nodiscard]] Reader open(const renoir::SourceContext&) const {
        return Reader(first, first + records);
    }
};

/// Received by the first worker of rank 0.
[[nodiscard]] inline auto kilobytes_to_root(renoir::StreamContext& ctx, const Request& request) {
    const KilobyteSource source{.first = request.first, .records = request.records};
    return ctx.stream(OnLastRank{source}).replication(renoir::Replication::one());
}

}  // namespace bench
