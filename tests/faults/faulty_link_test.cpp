// The faulty links themselves: what they keep in order, that they do reorder, and that they lose
// nothing but the credits that they should.

#include "catch.hpp"

#include "faulty_link.hpp"

#include <cstring>
#include <set>

namespace {

using namespace fault_test;
using renoir::SlabHeader;

constexpr std::uint32_t slab_frame = 0;
constexpr std::uint32_t credit_frame = 1;

struct CreditFrame {
    std::uint32_t kind = credit_frame;
    std::uint32_t edge = 0;
    std::uint32_t source = 0;
    std::uint32_t destination = 0;
    std::uint32_t slabs = 0;
};

template <class T>
Link::Bytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

template <class T>
T value_in(Link::Bytes bytes) {
    T value;
    REQUIRE(bytes.size() >= sizeof(T));
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

/// A mark of a channel; its value tells its place.
void send_mark(Link& link, std::uint32_t channel, std::int64_t place) {
    SlabHeader header;
    header.source = channel;
    header.mark.value = place;
    link.send(1, {bytes_of(slab_frame), bytes_of(header)});
}

constexpr std::uint32_t many_calls = 5000;

}  // namespace

TEST_CASE("a faulty link keeps the order of a channel and of nothing else") {
    Faults faults;
    faults.longest_delay = 10;
    faults.longest_hold = 20;
    faults.denials = 3;
    for (faults.seed = 1; faults.seed <= 20; ++faults.seed) {
        FaultyCluster cluster(2, faults);
        const auto from = cluster.link(0);
        const auto to = cluster.link(1);
        for (int place = 0; place < 100; ++place) {
            for (std::uint32_t channel = 0; channel < 3; ++channel)
                send_mark(*from, channel, place);
        }
        REQUIRE_FALSE(from->flushed());
        std::vector<std::int64_t> next(3);
        std::uint32_t received = 0;
        for (std::uint32_t call = 0; call < many_calls; ++call) {
            static_cast<void>(from->receive());
            const auto frame = to->receive();
            if (!frame) continue;
            const auto header = value_in<SlabHeader>(frame->bytes.subspan(sizeof(slab_frame)));
            REQUIRE(header.mark.value == next.at(header.source)++);
            ++received;
        }
        REQUIRE(received == 300);
        for (std::uint32_t denial = 0; denial < faults.denials; ++denial)
            REQUIRE_FALSE(from->flushed());
        REQUIRE(from->flushed());
        REQUIRE(cluster.observations().overtakings > 10);
        REQUIRE(cluster.observations().holds > 0);
    }
}

TEST_CASE("a faulty link loses so many credits of each channel and hands on the others singly") {
    Faults faults;
    faults.lost_credits = 4;
    faults.splits_credits = true;
    FaultyCluster cluster(2, faults);
    const auto from = cluster.link(0);
    const auto to = cluster.link(1);
    for (const std::uint32_t slabs : {3U, 3U, 4U}) {
        from->send(1, {bytes_of(CreditFrame{credit_frame, 7, 8, 9, slabs})});
    }
    std::uint32_t credits = 0;
    while (const auto frame = to->receive()) {
        const auto credit = value_in<CreditFrame>(frame->bytes);
        REQUIRE(credit.edge == 7);
        REQUIRE(credit.destination == 9);
        REQUIRE(credit.slabs == 1);
        ++credits;
    }
    REQUIRE(credits == 6);
}

TEST_CASE("a faulty link has finished when both sides have said so and all has come") {
    Faults faults;
    faults.longest_delay = 10;
    FaultyCluster cluster(2, faults);
    const auto from = cluster.link(0);
    const auto to = cluster.link(1);
    send_mark(*from, 0, 0);
    from->finish();
    bool has_come = false;
    for (std::uint32_t call = 0; call < many_calls; ++call) {
        static_cast<void>(from->receive());
        has_come |= to->receive().has_value();
        REQUIRE_FALSE(from->finished());
        REQUIRE_FALSE(to->finished());
    }
    REQUIRE(has_come);
    to->finish();
    static_cast<void>(to->receive());
    static_cast<void>(from->receive());
    REQUIRE(to->finished());
    REQUIRE(from->finished());
}

TEST_CASE("a rank that has stopped neither sends nor receives, until it comes back") {
    FaultyCluster cluster(2, Faults{}, Stop{0, 1, true});
    const auto zero = cluster.link(0);
    const auto one = cluster.link(1);
    send_mark(*zero, 0, 0);
    REQUIRE(cluster.has_stopped());
    one->send(0, {bytes_of(CreditFrame{})});
    for (std::uint32_t call = 0; call < 100; ++call) {
        REQUIRE_FALSE(zero->receive());
        REQUIRE_FALSE(one->receive());
    }
    REQUIRE_FALSE(zero->flushed());
    one->beat(1);
    REQUIRE_THROWS_AS(one->beat(1), renoir::Error);
    zero->beat(0);
    static_cast<void>(zero->receive());
    REQUIRE(one->receive());
}
