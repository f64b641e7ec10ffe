#pragma once

/// What a source is, and the block head that runs it.
///
/// A source is an immutable description from which each replica opens a reader with the state:
///
///     struct Counter {
///         using value_type = int;
///         struct Reader {
///             int next = 0;
///             template <class Emit>
///             renoir::SourceStatus step(Emit&& emit, std::size_t budget) {
///                 for (; budget > 0 && next < 100; --budget) emit(next++);
///                 return next < 100 ? renoir::SourceStatus::more : renoir::SourceStatus::finished;
///             }
///         };
///         renoir::Replication replication() const { return renoir::Replication::one(); }
///         Reader open(const renoir::SourceContext&) const { return {}; }
///     };
///     ctx.stream(Counter{});

#include <renoir/runtime/input.hpp>

#include <algorithm>
#include <optional>

namespace renoir {

enum class SourceStatus {
    more,      ///< emitted something, or may emit at the next step
    idle,      ///< has nothing now; the replica is run again when it is woken or at its deadline
    finished,  ///< will never emit again
};

/// What a source may know about the replica that it is opened for.
struct SourceContext {
    std::size_t replica = 0;   ///< index among all replicas of the source
    std::size_t replicas = 1;  ///< number of replicas on all ranks
    std::uint32_t rank = 0;
    std::uint32_t worker = 0;
    Parker* parker = nullptr;  ///< to be woken by other threads that make input available
};

/// A reader emits at most about `budget` items in a step and never waits. Items that lie side by
/// side are emitted at once by `emit.batch(std::span<value_type>)`, and may be changed then; where
/// `emit.takes_batches` holds, what follows gains from that. A reader may have
/// `Clock::time_point deadline() const`: when to run it again after `idle`. A source may have
/// `void abandon() const`: called on every rank when the job there has ended; and
/// `std::uint64_t fingerprint() const`: what must be the same on every rank, as the replicas share
/// the input out.
template <class S>
concept Source = requires(const S& source, const SourceContext& context) {
    typename S::value_type;
    { source.replication() } -> std::same_as<Replication>;
    source.open(context);
};

namespace detail {

/// How many items a source emits in a step: halved when a step takes long, so that a slow generator
/// does not keep the worker from its other replicas, doubled when it is short.
class StepBudget {
 public:
    [[nodiscard]] std::size_t items() const noexcept { return items_; }

    void learn(Clock::duration step) noexcept {
        if (step > longest) {
            items_ = std::max<std::size_t>(items_ / 2, 1);
        } else if (step < longest / 4) {
            items_ = std::min(items_ * 2, most);
        }
    }

 private:
    static constexpr Clock::duration longest = std::chrono::microseconds(200);
    static constexpr std::size_t most = 4096;
    std::size_t items_ = 16;
};

template <class Source, class Next>
class SourceReplica final : public Replica {
 public:
    using Reader =
        decltype(std::declval<const Source&>().open(std::declval<const SourceContext&>()));
    using Item = typename Source::value_type;

    SourceReplica(ReplicaContext& context, const Source& source, const OperatorInfo& info,
                  Next next)
        : info_(info),
          reader_(name_failure([&] { return source.open(describe(context)); })),
          next_(std::move(next)) {}

    StepResult step() override {
        const auto began = Clock::now();
        const SourceStatus status =
            name_failure([this] { return reader_.step(Emit{next_}, budget_.items()); });
        budget_.learn(Clock::now() - began);
        if (status == SourceStatus::more) return StepResult::progressed;
        if (status == SourceStatus::idle) return StepResult::idle;
        next_.control({MarkKind::end_of_round, 0});
        next_.control({MarkKind::end_of_stream, 0});
        return StepResult::finished;
    }

    [[nodiscard]] Clock::time_point deadline() const override {
        if constexpr (requires { reader_.deadline(); }) {
            return reader_.deadline();
        } else {
            return Clock::time_point::max();
        }
    }

 private:
    struct Emit {
        Next& next;
        void operator()(Item&& item) const { next.push(std::move(item)); }
        void operator()(const Item& item) const
            requires std::copy_constructible<Item>
        {
            next.push(Item(item));
        }
        void batch(std::span<Item> items) const { push_all<Item>(next, items); }
        static constexpr bool takes_batches = BatchStageFor<Next, Item>;
    };

    // An Error of the library names the input itself.
    template <class Action>
    auto name_failure(const Action& action) {
        try {
            return action();
        } catch (const Error&) {
            throw;
        } catch (...) {
            rethrow_as_failure_of(info_);
        }
    }

    static SourceContext describe(ReplicaContext& context) {
        return {context.index(), context.count(), context.address().rank, context.address().worker,
                &context.parker()};
    }

    const OperatorInfo& info_;
    Reader reader_;
    StepBudget budget_;
    Next next_;
};

}  // namespace detail

}  // namespace renoir
