#pragma once

/// The job graph: blocks and the edges between them, as the program describes them.

#include <renoir/base/hash.hpp>
#include <renoir/runtime/replica.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace renoir {

/// Which replicas an edge connects.
enum class EdgeScope : std::uint8_t {
    all,              ///< each with each
    same_replica,     ///< each with the one of the same index
    worker_of_ranks,  ///< each with one of each rank: the first half of a partition in two levels
    own_rank,         ///< each with those of its rank: the second half
};

struct EdgeDescription {
    BlockId from = 0;
    BlockId to = 0;
    EdgeScope scope = EdgeScope::all;
};

/// A loop: the blocks in it run once in each of its rounds.
struct LoopDescription {
    OperatorInfo info;
    LoopDescription* outer = nullptr;  ///< the loop around it, if any
    std::unique_ptr<LoopGate> gate;
    /// One replica decides about the rounds. It hears here when all that comes from outside is
    /// there.
    BlockId coordinator = 0;
    std::vector<EdgeId> ready_edges;
    bool described = false;  ///< nothing more can be put inside
};

/// A maximal run of operators without repartition. Immutable once its factory is set.
struct BlockDescription {
    Replication replication = Replication::unlimited();
    BatchMode batch_mode = BatchMode::automatic();
    LoopDescription* loop = nullptr;  ///< the innermost loop that the block is in
    std::deque<OperatorInfo> operators;
    ReplicaFactory make_replica;
};

/// Number of an end of a stream that no operator has taken yet.
using StreamEnd = std::size_t;

/// Built by the streams of one context, on one thread; the same on every rank, since every rank
/// runs the same program.
class Graph {
 public:
    [[nodiscard]] BlockId add_block(Replication replication, BatchMode batch_mode);
    /// What follows a block in a loop is in that loop, too.
    [[nodiscard]] EdgeId connect(BlockId from, BlockId to, EdgeScope scope = EdgeScope::all);
    /// As connect, but `to` stays where it is: a way out of a loop.
    [[nodiscard]] EdgeId connect_outward(BlockId from, BlockId to,
                                         EdgeScope scope = EdgeScope::all);

    /// Where the job will run. Where a sender has more than `most_lanes` destinations, items go to
    /// a worker of their rank first, so that buffers grow with the ranks and not with all workers.
    void set_layout(const ClusterLayout& layout, std::size_t most_lanes);
    /// Whether an exchange between blocks of these replications takes two levels.
    [[nodiscard]] bool exchanges_in_two_levels(Replication from, Replication to) const noexcept {
        return has_many_workers_ && from == Replication::unlimited() &&
               to == Replication::unlimited();
    }

    /// A loop inside `outer` (or inside none); it stays where it is.
    [[nodiscard]] LoopDescription& add_loop(LoopDescription* outer, OperatorInfo info);

    /// Names an operator of a block; the reference is valid as long as the graph.
    const OperatorInfo& add_operator(BlockId block, OperatorInfo info);

    [[nodiscard]] BlockDescription& block(BlockId id) { return blocks_[id]; }
    [[nodiscard]] const BlockDescription& block(BlockId id) const { return blocks_[id]; }
    [[nodiscard]] const EdgeDescription& edge(EdgeId id) const { return edges_[id]; }
    [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.size(); }
    [[nodiscard]] std::size_t edges() const noexcept { return edges_.size(); }

    /// A stream begins to exist and must be taken by an operator or a sink before the execution.
    [[nodiscard]] StreamEnd open_end(const OperatorInfo& last_operator);
    void close_end(StreamEnd end);

    /// Throws Error(usage) where the job was executed already, has no sink, or a stream ends
    /// nowhere.
    void check_complete() const;

    /// Items of this rank that came too late for every window that holds them.
    [[nodiscard]] const std::shared_ptr<std::atomic<std::uint64_t>>& late_items() const noexcept {
        return late_items_;
    }

    /// A number that two graphs share only if they have the same operators in the same blocks.
    [[nodiscard]] std::uint64_t fingerprint() const;

    /// What a source knows of its input, as a number that has to be the same on every rank.
    void add_input(std::uint64_t fingerprint) noexcept {
        inputs_ = detail::hash_combine(inputs_, fingerprint);
    }
    [[nodiscard]] std::uint64_t fingerprint_of_inputs() const noexcept { return inputs_; }

    /// `action` is called on every rank when its job has ended, well or not.
    void at_end(std::function<void()> action) { end_actions_.push_back(std::move(action)); }
    void run_end_actions() const;

    using Drive = std::function<void()>;
    /// `action` is called when a job starts that makes progress only while the calling thread
    /// drives it: whoever makes that thread wait has to call the function that it is given.
    void when_driven(std::function<void(const Drive&)> action) {
        driven_actions_.push_back(std::move(action));
    }
    void run_driven_actions(const Drive& drive) const;

    /// From now on the graph cannot be changed.
    void freeze() noexcept { frozen_ = true; }
    /// Throws Error(usage) when the job was started already.
    void require_open() const;
    /// Throws Error(usage) when the block is in a loop that nothing can be added to any more.
    void require_open(BlockId block, const OperatorInfo& user) const;

 private:
    std::deque<BlockDescription> blocks_;
    std::vector<EdgeDescription> edges_;
    std::deque<LoopDescription> loops_;
    std::map<StreamEnd, const OperatorInfo*> open_ends_;
    std::vector<std::function<void()>> end_actions_;
    std::vector<std::function<void(const Drive&)>> driven_actions_;
    std::shared_ptr<std::atomic<std::uint64_t>> late_items_ =
        std::make_shared<std::atomic<std::uint64_t>>(0);
    std::uint64_t inputs_ = 0;
    StreamEnd next_end_ = 0;
    bool has_many_workers_ = false;
    bool frozen_ = false;
};

/// How many loops are around a block: 0 outside of all.
[[nodiscard]] std::size_t depth_of(const LoopDescription* loop) noexcept;

}  // namespace renoir
