#pragma once

/// A source that emits records at a fixed rate, whatever becomes of them (open loop).
///
///     ctx.stream(bench::PacedSource{.records = 10'000, .rate = 1'000})
///
/// A record carries the time when it was due, not the time when it left: a pipeline that falls
/// behind is charged for all that it keeps waiting.

#include <renoir/runtime/source.hpp>

#include <chrono>
#include <cstdint>

namespace bench {

/// One record: its number and when it was due, in nanoseconds of the steady clock.
struct Stamp {
    std::uint64_t index = 0;
    std::int64_t due_ns = 0;
};

[[nodiscard]] inline std::int64_t nanoseconds_of(renoir::Clock::time_point time) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

struct PacedSource {
    using value_type = Stamp;

    std::uint64_t records = 0;
    std::uint64_t rate = 1;  ///< records in a second

    class Reader {
     public:
        explicit Reader(const PacedSource& source)
            : records_(source.records), rate_(source.rate), begin_(renoir::Clock::now()) {}

        template <class Emit>
        renoir::SourceStatus step(Emit&& emit, std::size_t budget) {
            const auto now = renoir::Clock::now();
            for (; budget > 0 && next_ < records_ && due(next_) <= now; --budget, ++next_) {
                emit(Stamp{next_, nanoseconds_of(due(next_))});
            }
            if (next_ == records_) return renoir::SourceStatus::finished;
            return budget == 0 ? renoir::SourceStatus::more : renoir::SourceStatus::idle;
        }

        [[nodiscard]] renoir::Clock::time_point deadline() const { return due(next_); }

     private:
        [[nodiscard]] renoir::Clock::time_point due(std::uint64_t index) const {
            return begin_ + std::chrono::nanoseconds(index * 1'000'000'000 / rate_);
        }

        std::uint64_t records_;
        std::uint64_t rate_;
        renoir::Clock::time_point begin_;
        std::uint64_t next_ = 0;
    };

    [[nodiscard]] static renoir::Replication replication() noexcept {
        return renoir::Replication::one();
    }
    [[nodiscard]] Reader open(const renoir::SourceContext&) const { return Reader(*this); }
};

}  // namespace bench
