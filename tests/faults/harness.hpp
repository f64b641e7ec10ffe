#pragma once

// Runs a program on ranks with faulty links between them, and ends it when it hangs.

#include "expectations.hpp"
#include "faulty_link.hpp"

#include <condition_variable>
#include <cstdlib>
#include <mutex>

namespace fault_test {

using renoir::Error;
using renoir::ErrorKind;
using stream_test::BatchMode;
using stream_test::Expectations;
using stream_test::Layout;
using stream_test::StreamContext;

/// Ends a job that takes longer than any should, so that a test says which one hangs.
class Guard {
 public:
    explicit Guard(FaultyCluster& cluster) : cluster_(cluster), thread_([this] { watch(); }) {}
    ~Guard() {
        {
            const std::lock_guard lock(mutex_);
            has_ended_ = true;
        }
        ended_.notify_one();
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    [[nodiscard]] bool has_found_it_hanging() const noexcept { return hangs_; }

 private:
    void watch() {
        std::unique_lock lock(mutex_);
        if (ended_.wait_for(lock, std::chrono::seconds(20), [this] { return has_ended_; })) return;
        hangs_ = true;
        cluster_.abort("it hangs");
    }

    FaultyCluster& cluster_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool has_ended_ = false;
    std::atomic<bool> hangs_{false};
    std::jthread thread_;
};

/// What came of a job on one rank.
struct Outcome {
    std::vector<std::string> differences;
    std::optional<Error> error;
    std::size_t collected = 0;
};

/// Describes and executes a job on every rank of a cluster.
template <class Describe>
std::vector<Outcome> run(FaultyCluster& cluster, const Layout& layout, const Describe& describe,
                         std::chrono::seconds peer_timeout = std::chrono::seconds(60)) {
    const Guard guard(cluster);
    std::vector<Outcome> outcomes(layout.ranks);
    std::vector<std::jthread> ranks;
    for (std::uint32_t rank = 0; rank < layout.ranks; ++rank) {
        ranks.emplace_back([&, rank] {
            renoir::ClusterMember member;
            member.layout = renoir::ClusterLayout(layout.ranks, layout.workers);
            member.rank = rank;
            member.connect = [&cluster, rank] { return cluster.link(rank); };
            member.schedule_seed = layout.seed;
            member.batch_mode = layout.batch_mode;
            if (layout.two_levels) member.most_lanes = 0;
            StreamContext ctx(renoir::testing::config_of(layout).with_peer_timeout(peer_timeout),
                              std::move(member));
            Expectations expect;
            describe(ctx, expect);
            try {
                ctx.execute_blocking();
                outcomes[rank].differences = expect.differences();
                outcomes[rank].collected = expect.collected();
            } catch (const Error& error) {
                outcomes[rank].error = error;
            }
        });
    }
    ranks.clear();
    if (guard.has_found_it_hanging()) outcomes[0].error = Error(ErrorKind::internal, "it hangs");
    return outcomes;
}

/// Empty where every rank has done its part and rank 0 has what was expected.
[[nodiscard]] inline std::string complaint(const std::vector<Outcome>& outcomes) {
    for (std::size_t rank = 0; rank < outcomes.size(); ++rank) {
        const Outcome& outcome = outcomes[rank];
        const std::string where = "rank " + std::to_string(rank) + ": ";
        if (outcome.error) return where + outcome.error->what();
        if (!outcome.differences.empty()) return where + outcome.differences.front() + " differs";
        if ((outcome.collected > 0) != (rank == 0)) return where + "a result at the wrong place";
    }
    return {};
}

/// Empty where the network has used its links as it may.
[[nodiscard]] inline std::string complaint(const Observations& seen) {
    if (seen.slabs_without_credit != 0) return "a slab was sent without a credit";
    if (seen.credits_beyond_window != 0) return "a receiver gave more credits than it had";
    if (seen.calls_of_other_threads != 0) return "a thread called a link that it may not call";
    if (seen.words_after_the_last != 0) return "a rank sent something after its last word";
    return {};
}

/// A way to run that depends on the seed: 2 to 4 ranks, 1 to 3 workers on each.
[[nodiscard]] inline Layout layout_of(std::uint32_t seed) {
    using namespace std::chrono_literals;
    Layout layout;
    layout.ranks = 2 + seed % 3;
    layout.workers = 1 + seed / 3 % 3;
    // Mostly such that a channel has more slabs than credits.
    switch (seed % 5) {
        case 0:
            layout.batch_name = "automatic";
            break;
        case 1:
            layout.batch_mode = BatchMode::adaptive(4, 1ms);
            layout.batch_name = "adaptive(4, 1 ms)";
            break;
        case 2:
            layout.batch_mode = BatchMode::fixed(3);
            layout.batch_name = "fixed(3)";
            break;
        default:
            layout.batch_mode = BatchMode::single();
            layout.batch_name = "single";
    }
    layout.seed = seed % 2 == 0 ? seed : 0;
    layout.two_levels = seed % 7 < 3;
    layout.communication_thread = seed % 4 == 1;
    return layout;
}

inline constexpr std::uint32_t seeds = 50;

/// The same in each run, unless RENOIR_TEST_SEED gives another start.
inline std::uint32_t first_seed() {
    const char* seed = std::getenv("RENOIR_TEST_SEED");
    return seed == nullptr ? 1 : static_cast<std::uint32_t>(std::strtoul(seed, nullptr, 10));
}

/// Whether the faults of all seeds together were there.
struct Seen {
    std::uint64_t overtakings = 0;
    std::uint64_t holds = 0;
    std::uint64_t denials = 0;
    std::uint64_t lost_credits = 0;
    std::uint64_t split_credits = 0;
    std::uint64_t empty_windows = 0;

    void add(const Observations& observations) {
        overtakings += observations.overtakings;
        holds += observations.holds;
        denials += observations.denials;
        lost_credits += observations.lost_credits;
        split_credits += observations.split_credits;
        empty_windows += observations.empty_windows;
    }
    void require_all() const {
        CHECK(overtakings > 1000);
        CHECK(holds > 100);
        CHECK(denials > 100);
        CHECK(lost_credits > 100);
        CHECK(split_credits > 100);
        CHECK(empty_windows > 100);
    }
};

/// Runs `describe(context, expectations, layout)` with the faults of each seed.
template <class Describe>
void expect_under_faults(const Describe& describe) {
    Seen seen;
    for (std::uint32_t seed = first_seed(); seed < first_seed() + seeds; ++seed) {
        const Layout layout = layout_of(seed);
        FaultyCluster cluster(layout.ranks, Faults::drawn(seed));
        INFO(layout.text() << "; " << cluster.faults().text());
        const auto outcomes = run(cluster, layout, [&](StreamContext& ctx, Expectations& expect) {
            describe(ctx, expect, layout);
        });
        REQUIRE(complaint(outcomes) == "");
        REQUIRE(complaint(cluster.observations()) == "");
        seen.add(cluster.observations());
    }
    seen.require_all();
}

}  // namespace fault_test
