// Slabs, their pool and their form between ranks.

#include "catch.hpp"
#include "slab_bytes.hpp"

#include <renoir/base/error.hpp>
#include <renoir/transport/slab_writer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>

namespace {

using renoir::make_slab;
using renoir::MarkKind;
using renoir::ordinary_slab_capacity;
using renoir::Slab;
using renoir::SlabHeader;
using renoir::SlabPointer;
using renoir::SlabPool;

bool same_header(const SlabHeader& a, const SlabHeader& b) {
    return a.edge == b.edge && a.source == b.source && a.destination == b.destination &&
           a.count == b.count && a.front_bytes == b.front_bytes && a.back_bytes == b.back_bytes &&
           a.mark == b.mark;
}

SlabPointer random_slab(std::mt19937& random, SlabPool& pool) {
    const auto below = [&](std::size_t limit) {
        return static_cast<std::uint32_t>(random() % limit);
    };
    SlabPointer slab = pool.take(below(40000));
    SlabHeader& header = slab->header;
    header.edge = below(10);
    header.source = below(10);
    header.destination = below(10);
    header.count = below(1000);
    header.front_bytes = below(slab->capacity() + 1);
    header.back_bytes = below(slab->capacity() - header.front_bytes + 1);
    header.mark = {static_cast<MarkKind>(below(6)), std::int64_t{below(2000)} - 1000};
    std::generate_n(slab->payload(), slab->capacity(),
                    [&] { return static_cast<std::byte>(below(256)); });
    return slab;
}

bool same_payload(Slab& a, Slab& b) {
    const SlabHeader& header = a.header;
    return std::equal(a.payload(), a.payload() + header.front_bytes, b.payload()) &&
           std::equal(a.payload_end() - header.back_bytes, a.payload_end(),
                      b.payload_end() - header.back_bytes);
}

}  // namespace

TEST_CASE("a slab has the room that was asked for, aligned at both ends, and an empty header") {
    for (const std::size_t capacity :
         std::array<std::size_t, 7>{0, 1, 63, 64, 65, 16384, 1000000}) {
        const SlabPointer slab = make_slab(capacity);
        REQUIRE(slab->capacity() >= capacity);
        REQUIRE(reinterpret_cast<std::uintptr_t>(slab->payload()) % Slab::alignment == 0);
        REQUIRE(reinterpret_cast<std::uintptr_t>(slab->payload_end()) % Slab::alignment == 0);
        REQUIRE(slab->payload_end() == slab->payload() + slab->capacity());
        REQUIRE(same_header(slab->header, SlabHeader{}));
        std::memset(slab->payload(), 1, slab->capacity());
    }
}

TEST_CASE("a pool hands the slab used last out again, with an empty header") {
    SlabPool pool;
    SlabPointer first = pool.take(10);
    SlabPointer second = pool.take(ordinary_slab_capacity);
    REQUIRE(first->capacity() == ordinary_slab_capacity);
    const Slab* const last = second.get();
    second->header = {1, 2, 3, 4, 5, 6, {MarkKind::watermark, 7}};
    pool.give(std::move(first));
    pool.give(std::move(second));
    const SlabPointer again = pool.take(1);
    REQUIRE(again.get() == last);
    REQUIRE(same_header(again->header, SlabHeader{}));
}

TEST_CASE("a pool keeps no slab of another size") {
    SlabPool pool;
    SlabPointer large = pool.take(ordinary_slab_capacity + 1);
    REQUIRE(large->capacity() > ordinary_slab_capacity);
    pool.give(std::move(large));
    REQUIRE(pool.take(1)->capacity() == ordinary_slab_capacity);
    pool.give(make_slab(64));
    REQUIRE(pool.take(1000)->capacity() == ordinary_slab_capacity);
}

TEST_CASE("a pool has slabs for marks that take no room, beside the others") {
    SlabPool pool;
    SlabPointer mark = pool.take(0);
    REQUIRE(mark->capacity() == 0);
    mark->header.mark = {MarkKind::watermark, 7};
    const Slab* const last = mark.get();

    SlabPointer received = renoir::deserialize(bytes_of(*mark), pool);
    REQUIRE(received->capacity() == 0);
    REQUIRE(same_header(received->header, mark->header));

    pool.give(std::move(mark));
    REQUIRE(pool.take(1)->capacity() == ordinary_slab_capacity);
    const SlabPointer again = pool.take(0);
    REQUIRE(again.get() == last);
    REQUIRE(same_header(again->header, SlabHeader{}));
}

TEST_CASE("a pool does not hoard the slabs of a worker that only receives") {
    SlabPool pool;
    std::vector<SlabPointer> slabs;
    for (std::size_t i = 0; i < 1000; ++i) slabs.push_back(make_slab(ordinary_slab_capacity));
    const Slab* const first = slabs.front().get();
    const Slab* const last = slabs.back().get();
    for (auto& slab : slabs) pool.give(std::move(slab));
    // The last in would be the first out, had it been kept.
    std::vector<SlabPointer> taken;
    taken.push_back(pool.take(1));
    REQUIRE(taken.back().get() != last);
    while (taken.size() < 1000 && taken.back().get() != first) taken.push_back(pool.take(1));
    REQUIRE(taken.size() < 1000);
}

TEST_CASE("a slab has the same header, start and end after the wire") {
    std::mt19937 random(11);
    SlabPool pool;
    for (int round = 0; round < 300; ++round) {
        SlabPointer sent = random_slab(random, pool);
        const auto bytes = bytes_of(*sent);
        SlabPointer received = renoir::deserialize(bytes, pool);
        REQUIRE(same_header(received->header, sent->header));
        REQUIRE(same_payload(*sent, *received));
        pool.give(std::move(sent));
        pool.give(std::move(received));
    }
}

TEST_CASE("the gap in the middle of a slab does not travel") {
    SlabPool pool;
    SlabPointer slab = pool.take(1);
    slab->header.front_bytes = 100;
    slab->header.back_bytes = 24;
    REQUIRE(bytes_of(*slab).size() == sizeof(SlabHeader) + 124);
}

TEST_CASE("bytes that are no slab are refused") {
    SlabPool pool;
    SlabPointer slab = pool.take(1);
    slab->header.front_bytes = 100;
    const auto whole = bytes_of(*slab);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        REQUIRE_THROWS_AS(renoir::deserialize(std::span(whole).first(size), pool), renoir::Error);
    }
    auto longer = whole;
    longer.push_back(std::byte{0});
    REQUIRE_THROWS_AS(renoir::deserialize(longer, pool), renoir::Error);
}

TEST_CASE("a writer fills a slab up to its capacity and no further") {
    SlabPool pool;
    renoir::SlabWriter<std::uint64_t> writer;
    writer.open(make_slab(64), 1000);
    for (std::uint64_t i = 0; i < 7; ++i) REQUIRE_FALSE(writer.append(i));
    REQUIRE(writer.append(7));
    const SlabPointer slab = writer.close();
    REQUIRE_FALSE(writer.is_open());
    REQUIRE(slab->header.count == 8);
    REQUIRE(slab->header.front_bytes == 64);
    REQUIRE(slab->header.back_bytes == 0);
}

TEST_CASE("a writer that was closed without items leaves an empty slab") {
    renoir::SlabWriter<std::string> writer;
    writer.open(make_slab(1000), 10);
    const SlabPointer slab = writer.close();
    REQUIRE(slab->header.count == 0);
    REQUIRE(slab->header.front_bytes + slab->header.back_bytes == 0);
}

TEST_CASE("a network slab travels as it is when it is full enough") {
    const auto reserve = std::make_shared<renoir::SlabReserve>();
    SlabPool pool(reserve);
    SlabPointer slab = pool.take(renoir::network_slab_capacity);
    REQUIRE(slab->capacity() == renoir::network_slab_capacity);
    slab->header.front_bytes = 100;
    REQUIRE(renoir::bytes_as_it_is(*slab) == 0);
    slab->header.front_bytes = 40'000;
    REQUIRE(renoir::bytes_as_it_is(*slab) == 40'000);
    // With something at its end the gap has to travel, too.
    slab->header.back_bytes = 1000;
    REQUIRE(renoir::bytes_as_it_is(*slab) == 0);
    slab->header.back_bytes = 20'000;
    REQUIRE(renoir::bytes_as_it_is(*slab) == renoir::network_slab_capacity);
    SlabPointer ordinary = pool.take(1);
    ordinary->header.front_bytes = renoir::ordinary_slab_capacity;
    REQUIRE(renoir::bytes_as_it_is(*ordinary) == 0);
}

TEST_CASE("what arrives as a slab and is none is refused") {
    SlabPointer slab = renoir::SlabReserve().take();
    slab->header.front_bytes = 40'000;
    REQUIRE_NOTHROW(renoir::check_image(*slab, 40'000));
    REQUIRE_THROWS_AS(renoir::check_image(*slab, 39'999), renoir::Error);
    slab->header.front_bytes = 0xffff'ffff;
    REQUIRE_THROWS_AS(renoir::check_image(*slab, 40'000), renoir::Error);
    SlabPointer ordinary = make_slab(renoir::ordinary_slab_capacity);
    ordinary->header.front_bytes = 10'000;
    REQUIRE_THROWS_AS(renoir::check_image(*ordinary, 10'000), renoir::Error);
}

TEST_CASE("network slabs go round through the reserve, empty") {
    const auto reserve = std::make_shared<renoir::SlabReserve>();
    SlabPool sender(reserve);
    SlabPool receiver(reserve);
    SlabPointer slab = sender.take(renoir::network_slab_capacity);
    slab->header.count = 7;
    const Slab* const address = slab.get();
    receiver.give(std::move(slab));
    slab = sender.take(renoir::network_slab_capacity);
    REQUIRE(slab.get() == address);
    REQUIRE(slab->header.count == 0);
}

TEST_CASE("network slabs are apart from each other, and outlive the reserve") {
    constexpr std::size_t several_arenas = 100;
    std::vector<SlabPointer> slabs;
    {
        renoir::SlabReserve reserve;
        for (std::size_t number = 0; number < several_arenas; ++number) {
            slabs.push_back(reserve.take());
            std::ranges::fill(slabs.back()->image(renoir::network_slab_capacity).subspan(64),
                              static_cast<std::byte>(number));
        }
        // Of some arenas all slabs go before the others, of some only a part.
        for (std::size_t number = 0; number < several_arenas / 2; ++number) slabs[number].reset();
    }
    for (std::size_t number = several_arenas / 2; number < several_arenas; ++number) {
        const std::span<std::byte> payload(slabs[number]->payload(), renoir::network_slab_capacity);
        REQUIRE(slabs[number]->capacity() == renoir::network_slab_capacity);
        REQUIRE(reinterpret_cast<std::uintptr_t>(payload.data()) % Slab::alignment == 0);
        REQUIRE(std::ranges::count(payload, static_cast<std::byte>(number)) ==
                static_cast<std::ptrdiff_t>(payload.size()));
    }
}

TEST_CASE("what is larger than an ordinary slab comes from the reserve if it can") {
    SlabPool pool(std::make_shared<renoir::SlabReserve>());
    const auto capacity_for = [&](std::size_t bytes) { return pool.take(bytes)->capacity(); };
    REQUIRE(capacity_for(ordinary_slab_capacity) == ordinary_slab_capacity);
    REQUIRE(capacity_for(ordinary_slab_capacity + 1) == renoir::network_slab_capacity);
    REQUIRE(capacity_for(renoir::network_slab_capacity + 1) > renoir::network_slab_capacity);
}

TEST_CASE("a slab that is as large as a network slab by chance is none") {
    REQUIRE(make_slab(renoir::network_slab_capacity)->capacity() > renoir::network_slab_capacity);
    REQUIRE(SlabPool().take(renoir::network_slab_capacity)->capacity() >
            renoir::network_slab_capacity);
}
