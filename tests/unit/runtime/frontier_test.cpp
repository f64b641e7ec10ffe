// The marks of several channels combined, against a model that looks at all channels anew.

#include "catch.hpp"

#include <renoir/base/error.hpp>
#include <renoir/runtime/frontier.hpp>

#include <algorithm>
#include <array>
#include <ostream>
#include <random>

namespace renoir {

std::ostream& operator<<(std::ostream& out, const Mark& mark) {
    constexpr std::array names{"none", "watermark", "idle", "round", "stream", "barrier"};
    return out << names.at(static_cast<std::size_t>(mark.kind)) << ' ' << mark.value;
}

}  // namespace renoir

namespace {

using renoir::Frontier;
using renoir::Mark;
using renoir::MarkKind;
using renoir::timestamp_min;
using Marks = std::vector<Mark>;

constexpr Mark idle{MarkKind::idle, 0};
constexpr Mark end_of_round{MarkKind::end_of_round, 0};
constexpr Mark end_of_stream{MarkKind::end_of_stream, 0};

constexpr Mark watermark(renoir::Timestamp value) {
    return {MarkKind::watermark, value};
}

Marks receive(Frontier& frontier, std::size_t channel, const Mark& mark) {
    Marks out;
    frontier.receive(channel, mark, out);
    return out;
}

/// What the frontier promises, said as directly as possible.
struct Model {
    struct Channel {
        renoir::Timestamp watermark = timestamp_min;
        bool idle = false;
        bool round_ended = false;
        bool ended = false;
        [[nodiscard]] bool in_round() const { return !round_ended && !ended; }
    };

    explicit Model(std::size_t count) : channels(count) {}

    void speaks(std::size_t index) {
        channels[index].idle = false;
        said_idle = false;
    }

    Marks receive(std::size_t index, const Mark& mark) {
        Channel& channel = channels[index];
        if (mark.kind == MarkKind::watermark) {
            channel.idle = false;
            channel.watermark = std::max(channel.watermark, mark.value);
        }
        if (mark.kind == MarkKind::idle) channel.idle = true;
        if (mark.kind == MarkKind::end_of_round) channel.round_ended = true;
        if (mark.kind == MarkKind::end_of_stream) channel.ended = true;
        return conclusions();
    }

    Marks conclusions() {
        Marks out;
        const bool anyone_in_round = std::any_of(channels.begin(), channels.end(),
                                                 [](const Channel& c) { return c.in_round(); });
        const bool round_to_end = std::any_of(channels.begin(), channels.end(),
                                              [](const Channel& c) { return c.round_ended; });
        if (!anyone_in_round && round_to_end) {
            for (Channel& channel : channels)
                channel = {timestamp_min, false, false, channel.ended};
            told = timestamp_min;
            said_idle = false;
            out.push_back(end_of_round);
        }
        if (std::all_of(channels.begin(), channels.end(),
                        [](const Channel& c) { return c.ended; })) {
            out.push_back(end_of_stream);
        }
        if (anyone_in_round) conclude_time(out);
        return out;
    }

    void conclude_time(Marks& out) {
        std::vector<renoir::Timestamp> times;
        std::vector<renoir::Timestamp> idle_times;
        for (const Channel& channel : channels) {
            if (channel.in_round())
                (channel.idle ? idle_times : times).push_back(channel.watermark);
        }
        const bool all_idle = times.empty();
        const auto time = all_idle ? *std::max_element(idle_times.begin(), idle_times.end())
                                   : *std::min_element(times.begin(), times.end());
        if (time > told) out.push_back(watermark(told = time));
        if (all_idle && !said_idle) out.push_back(idle);
        said_idle = all_idle;
    }

    std::vector<Channel> channels;
    renoir::Timestamp told = timestamp_min;
    bool said_idle = false;
};

Mark random_mark(std::mt19937& random) {
    const auto chosen = random() % 16;
    if (chosen < 9) return watermark(static_cast<renoir::Timestamp>(random() % 50));
    if (chosen < 13) return idle;
    return chosen < 15 ? end_of_round : end_of_stream;
}

}  // namespace

TEST_CASE("when all channels are idle it does not matter which one was first") {
    for (const std::size_t first : {0U, 1U}) {
        Frontier frontier(2);
        CHECK(receive(frontier, 0, watermark(24)) == Marks());
        CHECK(receive(frontier, 1, watermark(10)) == Marks{watermark(10)});
        Marks marks = receive(frontier, first, idle);
        const Marks more = receive(frontier, 1 - first, idle);
        marks.insert(marks.end(), more.begin(), more.end());
        CHECK(marks == Marks{watermark(24), idle});
    }
    Frontier frontier(2);
    CHECK(receive(frontier, 0, watermark(24)) == Marks());
    CHECK(receive(frontier, 0, idle) == Marks());
    CHECK(receive(frontier, 1, end_of_stream) == Marks{watermark(24), idle});
}

TEST_CASE("random marks of any number of channels give what the model says, at once") {
    for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
        std::mt19937 random(seed);
        const std::size_t channels = 1 + random() % 5;
        Frontier frontier(channels);
        Model model(channels);
        for (int step = 0; step < 100 && !frontier.ended(); ++step) {
            const std::size_t channel = random() % channels;
            if (frontier.is_held(channel)) continue;
            if (random() % 4 == 0) {
                frontier.speaks(channel);
                model.speaks(channel);
                continue;
            }
            const Mark mark = random_mark(random);
            INFO("seed " << seed << ", step " << step);
            REQUIRE(receive(frontier, channel, mark) == model.receive(channel, mark));
            for (std::size_t i = 0; i < channels; ++i) {
                REQUIRE(frontier.is_held(i) == !model.channels[i].in_round());
            }
        }
    }
}

TEST_CASE("the watermark is the lowest of all channels and never goes back") {
    Frontier frontier(2);
    REQUIRE(receive(frontier, 0, watermark(10)).empty());
    REQUIRE(receive(frontier, 1, watermark(5)) == Marks{watermark(5)});
    REQUIRE(receive(frontier, 1, watermark(3)).empty());
    REQUIRE(receive(frontier, 1, watermark(20)) == Marks{watermark(10)});
}

TEST_CASE("the advance that the end of a channel causes is reported at once") {
    Frontier by_round(2);
    REQUIRE(receive(by_round, 0, watermark(10)).empty());
    REQUIRE(receive(by_round, 1, end_of_round) == Marks{watermark(10)});

    Frontier by_stream(3);
    REQUIRE(receive(by_stream, 0, watermark(10)).empty());
    REQUIRE(receive(by_stream, 1, watermark(4)).empty());
    REQUIRE(receive(by_stream, 2, watermark(7)) == Marks{watermark(4)});
    REQUIRE(receive(by_stream, 1, end_of_stream) == Marks{watermark(7)});
    REQUIRE(receive(by_stream, 2, end_of_stream) == Marks{watermark(10)});
}

TEST_CASE("a channel that ended does not hold the rounds of the others") {
    Frontier frontier(2);
    REQUIRE(receive(frontier, 0, end_of_round).empty());
    REQUIRE(receive(frontier, 1, end_of_round) == Marks{end_of_round});
    REQUIRE(receive(frontier, 0, end_of_stream).empty());
    REQUIRE(receive(frontier, 1, watermark(3)) == Marks{watermark(3)});
    REQUIRE(receive(frontier, 1, end_of_round) == Marks{end_of_round});
    REQUIRE(receive(frontier, 1, end_of_stream) == Marks{end_of_stream});
    REQUIRE(frontier.ended());
}

TEST_CASE("a channel that is ahead is held until the round ends on every channel") {
    Frontier frontier(2);
    static_cast<void>(receive(frontier, 0, end_of_round));
    REQUIRE(frontier.is_held(0));
    REQUIRE_FALSE(frontier.is_held(1));
    static_cast<void>(receive(frontier, 1, end_of_round));
    REQUIRE_FALSE(frontier.is_held(0));
}

TEST_CASE("an input that spoke between two silences is reported idle again") {
    Frontier frontier(2);
    REQUIRE(receive(frontier, 0, idle).empty());
    REQUIRE(receive(frontier, 1, idle) == Marks{idle});
    REQUIRE(receive(frontier, 1, idle).empty());
    frontier.speaks(1);
    REQUIRE(receive(frontier, 1, idle) == Marks{idle});
}

TEST_CASE("an idle channel does not hold time back, and joins again when it speaks") {
    Frontier frontier(2);
    REQUIRE(receive(frontier, 0, watermark(10)).empty());
    REQUIRE(receive(frontier, 1, idle) == Marks{watermark(10)});
    frontier.speaks(1);
    REQUIRE(receive(frontier, 0, watermark(20)).empty());
    REQUIRE(receive(frontier, 1, watermark(15)) == Marks{watermark(15)});
}

TEST_CASE("a mark of a kind that nobody sends yet is refused") {
    Frontier frontier(1);
    Marks out;
    REQUIRE_THROWS_AS(frontier.receive(0, {MarkKind::barrier, 1}, out), renoir::Error);
}
