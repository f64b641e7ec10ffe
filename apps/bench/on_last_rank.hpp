#pragma once

/// A source on the last rank alone, so that what it emits has to travel to rank 0.
///
///     ctx.stream(bench::OnLastRank{bench::PacedSource{.records = 10'000, .rate = 1'000}})
///         .replication(renoir::Replication::one())

#include <renoir/runtime/source.hpp>

#include <optional>
#include <utility>

namespace bench {

template <renoir::Source S>
struct OnLastRank {
    using value_type = typename S::value_type;

    S source;

    class Reader {
     public:
        Reader(const S& source, const renoir::SourceContext& context) {
            if (context.replica + 1 == context.replicas) reader_.emplace(source.open(context));
        }

        template <class Emit>
        renoir::SourceStatus step(Emit&& emit, std::size_t budget) {
            if (!reader_) return renoir::SourceStatus::finished;
            return reader_->step(std::forward<Emit>(emit), budget);
        }

        [[nodiscard]] renoir::Clock::time_point deadline() const
            requires requires(const typename S::Reader& reader) { reader.deadline(); }
        {
            return reader_ ? reader_->deadline() : renoir::Clock::time_point::max();
        }

     private:
        std::optional<typename S::Reader> reader_;
    };

    [[nodiscard]] static renoir::Replication replication() noexcept {
        return renoir::Replication::host();
    }
    [[nodiscard]] Reader open(const renoir::SourceContext& context) const {
        return Reader(source, context);
    }
};
// clang 16 does not make this one for an aggregate.
template <renoir::Source S>
OnLastRank(S) -> OnLastRank<S>;

}  // namespace bench
