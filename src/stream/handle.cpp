#include <renoir/base/error.hpp>
#include <renoir/stream/handle.hpp>

namespace renoir {

StreamHandle::StreamHandle(std::shared_ptr<Graph> graph, BlockId block,
                           const OperatorInfo& last_operator)
    : graph_(std::move(graph)), block_(block), end_(graph_->open_end(last_operator)) {}

StreamHandle::StreamHandle(StreamHandle&& other) noexcept
    : graph_(std::move(other.graph_)),
      block_(other.block_),
      end_(std::exchange(other.end_, std::nullopt)) {}

StreamHandle& StreamHandle::operator=(StreamHandle&& other) noexcept {
    graph_ = std::move(other.graph_);
    block_ = other.block_;
    end_ = std::exchange(other.end_, std::nullopt);
    consumer_.clear();
    return *this;
}

void StreamHandle::require_usable(const OperatorInfo& user) const {
    if (end_) return graph_->require_open(block_, user);
    const std::string why =
        consumer_.empty() ? "it was moved from" : "it was consumed by " + consumer_;
    throw Error(ErrorKind::usage, user.text() + " uses a stream that is no longer there: " + why +
                                      "; use split(n) to consume a stream more than once");
}

StreamHandle StreamHandle::take(const OperatorInfo& user) {
    require_usable(user);
    graph_->require_open();
    graph_->close_end(*end_);
    end_.reset();
    consumer_ = user.text();
    return StreamHandle(graph_, block_, Taken{});
}

StreamHandle StreamHandle::behind(const OperatorInfo& last_operator) const {
    return StreamHandle(graph_, block_, last_operator);
}

}  // namespace renoir
