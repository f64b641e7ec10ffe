// A failure that comes when a rank has done its own part, but not got rid of what it made.

#include "harness.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

namespace {

using namespace fault_test;

}  // namespace

TEST_CASE("a rank that has ended waits for no credit of one that has failed") {
    for (const auto progress : {Link::Progress::by_polling, Link::Progress::by_caller}) {
        for (std::uint32_t seed = 1; seed <= 5; ++seed) {
            Layout layout;
            layout.ranks = 2;
            layout.batch_mode = BatchMode::single();
            layout.batch_name = "single";
            layout.communication_thread = true;
            Faults faults;
            faults.seed = seed;
            faults.longest_delay = 50;
            faults.progress = progress;
            FaultyCluster cluster(layout.ranks, faults);
            INFO(layout.text() << "; " << faults.text());
            // Rank 0, whose only worker runs the source, has as much for rank 1, which does not
            // read it, as fits in a window and a ring: its worker ends.
            std::atomic<std::thread::id> thread_of_source;
            std::atomic<bool> source_has_ended{false};
            const auto outcomes = run(cluster, layout, [&](StreamContext& ctx, Expectations&) {
                const auto generate = [&, next = 0]() mutable -> std::optional<int> {
                    thread_of_source = std::this_thread::get_id();
                    if (next < 32) return next++;
                    source_has_ended = true;
                    return std::nullopt;
                };
                ctx.stream_generator(generate).shuffle().for_each([&](int) {
                    if (std::this_thread::get_id() == thread_of_source) return;
                    while (!source_has_ended) std::this_thread::yield();
                    throw std::runtime_error("too late");
                });
            });
            for (const Outcome& outcome : outcomes) {
                REQUIRE(outcome.error);
                REQUIRE_THAT(outcome.error->what(), Catch::Matchers::ContainsSubstring("too late"));
            }
        }
    }
}
