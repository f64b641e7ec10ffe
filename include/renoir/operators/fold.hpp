#pragma once

/// fold, fold_assoc, reduce, reduce_assoc: the whole stream to one result.

#include <renoir/operators/aggregate.hpp>
#include <renoir/operators/repartition.hpp>

#include <optional>

namespace renoir {

namespace detail {

/// What an aggregating stage does with an item, and what it hands on at the end of the round.
/// `Whole` goes from items to results, `Partial` from items to states, `Merging` from states to
/// results.
template <class Aggregate>
struct Whole {
    using kept_type = typename Aggregate::kept_type;
    using state_type = typename Aggregate::state_type;
    using result_type = typename Aggregate::result_type;
    Aggregate aggregate;

    template <class T>
    kept_type keep(T&& item) {
        return aggregate.keep(std::move(item));
    }
    /// For aggregates to which the time of an item or the bounds of its window matter.
    template <class T>
    kept_type keep_at(T&& item, Timestamp time)
        requires requires(Aggregate& any) { any.keep_at(std::move(item), time); }
    {
        return aggregate.keep_at(std::move(item), time);
    }
    template <class Window>
    result_type finish_in(state_type&& state, const Window& window)
        requires requires(Aggregate& any) { any.finish_in(std::move(state), window); }
    {
        return aggregate.finish_in(std::move(state), window);
    }

    state_type create(kept_type&& kept) { return aggregate.create(std::move(kept)); }
    void add(state_type& state, kept_type&& kept) { aggregate.add(state, std::move(kept)); }
    result_type finish(state_type&& state)
        requires requires(Aggregate& any) { any.finish(std::move(state)); }
    {
        return aggregate.finish(std::move(state));
    }
    void merge(state_type& state, state_type&& other)
        requires requires(Aggregate& any) { any.merge(state, std::move(other)); }
    {
        aggregate.merge(state, std::move(other));
    }
};

template <class Aggregate>
struct Partial : Whole<Aggregate> {
    using typename Whole<Aggregate>::state_type;
    using result_type = state_type;
    static state_type finish(state_type&& state) { return std::move(state); }
};

template <class Aggregate>
struct Merging {
    using kept_type = typename Aggregate::state_type;
    using state_type = typename Aggregate::state_type;
    using result_type = typename Aggregate::result_type;
    Aggregate aggregate;

    static kept_type keep(state_type&& state) { return std::move(state); }
    static state_type create(state_type&& state) { return std::move(state); }
    void add(state_type& state, state_type&& other) { merge(state, std::move(other)); }
    void merge(state_type& state, state_type&& other) { aggregate.merge(state, std::move(other)); }
    template <class Window>
    result_type finish_in(state_type&& state, const Window& window)
        requires requires(Aggregate& any) { any.finish_in(std::move(state), window); }
    {
        return aggregate.finish_in(std::move(state), window);
    }
    result_type finish(state_type&& state)
        requires requires(Aggregate& any) { any.finish(std::move(state)); }
    {
        return aggregate.finish(std::move(state));
    }
};

template <class T, class Step, class Next>
class FoldStage {
 public:
    FoldStage(const OperatorInfo& info, Step step, Next next)
        : info_(info), step_(std::move(step)), next_(std::move(next)) {}

    void push(T&& item) {
        auto add = [&] {
            auto kept = step_.keep(std::move(item));
            if (state_) {
                step_.add(*state_, std::move(kept));
            } else {
                state_.emplace(step_.create(std::move(kept)));
            }
        };
        call_user(info_, add);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round && state_) {
            auto finish = [&] { return step_.finish(std::move(*state_)); };
            next_.push(call_user(info_, finish));
            state_.reset();
        }
        next_.control(mark);
    }

 private:
    const OperatorInfo& info_;
    Step step_;
    std::optional<typename Step::state_type> state_;
    Next next_;
};

template <class T, class Step>
struct FoldOperator {
    using value_type = typename Step::result_type;
    const OperatorInfo& info;
    Step step;

    template <StageFor<value_type> Next>
    auto stage(ReplicaContext&, Next next) const {
        return FoldStage<T, Step, Next>(info, step, std::move(next));
    }
};

template <class T, class Step, class AnyStream>
auto append_fold(AnyStream& stream, const OperatorInfo& info, Step step) {
    return append_operator<PlainResult<typename Step::result_type>>(
        stream, info, [&](const OperatorInfo& named) {
            return FoldOperator<T, Step>{named, std::move(step)};
        });
}

/// Every item to one replica, folded there.
template <class T, class AnyStream, class Aggregate>
auto fold_whole(AnyStream& stream, const OperatorInfo& info, Aggregate aggregate) {
    auto&& untimed = without_time(stream, info);
    auto gathered = gather<T>(untimed, info);
    return append_fold<T>(gathered, info, Whole<Aggregate>{std::move(aggregate)});
}

/// Folded on every replica, the states merged on one.
template <class T, class AnyStream, class Aggregate>
auto fold_in_two_steps(AnyStream& stream, const OperatorInfo& info, Aggregate aggregate) {
    using State = typename Aggregate::state_type;
    auto&& untimed = without_time(stream, info);
    auto partial = append_fold<T>(untimed, info, Partial<Aggregate>{{aggregate}});
    auto gathered = gather<State>(partial, info);
    return append_fold<State>(gathered, info, Merging<Aggregate>{std::move(aggregate)});
}

}  // namespace detail

template <class T, class Chain>
template <class Init, FoldFunction<Init, T> F>
auto Stream<T, Chain>::fold(Init init, F fn, Location where) {
    using Aggregate = detail::FoldAggregate<T, Init, F>;
    return detail::fold_whole<T>(*this, {"fold", where}, Aggregate{std::move(init), std::move(fn)});
}

template <class T, class Chain>
template <class Init, FoldFunction<Init, T> Local, FoldFunction<Init, Init> Global>
auto Stream<T, Chain>::fold_assoc(Init init, Local local, Global global, Location where) {
    using Aggregate = detail::FoldAssociativeAggregate<T, Init, Local, Global>;
    return detail::fold_in_two_steps<T>(
        *this, {"fold_assoc", where},
        Aggregate{{std::move(init), std::move(local)}, std::move(global)});
}

template <class T, class Chain>
template <ReduceFunction<T> F>
auto Stream<T, Chain>::reduce(F fn, Location where) {
    return detail::fold_whole<T>(*this, {"reduce", where},
                                 detail::ReduceAggregate<T, F>{std::move(fn)});
}

template <class T, class Chain>
template <ReduceFunction<T> F>
auto Stream<T, Chain>::reduce_assoc(F fn, Location where) {
    return detail::fold_in_two_steps<T>(*this, {"reduce_assoc", where},
                                        detail::ReduceAggregate<T, F>{std::move(fn)});
}

}  // namespace renoir
