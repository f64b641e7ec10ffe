#pragma once

/// Descriptions of the operators of a block, from its head to where the stream stands.
///
/// A chain is a value: it says how to build the replica of its block once the stage behind it is
/// known. Its type grows with each operator and is cut at the border of a block: behind an exchange
/// a stream is an ExchangeChain again.

#include <renoir/runtime/graph.hpp>
#include <renoir/runtime/source.hpp>

#include <memory>
#include <vector>

namespace renoir {

/// Behind an exchange: the items of one or more edges.
template <class T>
struct ExchangeChain {
    static_assert(Exchangeable<T>,
                  "the items of this stream must be encodable to cross an exchange: specialise "
                  "renoir::Codec, or renoir::enable_flat for a trivially copyable class");

    using value_type = T;
    std::vector<EdgeId> edges;

    template <StageFor<T> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return std::make_unique<ExchangeReplica<T, Next>>(context, edges, std::move(next));
    }
};

/// Behind a source.
template <Source S>
struct SourceChain {
    using value_type = typename S::value_type;
    S source;
    const OperatorInfo* info;

    template <StageFor<value_type> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return std::make_unique<detail::SourceReplica<S, Next>>(context, source, *info,
                                                                std::move(next));
    }
};

/// Behind an operator that works in place. An operator is an immutable description with the type of
/// its output and a function `stage(context, next)` that makes the state of one replica.
template <class Previous, class Operator>
struct OperatorChain {
    using value_type = typename Operator::value_type;
    Previous previous;
    Operator description;

    template <StageFor<value_type> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return previous.build(context, description.stage(context, std::move(next)));
    }
};

/// Behind anything, with its type hidden: what `Stream<T>` without a second argument is made of.
/// One virtual call for each item, or for each batch where the stages hand on whole batches.
template <class T>
class BoxedChain {
 public:
    using value_type = T;

    template <class Chain>
        requires(!std::same_as<Chain, BoxedChain>)
    explicit BoxedChain(Chain chain)
        : description_(std::make_shared<Model<Chain>>(std::move(chain))) {}

    template <StageFor<T> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        return description_->build(context, BoxedStage(std::move(next)));
    }

 private:
    struct AnyStage {
        virtual ~AnyStage() = default;
        virtual void push(T&& item) = 0;
        virtual void push_batch(std::span<T> items) = 0;
        virtual void control(const Mark& mark) = 0;
    };

    template <class Next>
    struct StageModel final : AnyStage {
        explicit StageModel(Next stage) : next(std::move(stage)) {}
        void push(T&& item) override { next.push(std::move(item)); }
        void push_batch(std::span<T> items) override { push_all<T>(next, items); }
        void control(const Mark& mark) override { next.control(mark); }
        Next next;
    };

    class BoxedStage {
     public:
        template <class Next>
            requires(!std::same_as<Next, BoxedStage>)
        explicit BoxedStage(Next next)
            : stage_(std::make_unique<StageModel<Next>>(std::move(next))) {}

        void push(T&& item) { stage_->push(std::move(item)); }
        void push_batch(std::span<T> items) { stage_->push_batch(items); }
        void control(const Mark& mark) { stage_->control(mark); }

     private:
        std::unique_ptr<AnyStage> stage_;
    };

    struct Description {
        virtual ~Description() = default;
        virtual std::unique_ptr<Replica> build(ReplicaContext& context, BoxedStage next) const = 0;
    };

    template <class Chain>
    struct Model final : Description {
        explicit Model(Chain described) : chain(std::move(described)) {}
        std::unique_ptr<Replica> build(ReplicaContext& context, BoxedStage next) const override {
            return chain.build(context, std::move(next));
        }
        Chain chain;
    };

    std::shared_ptr<const Description> description_;
};

}  // namespace renoir
