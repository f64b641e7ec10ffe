// A rank that stops at any moment: the others say which one it is and end, or go on when it does.
// What takes seconds of waiting is tried at the same time.

#include "harness.hpp"
#include "loops.hpp"

#include <map>
#include <sstream>

namespace {

using namespace fault_test;
using stream_test::numbers;
using stream_test::State;

constexpr std::uint32_t ranks = 3;
constexpr std::chrono::seconds shortest_timeout{1};

Layout three_ranks(bool has_communication_thread) {
    Layout layout;
    layout.ranks = ranks;
    layout.batch_mode = BatchMode::single();
    layout.batch_name = "single";
    layout.communication_thread = has_communication_thread;
    return layout;
}

int seventh(int number) {
    return number % 7;
}

void describe(StreamContext& ctx, Expectations& expect) {
    constexpr int count = 60;
    constexpr std::size_t rounds = 3;
    std::map<int, int> sums;
    for (const int n : numbers(count)) sums[seventh(n)] += n;
    const auto source = [&] { return ctx.stream_par_iter(0, count); };
    expect.items("sums", source().shuffle().group_by(seventh).sum(),
                 std::vector<std::pair<int, int>>(sums.begin(), sums.end()));
    const State state = stream_test::replayed(rounds, numbers(count), stream_test::stepped_all);
    expect.items("state", stream_test::replay(source(), rounds, stream_test::shuffle_and_step),
                 std::vector{state});
}

/// How many frames each rank sends and receives when nobody stops.
std::vector<std::uint64_t> usual_frames() {
    FaultyCluster cluster(ranks, Faults{});
    const auto outcomes = run(cluster, three_ranks(false), describe);
    REQUIRE(complaint(outcomes) == "");
    std::vector<std::uint64_t> frames;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) frames.push_back(cluster.frames(rank));
    return frames;
}

/// Moments from the first frame to about the last one, more of them at both ends, on each rank in
/// turn.
std::vector<Stop> stops(std::size_t of_each_rank) {
    const std::vector<std::uint64_t> frames = usual_frames();
    std::vector<Stop> all;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        REQUIRE(frames[rank] > 100);
        for (std::size_t i = 0; i < of_each_rank; ++i) {
            const std::size_t step = i / 3;
            const std::uint64_t moments[] = {
                (std::uint64_t{1} << step) - 1, frames[rank] * (i + 1) / (of_each_rank + 1),
                frames[rank] - std::min(frames[rank], std::uint64_t{1} << step)};
            all.push_back({rank, moments[i % 3], false});
        }
    }
    return all;
}

struct Trial {
    Trial(const Stop& where, std::size_t number)
        : stop(where), layout(three_ranks(number % 4 == 1)), cluster(ranks, Faults{}, where) {}

    Stop stop;
    Layout layout;
    FaultyCluster cluster;
    std::vector<Outcome> outcomes;

    [[nodiscard]] std::string text() const {
        std::ostringstream text;
        text << "rank " << stop.rank << " stops at frame " << stop.frame << ", " << layout.text();
        return text.str();
    }
};

/// All trials at once, since each of them mostly waits.
std::deque<Trial> tried(const std::vector<Stop>& all, std::chrono::seconds peer_timeout) {
    std::deque<Trial> trials;
    for (const Stop& stop : all) trials.emplace_back(stop, trials.size());
    std::vector<std::jthread> threads;
    for (Trial& trial : trials) {
        threads.emplace_back([&trial, peer_timeout] {
            trial.outcomes = run(trial.cluster, trial.layout, describe, peer_timeout);
        });
    }
    threads.clear();
    return trials;
}

}  // namespace

TEST_CASE("when a rank stops for good, every other one ends and names it") {
    std::size_t stopped = 0;
    for (const Trial& trial : tried(stops(8), shortest_timeout)) {
        INFO(trial.text());
        if (!trial.cluster.has_stopped()) {
            REQUIRE(complaint(trial.outcomes) == "");
            continue;
        }
        ++stopped;
        for (std::uint32_t rank = 0; rank < ranks; ++rank) {
            const auto& error = trial.outcomes[rank].error;
            INFO("rank " << rank);
            REQUIRE(error);
            REQUIRE(error->kind() == ErrorKind::cancelled);
            if (rank == trial.stop.rank) continue;
            REQUIRE(error->what() == "rank " + std::to_string(trial.stop.rank) +
                                         " has been silent for 1 s, seen from rank " +
                                         std::to_string(rank));
        }
    }
    REQUIRE(stopped >= 18);
}

TEST_CASE("when a rank stops for a while, the job goes on as if nothing had been") {
    std::vector<Stop> all = stops(5);
    for (Stop& stop : all) stop.comes_back = true;
    std::size_t stopped = 0;
    for (const Trial& trial : tried(all, std::chrono::seconds(60))) {
        INFO(trial.text());
        REQUIRE(complaint(trial.outcomes) == "");
        REQUIRE(complaint(trial.cluster.observations()) == "");
        if (trial.cluster.has_stopped()) ++stopped;
    }
    REQUIRE(stopped >= 10);
}
