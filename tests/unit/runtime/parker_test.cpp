// Sleeping and waking: a wake-up that is lost makes one of these tests hang until its timeout.

#include "catch.hpp"

#include <renoir/runtime/parker.hpp>
#include <renoir/transport/ring.hpp>

#include <thread>

namespace {

using renoir::Clock;
using renoir::make_slab;
using renoir::Parker;
using renoir::SlabPointer;
using renoir::SlabRing;

constexpr auto forever = Clock::time_point::max();

/// Rests as a worker does: announces, looks once more, sleeps.
template <class Look>
void rest_unless(Parker& parker, Look&& look) {
    parker.announce();
    if (look()) {
        parker.withdraw();
        return;
    }
    parker.sleep_until(forever);
}

/// One end of a pair of rings, which sleeps whenever it can do nothing.
struct End {
    SlabRing& in;
    SlabRing& out;
    Parker own;
    Parker* other = nullptr;

    SlabPointer pop() {
        SlabPointer slab = in.try_pop();
        while (slab == nullptr) {
            rest_unless(own, [&] { return (slab = in.try_pop()) != nullptr; });
            if (slab == nullptr) slab = in.try_pop();
        }
        if (in.producer_waits()) other->wake();
        return slab;
    }

    void push(SlabPointer slab) {
        while (!out.try_push(slab)) {
            rest_unless(own, [&] { return out.try_push(slab); });
            if (slab == nullptr) break;
        }
        other->wake();
    }
};

}  // namespace

TEST_CASE("a wake-up between the announcement and the sleep is not lost") {
    Parker parker;
    parker.announce();
    parker.wake();
    parker.sleep_until(forever);
    SUCCEED("woke up");
}

TEST_CASE("a sleeper wakes at its deadline, at once when that has passed") {
    Parker parker;
    parker.announce();
    parker.sleep_until(Clock::now() - std::chrono::seconds(1));
    parker.announce();
    const auto deadline = Clock::now() + std::chrono::milliseconds(5);
    parker.sleep_until(deadline);
    REQUIRE(Clock::now() >= deadline);
}

TEST_CASE("a wake-up of somebody who is awake leaves nothing behind") {
    Parker parker;
    parker.wake();
    parker.announce();
    parker.withdraw();
    parker.wake();
    parker.announce();
    const auto deadline = Clock::now() + std::chrono::milliseconds(5);
    parker.sleep_until(deadline);
    REQUIRE(Clock::now() >= deadline);
}

TEST_CASE("two threads that hand one slab back and forth always wake each other") {
    constexpr std::uint32_t rounds = 20000;
    SlabRing forth;
    SlabRing back;
    End first{back, forth, {}, nullptr};
    End second{forth, back, {}, &first.own};
    first.other = &second.own;
    std::thread thread([&] {
        for (std::uint32_t i = 0; i < rounds; ++i) second.push(second.pop());
    });
    SlabPointer slab = make_slab(0);
    for (std::uint32_t i = 0; i < rounds; ++i) {
        first.push(std::move(slab));
        slab = first.pop();
    }
    thread.join();
    REQUIRE(slab != nullptr);
}

TEST_CASE("a producer that sleeps on a full ring is woken when there is room") {
    constexpr std::uint32_t slabs = 200000;
    SlabRing ring;
    SlabRing unused;
    End producer{unused, ring, {}, nullptr};
    End consumer{ring, unused, {}, &producer.own};
    producer.other = &consumer.own;
    std::uint32_t out_of_order = 0;
    std::thread thread([&] {
        for (std::uint32_t i = 0; i < slabs; ++i) {
            if (consumer.pop()->header.count != i) ++out_of_order;
        }
    });
    for (std::uint32_t i = 0; i < slabs; ++i) {
        SlabPointer slab = make_slab(0);
        slab->header.count = i;
        producer.push(std::move(slab));
    }
    thread.join();
    REQUIRE(out_of_order == 0);
}
