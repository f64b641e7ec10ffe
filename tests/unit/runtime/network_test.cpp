// Channels between ranks: credits, order, independence and failures. A slow side is one that is
// not polled.

#include "catch.hpp"

#include "runtime/network.hpp"

#include <renoir/transport/in_process_link.hpp>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

namespace {

using renoir::ChannelAddress;
using renoir::Failure;
using renoir::InProcessCluster;
using renoir::make_slab;
using renoir::MarkKind;
using renoir::Network;
using renoir::SlabPointer;
using renoir::SlabRing;

constexpr std::uint32_t window = SlabRing::slots;

/// Rank 0 sends to rank 1 over some channels.
struct TwoRanks {
    explicit TwoRanks(std::uint32_t channels)
        : from(
              cluster->link(0), [this] { ++wakeups_of_sender; },
              [this](Failure failure) { failures_at_sender.push_back(std::move(failure)); }),
          to(
              cluster->link(1), [this] { ++wakeups_of_receiver; },
              [this](Failure failure) { failures_at_receiver.push_back(std::move(failure)); }) {
        for (std::uint32_t i = 0; i < channels; ++i) {
            out.push_back(from.outgoing({9, i, 0}, 1, sender));
            in.push_back(to.incoming({9, i, 0}, 0, receiver));
        }
    }

    /// A slab with the number as its only item; false when the ring of the sender is full.
    bool send(std::uint32_t channel, std::uint32_t number) {
        SlabPointer slab = make_slab(64);
        slab->header = {9, channel, 0, 1, sizeof(number), 0, {}};
        std::memcpy(slab->payload(), &number, sizeof(number));
        return push(channel, slab);
    }

    bool push(std::uint32_t channel, SlabPointer& slab) {
        if (!out[channel].ring->try_push(slab)) return false;
        out[channel].announce();
        return true;
    }

    bool send_mark(std::uint32_t channel, std::int64_t value) {
        SlabPointer slab = make_slab(0);
        slab->header = {9, channel, 0, 0, 0, 0, {MarkKind::watermark, value}};
        return push(channel, slab);
    }

    /// Everything that the receiver can get while the sender's side does nothing.
    std::vector<std::int64_t> receive_all(std::uint32_t channel) {
        std::vector<std::int64_t> values;
        bool moved = true;
        while (moved) {
            moved = to.progress();
            while (const auto value = receive(channel)) {
                values.push_back(*value);
                moved = true;
            }
        }
        return values;
    }

    /// The item of the next slab, or the value of its mark.
    std::optional<std::int64_t> receive(std::uint32_t channel) {
        const SlabPointer slab = in[channel].ring->try_pop();
        if (slab == nullptr) return std::nullopt;
        in[channel].announce_room();
        if (slab->header.count == 0) return slab->header.mark.value;
        std::uint32_t number = 0;
        std::memcpy(&number, slab->payload(), sizeof(number));
        return number;
    }

    /// Lets the sender's side send what it may, `numbers` and on.
    void flood(std::uint32_t channel, std::uint32_t& number) {
        bool moved = true;
        while (moved) {
            moved = from.progress();
            while (send(channel, number)) {
                ++number;
                moved = true;
            }
        }
    }

    std::shared_ptr<InProcessCluster> cluster = std::make_shared<InProcessCluster>(2);
    std::atomic<int> wakeups_of_sender{0};
    std::atomic<int> wakeups_of_receiver{0};
    std::vector<Failure> failures_at_sender;
    std::vector<Failure> failures_at_receiver;
    renoir::Parker sender;
    renoir::Parker receiver;
    Network from;
    Network to;
    std::vector<renoir::Lane> out;
    std::vector<renoir::IncomingLane> in;
};

std::vector<std::int64_t> numbers(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = from; i < to; ++i) all.push_back(i);
    return all;
}

}  // namespace

TEST_CASE("slabs cross in order, with their header") {
    TwoRanks ranks(1);
    SlabPointer slab = make_slab(100);
    slab->header = {9, 0, 0, 5, 10, 20, {MarkKind::end_of_round, 6}};
    REQUIRE(ranks.push(0, slab));
    REQUIRE(ranks.send(0, 1));
    REQUIRE(ranks.from.progress());
    REQUIRE(ranks.to.progress());
    const SlabPointer arrived = ranks.in[0].ring->try_pop();
    REQUIRE(arrived != nullptr);
    REQUIRE(arrived->header.count == 5);
    REQUIRE(arrived->header.front_bytes == 10);
    REQUIRE(arrived->header.back_bytes == 20);
    REQUIRE(arrived->header.mark == renoir::Mark{MarkKind::end_of_round, 6});
    REQUIRE(ranks.receive(0) == 1);
    REQUIRE_FALSE(ranks.from.progress());
    REQUIRE_FALSE(ranks.to.progress());
}

TEST_CASE("no more than a window of slabs is under way or unread, however long one side sends") {
    TwoRanks ranks(1);
    std::uint32_t next = 0;
    ranks.flood(0, next);
    // A full window has left, one slab waits for a credit, and the ring is full.
    REQUIRE(next == window + 1 + window);
    REQUIRE(ranks.receive_all(0) == numbers(0, window));

    // Each further window takes what the one before has given back.
    ranks.flood(0, next);
    REQUIRE(ranks.receive_all(0) == numbers(window, 2 * window));
}

TEST_CASE("whatever order the two sides are polled in, the window holds and nothing is lost") {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        const unsigned eagerness = 2 + seed % 5;
        TwoRanks ranks(3);
        std::vector<std::uint32_t> sent(3);
        std::vector<std::int64_t> received(3);
        for (int step = 0; step < 20000; ++step) {
            const auto channel = static_cast<std::uint32_t>(random() % 3);
            if (ranks.send(channel, sent[channel])) ++sent[channel];
            if (random() % eagerness == 0) ranks.from.progress();
            if (random() % 3 == 0) ranks.to.progress();
            if (random() % 2 == 0) continue;
            if (const auto value = ranks.receive(channel)) {
                if (*value != received[channel]++) FAIL("out of order");
            }
            // What left the sender's ring is unread or waits for its credit.
            REQUIRE(ranks.out[channel].ring->popped() - ranks.in[channel].ring->popped() <=
                    window + 1);
        }
        for (std::uint32_t channel = 0; channel < 3; ++channel) {
            while (received[channel] < sent[channel]) {
                ranks.from.progress();
                for (const auto value : ranks.receive_all(channel)) {
                    if (value != received[channel]++) FAIL("out of order at the end");
                }
            }
            REQUIRE(sent[channel] > 1000);
        }
        REQUIRE(ranks.from.drained());
    }
}

TEST_CASE("marks pass without a credit, but not the items before them") {
    TwoRanks ranks(1);
    for (std::uint32_t i = 0; i < window; ++i) REQUIRE(ranks.send(0, i));
    ranks.from.progress();
    for (std::uint32_t mark = 0; mark < 3 * window; ++mark) {
        REQUIRE(ranks.send_mark(0, 100 + mark));
        ranks.from.progress();
    }
    REQUIRE(ranks.from.drained());
    REQUIRE(ranks.send(0, 8));
    REQUIRE(ranks.send_mark(0, 200));
    ranks.from.progress();
    REQUIRE_FALSE(ranks.from.drained());

    std::vector<std::int64_t> expected = numbers(0, window);
    for (const auto mark : numbers(100, 100 + 3 * window)) expected.push_back(mark);
    REQUIRE(ranks.receive_all(0) == expected);
    ranks.from.progress();
    REQUIRE(ranks.receive_all(0) == std::vector<std::int64_t>{8, 200});
}

TEST_CASE("a channel that nobody reads does not stop another one") {
    TwoRanks ranks(2);
    std::uint32_t stuck = 0;
    ranks.flood(0, stuck);
    std::int64_t received = 0;
    for (std::uint32_t next = 0; received < 1000;) {
        ranks.flood(1, next);
        for (const auto value : ranks.receive_all(1)) REQUIRE(value == received++);
    }
    REQUIRE_FALSE(ranks.send(0, stuck));
    REQUIRE(ranks.receive_all(0) == numbers(0, window));
}

TEST_CASE("a rank has drained when nothing is left in its rings or waits for a credit") {
    TwoRanks ranks(1);
    REQUIRE(ranks.from.drained());
    for (std::uint32_t i = 0; i < window; ++i) REQUIRE(ranks.send(0, i));
    REQUIRE_FALSE(ranks.from.drained());
    ranks.from.progress();
    REQUIRE(ranks.from.drained());
    REQUIRE(ranks.send(0, 9));
    ranks.from.progress();
    REQUIRE(ranks.out[0].ring->empty());
    REQUIRE_FALSE(ranks.from.drained());
    REQUIRE(ranks.receive_all(0).size() == window);
    ranks.from.progress();
    REQUIRE(ranks.from.drained());
}

TEST_CASE("a worker that waits for a slab or for room is woken by the network") {
    constexpr auto never = renoir::Clock::time_point::max();
    TwoRanks ranks(1);
    REQUIRE(ranks.send(0, 0));
    ranks.from.progress();
    REQUIRE(ranks.wakeups_of_receiver == 1);
    ranks.receiver.announce();
    ranks.to.progress();
    ranks.receiver.sleep_until(never);

    while (ranks.send(0, 1)) continue;
    ranks.sender.announce();
    ranks.from.progress();
    ranks.sender.sleep_until(never);
}

TEST_CASE("a failure reaches every other rank with its kind and its text") {
    TwoRanks ranks(1);
    const std::string text = "map (a.cpp:3) failed on rank 0: \xc3\xa4\n second line";
    ranks.from.announce({renoir::ErrorKind::user_function, text});
    ranks.from.progress();
    ranks.to.progress();
    REQUIRE(ranks.failures_at_sender.empty());
    REQUIRE(ranks.failures_at_receiver.size() == 1);
    REQUIRE(ranks.failures_at_receiver[0].kind == renoir::ErrorKind::user_function);
    REQUIRE(ranks.failures_at_receiver[0].text == text);
}

TEST_CASE("a failure overtakes items that wait for a credit") {
    TwoRanks ranks(1);
    std::uint32_t next = 0;
    ranks.flood(0, next);
    ranks.from.announce({renoir::ErrorKind::input, ""});
    ranks.to.progress();
    REQUIRE(ranks.failures_at_receiver.size() == 1);
    REQUIRE(ranks.failures_at_receiver[0].kind == renoir::ErrorKind::input);
    REQUIRE(ranks.failures_at_receiver[0].text.empty());
}

TEST_CASE("after a failure a rank sends nothing more, although it could") {
    TwoRanks ranks(1);
    std::uint32_t next = 0;
    ranks.flood(0, next);
    REQUIRE(ranks.receive_all(0) == numbers(0, window));
    ranks.from.announce({renoir::ErrorKind::cancelled, "enough"});
    ranks.from.finish();
    REQUIRE(ranks.receive_all(0).empty());
}

TEST_CASE("bytes that are no frame are an internal error and not a crash") {
    for (const std::vector<std::byte>& bytes :
         {std::vector<std::byte>{}, std::vector<std::byte>(3), std::vector<std::byte>(4),
          std::vector<std::byte>(30), std::vector<std::byte>(4, std::byte{0x7f})}) {
        TwoRanks ranks(1);
        ranks.cluster->link(0)->send(1, {bytes});
        try {
            ranks.to.progress();
            FAIL("a frame of " << bytes.size() << " bytes was accepted");
        } catch (const renoir::Error& error) {
            REQUIRE(error.kind() == renoir::ErrorKind::internal);
        }
    }
}

TEST_CASE("two ranks that poll at the same time pass everything in order") {
    constexpr std::uint32_t slabs = 20000;
    TwoRanks ranks(2);
    std::thread sending([&] {
        for (std::uint32_t next = 0; next < slabs || !ranks.from.drained();) {
            if (!ranks.from.progress()) std::this_thread::yield();
            while (next < slabs && ranks.send(next % 2, next / 2)) ++next;
        }
    });
    std::vector<std::int64_t> received(2);
    std::uint32_t out_of_order = 0;
    while (received[0] + received[1] < slabs) {
        if (!ranks.to.progress()) std::this_thread::yield();
        for (std::uint32_t channel = 0; channel < 2; ++channel) {
            while (const auto value = ranks.receive(channel)) {
                if (*value != received[channel]++) ++out_of_order;
            }
        }
    }
    // The sender may still wait for its last credits.
    while (!ranks.from.drained()) ranks.to.progress();
    sending.join();
    REQUIRE(out_of_order == 0);
}
