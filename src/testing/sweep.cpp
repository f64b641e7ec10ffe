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

}  // namespace

std::string Layout::text() const {
    return std::to_string(ranks) + " ranks x " + std::to_string(workers) + " workers, " +
           batch_name + ", seed " + std::to_string(seed);
}

std::vector<Layout> layouts() {
    std::vector<Layout> all;
    std::uint64_t seed = first_seed();
    for (const std::uint32_t ranks : {1U, 2U, 3U}) {
        for (const std::uint32_t workers : {1U, 2U, 4U}) {
            for (const NamedMode& mode : batch_modes()) {
                ++seed;
                all.push_back({ranks, workers, mode.mode, mode.name, seed % 2 == 0 ? seed : 0});
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

TestCluster::TestCluster(const Layout& layout)
    : layout_(layout), links_(std::make_shared<InProcessCluster>(layout.ranks)) {}

StreamContext TestCluster::context(std::uint32_t rank) {
    ClusterMember member;
    member.layout = ClusterLayout(layout_.ranks, layout_.workers);
    member.rank = rank;
    if (layout_.ranks > 1) member.connect = [links = links_, rank] { return links->link(rank); };
    member.schedule_seed = layout_.seed;
    member.batch_mode = layout_.batch_mode;
    // Ranks share this machine, so none may claim a core.
    return StreamContext(RuntimeConfig::local(layout_.workers).with_pinning(PinMode::none),
                         std::move(member));
}

}  // namespace renoir::testing
