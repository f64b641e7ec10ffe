// Ranks that are threads: order of each pair, wake-ups, and the end that one rank brings to all.

#include "catch.hpp"

#include <renoir/base/error.hpp>
#include <renoir/transport/in_process_link.hpp>

#include <atomic>
#include <cstring>
#include <thread>

namespace {

using renoir::InProcessCluster;
using renoir::Link;

Link::Bytes bytes_of(const std::uint32_t& number) {
    return std::as_bytes(std::span(&number, 1));
}

std::uint32_t number_in(const Link::Frame& frame) {
    std::uint32_t number = 0;
    REQUIRE(frame.bytes.size() == sizeof(number));
    std::memcpy(&number, frame.bytes.data(), sizeof(number));
    return number;
}

}  // namespace

TEST_CASE("a frame arrives where it was sent, with the rank of its sender") {
    const auto cluster = std::make_shared<InProcessCluster>(3);
    const auto zero = cluster->link(0);
    const auto one = cluster->link(1);
    const auto two = cluster->link(2);
    REQUIRE(one->rank() == 1);
    REQUIRE(one->ranks() == 3);
    REQUIRE_FALSE(two->receive());
    const std::uint32_t seven = 7;
    zero->send(2, {bytes_of(seven)});
    one->send(2, {});
    REQUIRE(zero->flushed());
    const auto first = two->receive();
    REQUIRE(first);
    REQUIRE(first->from == 0);
    REQUIRE(number_in(*first) == 7);
    const auto second = two->receive();
    REQUIRE(second);
    REQUIRE(second->from == 1);
    REQUIRE(second->bytes.empty());
    REQUIRE_FALSE(two->receive());
    REQUIRE_FALSE(one->receive());
}

TEST_CASE("frames of each pair of ranks keep their order while all ranks talk at once") {
    constexpr std::uint32_t ranks = 3;
    constexpr std::uint32_t frames = 20000;
    const auto cluster = std::make_shared<InProcessCluster>(ranks);
    std::atomic<std::uint32_t> out_of_order{0};
    std::vector<std::thread> threads;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        threads.emplace_back([&, link = std::shared_ptr<Link>(cluster->link(rank)), rank] {
            std::vector<std::uint32_t> expected(ranks);
            std::uint32_t received = 0;
            for (std::uint32_t sent = 0; sent < frames || received < 2 * frames;) {
                if (sent < frames) {
                    link->send((rank + 1) % ranks, {bytes_of(sent)});
                    link->send((rank + 2) % ranks, {bytes_of(sent)});
                    ++sent;
                }
                const auto frame = link->receive();
                if (!frame) continue;
                std::uint32_t number = 0;
                std::memcpy(&number, frame->bytes.data(), sizeof(number));
                if (number != expected[frame->from]++) ++out_of_order;
                ++received;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(out_of_order == 0);
}

TEST_CASE("a frame that arrives calls the wake-up of its receiver, until that is taken away") {
    const auto cluster = std::make_shared<InProcessCluster>(2);
    const auto zero = cluster->link(0);
    const auto one = cluster->link(1);
    int calls = 0;
    one->set_wakeup([&] { ++calls; });
    zero->send(1, {});
    one->send(0, {});
    REQUIRE(calls == 1);
    one->set_wakeup(nullptr);
    zero->send(1, {});
    REQUIRE(calls == 1);
}

TEST_CASE("a link that is gone is woken no more") {
    const auto cluster = std::make_shared<InProcessCluster>(2);
    const auto zero = cluster->link(0);
    int calls = 0;
    {
        const auto one = cluster->link(1);
        one->set_wakeup([&] { ++calls; });
    }
    zero->send(1, {});
    REQUIRE(calls == 0);
}

TEST_CASE("when one rank is gone every other one learns the first reason") {
    const auto cluster = std::make_shared<InProcessCluster>(2);
    const auto zero = cluster->link(0);
    const auto one = cluster->link(1);
    int calls = 0;
    one->set_wakeup([&] { ++calls; });
    zero->send(1, {});
    cluster->abort("the disk is full");
    cluster->abort("something later");
    REQUIRE(calls == 3);
    for (Link* link : {zero.get(), one.get()}) {
        try {
            static_cast<void>(link->receive());
            FAIL("a rank did not learn of the end");
        } catch (const renoir::Error& error) {
            REQUIRE(error.kind() == renoir::ErrorKind::cancelled);
            REQUIRE_THAT(error.what(), Catch::Matchers::ContainsSubstring("the disk is full"));
        }
    }
}

TEST_CASE("a slab arrives as a slab, in order with the other frames") {
    const auto cluster = std::make_shared<InProcessCluster>(2);
    const auto zero = cluster->link(0);
    const auto one = cluster->link(1);
    const std::uint32_t seven = 7;
    renoir::SlabPointer slab = zero->reserve()->take();
    slab->header.front_bytes = 10'000;
    slab->payload()[9'999] = std::byte{42};
    zero->send(1, {bytes_of(seven)});
    zero->send(1, std::move(slab));
    REQUIRE(number_in(*one->receive()) == 7);
    const auto frame = one->receive();
    REQUIRE(frame);
    REQUIRE(frame->from == 0);
    REQUIRE(frame->slab->header.front_bytes == 10'000);
    REQUIRE(frame->slab->payload()[9'999] == std::byte{42});
}
