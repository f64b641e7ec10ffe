// Slabs that wait.

#include "catch.hpp"

#include <renoir/transport/slab_queue.hpp>

#include <deque>
#include <random>

using renoir::make_slab;
using renoir::SlabPointer;
using renoir::SlabQueue;

namespace {

SlabPointer slab_with(std::uint32_t number) {
    SlabPointer slab = make_slab(0);
    slab->header.source = number;
    return slab;
}

}  // namespace

TEST_CASE("slabs leave a queue in the order in which they came") {
    std::mt19937 random(5);
    SlabQueue queue;
    std::deque<std::uint32_t> expected;
    std::uint32_t next = 0;
    for (int step = 0; step < 20'000; ++step) {
        // Longer and shorter in turn, so that it also stays full for long.
        const bool grows = random() % 100 < (step / 1000 % 2 == 0 ? 60u : 45u);
        if (grows) {
            queue.push_back(slab_with(next));
            expected.push_back(next++);
        } else if (!expected.empty()) {
            REQUIRE(queue.front()->header.source == expected.front());
            queue.pop_front();
            expected.pop_front();
        }
        REQUIRE(queue.empty() == expected.empty());
    }
    REQUIRE(next > 5'000);
}

TEST_CASE("the oldest slab can be taken out of a queue before it is removed") {
    SlabQueue queue;
    queue.push_back(slab_with(1));
    queue.push_back(slab_with(2));
    const SlabPointer taken = std::move(queue.front());
    queue.pop_front();
    REQUIRE(taken->header.source == 1);
    REQUIRE(queue.front()->header.source == 2);
    queue.pop_front();
    REQUIRE(queue.empty());
}
