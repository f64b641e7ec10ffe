#include <renoir/base/error.hpp>
#include <renoir/base/hash.hpp>
#include <renoir/runtime/graph.hpp>

#include <numeric>

namespace renoir {

BlockId Graph::add_block(Replication replication, BatchMode batch_mode) {
    require_open();
    blocks_.push_back({replication, batch_mode, nullptr, {}, {}});
    return static_cast<BlockId>(blocks_.size() - 1);
}

void Graph::set_layout(const ClusterLayout& layout, std::size_t most_lanes) {
    const std::size_t workers = std::accumulate(layout.begin(), layout.end(), std::size_t{0});
    has_many_workers_ = layout.size() > 1 && workers > layout.size() && workers > most_lanes;
}

EdgeId Graph::connect(BlockId from, BlockId to, EdgeScope scope) {
    LoopDescription* loop = blocks_[from].loop;
    if (depth_of(loop) > depth_of(blocks_[to].loop)) blocks_[to].loop = loop;
    return connect_outward(from, to, scope);
}

EdgeId Graph::connect_outward(BlockId from, BlockId to, EdgeScope scope) {
    edges_.push_back({from, to, scope});
    return static_cast<EdgeId>(edges_.size() - 1);
}

LoopDescription& Graph::add_loop(LoopDescription* outer, OperatorInfo info) {
    require_open();
    LoopDescription& loop = loops_.emplace_back();
    loop.info = std::move(info);
    loop.outer = outer;
    loop.gate = std::make_unique<LoopGate>(outer == nullptr ? nullptr : outer->gate.get());
    return loop;
}

const OperatorInfo& Graph::add_operator(BlockId block, OperatorInfo info) {
    require_open();
    return blocks_[block].operators.emplace_back(std::move(info));
}

StreamEnd Graph::open_end(const OperatorInfo& last_operator) {
    open_ends_.emplace(next_end_, &last_operator);
    return next_end_++;
}

void Graph::close_end(StreamEnd end) {
    open_ends_.erase(end);
}

void Graph::check_complete() const {
    require_open();
    if (blocks_.empty()) {
        throw Error(ErrorKind::usage, "there is nothing to execute: the context has no stream");
    }
    if (open_ends_.empty()) return;
    throw Error(
        ErrorKind::usage,
        "every stream must end with a sink, but the stream after " +
            open_ends_.begin()->second->text() +
            " ends nowhere; add one such as collect_vec(), for_each(...) or collect_count()");
}

void Graph::run_end_actions() const {
    for (const auto& action : end_actions_) action();
}

void Graph::require_open(BlockId block, const OperatorInfo& user) const {
    const LoopDescription* loop = blocks_[block].loop;
    if (loop == nullptr || !loop->described) return;
    throw Error(ErrorKind::usage,
                user.text() + " uses a stream from the inside of " + loop->info.text() +
                    " behind the loop; only what the body returns leaves the loop");
}

void Graph::run_driven_actions(const Drive& drive) const {
    for (const auto& action : driven_actions_) action(drive);
}

std::uint64_t Graph::fingerprint() const {
    std::uint64_t hash = blocks_.size();
    const auto add = [&hash](const auto& value) {
        hash = detail::hash_combine(hash, hash_of(value));
    };
    for (const BlockDescription& block : blocks_) {
        add(block.replication.kind());
        add(block.replication.limit());
        for (const OperatorInfo& info : block.operators) add(info.text());
    }
    for (const EdgeDescription& edge : edges_) {
        add(edge.from);
        add(edge.to);
    }
    return hash;
}

void Graph::require_open() const {
    if (!frozen_) return;
    throw Error(ErrorKind::usage,
                "this context was executed already; a context runs one job, make a new "
                "StreamContext for another");
}

std::size_t depth_of(const LoopDescription* loop) noexcept {
    std::size_t depth = 0;
    for (; loop != nullptr; loop = loop->outer) ++depth;
    return depth;
}

}  // namespace renoir
