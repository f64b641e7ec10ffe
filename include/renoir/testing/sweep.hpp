#pragma once

/// Runs a pipeline as it would run on a laptop and on a cluster, in one process: threads play
/// ranks, and what crosses from one to another is serialised as between hosts.
///
///     for (const auto& layout : renoir::testing::layouts()) {
///         auto rows = renoir::testing::run(layout, [](renoir::StreamContext& ctx) {
///             auto squares = ctx.stream_par_iter(0, 10).map([](int n) { return n * n;
///             }).collect_vec(); ctx.execute_blocking(); return squares.get();
///         });
///         REQUIRE(renoir::testing::sorted(*rows.at(0)) == reference);  // rank 0 has the result
///     }

#include <renoir/stream/context.hpp>
#include <renoir/transport/in_process_link.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace renoir::testing {

/// One way to run a program.
struct Layout {
    std::uint32_t ranks = 1;
    std::uint32_t workers = 1;  ///< on each rank
    BatchMode batch_mode = BatchMode::automatic();
    std::string batch_name = "automatic";
    std::uint64_t seed = 0;   ///< not 0: the order of scheduling is shuffled by it
    bool two_levels = false;  ///< exchanges go to a rank first, as they do among many workers
    bool communication_thread = false;

    /// For messages: `2 ranks x 4 workers, single, seed 7`.
    [[nodiscard]] std::string text() const;
};

/// {1, 2, 3} ranks x {1, 2, 4} workers x all batch modes, every second one with a seed. The seeds
/// are the same in each run, unless the environment variable RENOIR_TEST_SEED gives another start.
/// Under mpirun: the ranks that it has started x {1, 2} workers x all batch modes.
[[nodiscard]] std::vector<Layout> layouts();

/// A smaller choice of layouts for tests that take long.
[[nodiscard]] std::vector<Layout> few_layouts();

/// Contexts of all ranks of a layout, connected to each other.
class TestCluster {
 public:
    explicit TestCluster(const Layout& layout);

    [[nodiscard]] StreamContext context(std::uint32_t rank);

    /// Ends the jobs of all ranks, because one of them will not take part.
    void abort(const std::string& reason) { links_->abort(reason); }

 private:
    Layout layout_;
    std::shared_ptr<InProcessCluster> links_;
};

/// How a context of the layout is configured.
[[nodiscard]] RuntimeConfig config_of(const Layout& layout);

/// The rank that this process is of those that mpirun has started; nothing when it was started
/// alone.
[[nodiscard]] std::optional<ClusterMember> launched_member(const Layout& layout);

/// Whether mpirun has started this process as one of several ranks.
[[nodiscard]] bool is_launched();

/// Runs `program(context)` on every rank at the same time and returns what it returned on each.
/// Throws what the program of a rank threw; the first rank that failed for a reason of its own
/// comes first.
template <class Program>
[[nodiscard]] auto run(const Layout& layout, const Program& program) {
    using Outcome = std::decay_t<std::invoke_result_t<const Program&, StreamContext&>>;
    TestCluster cluster(layout);
    std::vector<std::optional<Outcome>> outcomes(layout.ranks);
    std::vector<std::exception_ptr> failures(layout.ranks);
    {
        std::vector<std::jthread> ranks;
        for (std::uint32_t rank = 0; rank < layout.ranks; ++rank) {
            ranks.emplace_back([&, rank] {
                try {
                    StreamContext context = cluster.context(rank);
                    outcomes[rank].emplace(program(context));
                } catch (...) {
                    failures[rank] = std::current_exception();
                    cluster.abort(detail::current_exception_text());
                }
            });
        }
    }
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    std::vector<Outcome> results;
    for (auto& outcome : outcomes) results.push_back(std::move(*outcome));
    return results;
}

/// The values in order, for comparisons where the order is not promised.
template <class T>
[[nodiscard]] std::vector<T> sorted(std::vector<T> values) {
    std::sort(values.begin(), values.end());
    return values;
}

}  // namespace renoir::testing
