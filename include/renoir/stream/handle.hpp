#pragma once

/// Where a stream stands in the job graph.

#include <renoir/runtime/graph.hpp>

#include <memory>
#include <optional>

namespace renoir {

/// The part of a stream that does not depend on its types. Move-only: a stream has one consumer.
class StreamHandle {
 public:
    StreamHandle(std::shared_ptr<Graph> graph, BlockId block, const OperatorInfo& last_operator);
    StreamHandle(StreamHandle&& other) noexcept;
    StreamHandle& operator=(StreamHandle&& other) noexcept;
    ~StreamHandle() = default;

    [[nodiscard]] Graph& graph() const noexcept { return *graph_; }
    [[nodiscard]] const std::shared_ptr<Graph>& shared_graph() const noexcept { return graph_; }
    [[nodiscard]] BlockId block() const noexcept { return block_; }

    /// Throws Error(usage) when the stream was moved from or consumed already.
    void require_usable(const OperatorInfo& user) const;

    /// The stream is consumed by `user`: this handle becomes unusable, the result stands for it.
    [[nodiscard]] StreamHandle take(const OperatorInfo& user);

    /// The handle of what follows `last_operator` in the same block.
    [[nodiscard]] StreamHandle behind(const OperatorInfo& last_operator) const;

 private:
    struct Taken {};
    StreamHandle(std::shared_ptr<Graph> graph, BlockId block, Taken) noexcept
        : graph_(std::move(graph)), block_(block) {}

    std::shared_ptr<Graph> graph_;
    BlockId block_;
    std::optional<StreamEnd> end_;
    std::string consumer_;
};

}  // namespace renoir
