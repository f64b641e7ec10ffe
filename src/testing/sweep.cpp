#include "base/launcher.hpp"
#include "stream/ranks.hpp"

#include <renoir/testing/sweep.hpp>

#include <chrono>
#include <cstdlib>

namespace renoir::testing {

namespace {

struct NamedMode {
    BatchMode mode;
    std::string name;
};

std::vector<NamedMode> batch_modes() {
    using namespace std::chrono_literals;
    return {{BatchMode::automatic(), "automatic"},
            {BatchMode::fixed(7), "fixed(7)"},
            {BatchMode::adaptive(16, 1ms), "adaptive(16, 1 ms)"},
            {BatchMode::timed(16, 1ms), "timed(16, 1 ms)"},
            {BatchMode::single(), "single"}};
}

std::uint64_t first_seed() {
    const char* seed = std::getenv("RENOIR_TEST_SEED");
    return seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
}

std::vector<std::uint32_t> numbers_of_ranks() {
    if (is_launched()) return {renoir::detail::launched_rank()->ranks};
    return {1, 2, 3};
}

std::vector<std::uint32_t> numbers_of_workers() {
    if (is_launched()) return {1, 2};
    return {1, 2, 4};
}

}  // namespace

std::string Layout::text() const {
    return std::to_string(ranks) + " ranks x " + std::to_string(workers) + " workers, " +
           batch_name + ", seed " + std::to_string(seed) + (two_levels ? ", two levels" : "") +
           (communication_thread ? ", communication thread" : "");
}

bool is_launched() {
    return renoir::detail::launched_rank() && renoir::detail::launched_rank()->ranks > 1;
}

std::vector<Layout> layouts() {
    std::vector<Layout> all;
    std::uint64_t seed = first_seed();
    for (const std::uint32_t ranks : numbers_of_ranks()) {
        for (const std::uint32_t workers : numbers_of_workers()) {
            for (const NamedMode& mode : batch_modes()) {
                ++seed;
                Layout layout{ranks, workers, mode.mode, mode.name};
                layout.seed = seed % 2 == 0 ? seed : 0;
                layout.two_levels = seed % 3 == 0;
                layout.communication_thread = seed % 4 == 1;
                all.push_back(std::move(layout));
            }
        }
    }
    return all;
}

std::vector<Layout> few_layouts() {
    std::vector<Layout> some;
    for (const Layout& layout : layouts()) {
        if (layout.workers != 2 && layout.batch_name == "automatic") some.push_back(layout);
    }
    return some;
}

RuntimeConfig config_of(const Layout& layout) {
    // Ranks share this machine, so none may claim a core.
    return RuntimeConfig::all_cores()
        .with_pinning(PinMode::none)
        .with_communication_thread(layout.communication_thread);
}

std::optional<ClusterMember> launched_member(const Layout& layout) {
    if (!is_launched()) return std::nullopt;
    ClusterMember member = renoir::detail::join_ranks(
        RuntimeConfig::all_cores().with_workers_per_rank(layout.workers));
    member.schedule_seed = layout.seed;
    member.batch_mode = layout.batch_mode;
    if (layout.two_levels) member.most_lanes = 0;
    return member;
}

TestCluster::TestCluster(const Layout& layout)
    : layout_(layout), links_(std::make_shared<InProcessCluster>(layout.ranks)) {}

StreamContext TestCluster::context(std::uint32_t rank) {
    ClusterMember member;
    member.layout = ClusterLayout(layout_.ranks, layout_.workers);
    member.rank = rank;
    if (layout_.ranks > 1) member.connect = [links = links_, rank] { return links->link(rank); };
    member.schedule_seed = layout_.seed;
    member.batch_mode = layout_.batch_mode;
    if (layout_.two_levels) member.most_lanes = 0;
    return StreamContext(config_of(layout_), std::move(member));
}

}  // namespace renoir::testing
