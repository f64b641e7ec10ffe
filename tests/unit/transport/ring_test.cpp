// The queue between two workers: order, bounds, and no wake-up lost.

#include "catch.hpp"

#include <renoir/base/hash.hpp>
#include <renoir/transport/ring.hpp>

#include <thread>

namespace {

using renoir::make_slab;
using renoir::SlabPointer;
using renoir::SlabRing;

SlabPointer numbered(std::uint32_t number) {
    SlabPointer slab = make_slab(0);
    slab->header.count = number;
    return slab;
}

SlabPointer pop(SlabRing& ring) {
    while (true) {
        if (SlabPointer slab = ring.try_pop()) return slab;
        std::this_thread::yield();
    }
}

void push(SlabRing& ring, SlabPointer slab) {
    while (!ring.try_push(slab)) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a ring takes as many slabs as it has slots and leaves the next one alone") {
    SlabRing ring;
    for (std::uint32_t i = 0; i < SlabRing::slots; ++i) {
        SlabPointer slab = numbered(i);
        REQUIRE(ring.try_push(slab));
        REQUIRE(slab == nullptr);
    }
    SlabPointer rejected = numbered(99);
    REQUIRE_FALSE(ring.try_push(rejected));
    REQUIRE(rejected != nullptr);
    REQUIRE(rejected->header.count == 99);

    REQUIRE(ring.try_pop()->header.count == 0);
    REQUIRE(ring.try_push(rejected));
    REQUIRE_FALSE(ring.try_push(rejected = numbered(100)));
}

TEST_CASE("an empty ring gives nothing and says so") {
    SlabRing ring;
    for (std::uint32_t round = 0; round < 3 * SlabRing::slots; ++round) {
        REQUIRE(ring.empty());
        REQUIRE(ring.try_pop() == nullptr);
        SlabPointer slab = numbered(round);
        REQUIRE(ring.try_push(slab));
        REQUIRE_FALSE(ring.empty());
        REQUIRE(ring.popped() == round);
        REQUIRE(ring.try_pop()->header.count == round);
        REQUIRE(ring.popped() == round + 1);
    }
}

TEST_CASE("only a producer that found no room counts as waiting, and is told of once") {
    SlabRing ring;
    SlabPointer slab;
    for (std::uint32_t i = 0; i < SlabRing::slots; ++i) {
        REQUIRE(ring.try_push(slab = numbered(i)));
    }
    REQUIRE_FALSE(ring.producer_waits());
    REQUIRE_FALSE(ring.try_push(slab = numbered(9)));
    static_cast<void>(ring.try_pop());
    REQUIRE(ring.producer_waits());
    REQUIRE_FALSE(ring.producer_waits());
    REQUIRE(ring.try_push(slab));
    REQUIRE_FALSE(ring.try_push(slab = numbered(10)));
    REQUIRE(ring.producer_waits());
}

TEST_CASE("slabs that are left in a ring are freed with it") {
    // For the leak checker of AddressSanitizer.
    SlabRing ring;
    SlabPointer slab = numbered(1);
    REQUIRE(ring.try_push(slab));
}

TEST_CASE("two threads pass millions of slabs in order") {
    constexpr std::uint32_t passed = renoir::detail::under_sanitizer ? 200'000 : 2'000'000;
    // The slabs go around, and are enough to fill one ring and all but fill the other.
    constexpr std::uint32_t slabs = 2 * SlabRing::slots;
    SlabRing forth;
    SlabRing back;
    std::uint32_t out_of_order = 0;
    std::thread consumer([&] {
        for (std::uint32_t expected = 0; expected < passed; ++expected) {
            SlabPointer slab = pop(forth);
            if (slab->header.count != expected) ++out_of_order;
            push(back, std::move(slab));
        }
    });
    for (std::uint32_t number = 0; number < passed; ++number) {
        SlabPointer slab = number < slabs ? make_slab(0) : pop(back);
        slab->header.count = number;
        push(forth, std::move(slab));
    }
    for (std::uint32_t i = 0; i < slabs; ++i) static_cast<void>(pop(back));
    consumer.join();
    REQUIRE(out_of_order == 0);
    REQUIRE(forth.empty());
    REQUIRE(forth.popped() == passed);
}
