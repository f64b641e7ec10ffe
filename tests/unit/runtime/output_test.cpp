// The sending end of an edge: order, overflow, and when partly filled slabs leave.

#include "catch.hpp"

#include <renoir/runtime/output.hpp>

#include <random>

namespace {

using renoir::BatchMode;
using renoir::Clock;
using renoir::Mark;
using renoir::MarkKind;
using renoir::Output;
using renoir::SlabPointer;
using renoir::SlabReader;
using renoir::SlabRing;
using std::chrono::milliseconds;

constexpr auto never = Clock::time_point::max();
const Clock::time_point start = Clock::time_point() + std::chrono::hours(1);

/// An output and what its receivers have read.
template <class T>
struct Edge {
    Edge(std::size_t destinations, BatchMode mode)
        : rings(destinations), output(7, 3, lanes(), mode, pool), received(destinations) {}

    renoir::Lanes lanes() {
        renoir::Lanes all;
        for (SlabRing& ring : rings) {
            const auto index = static_cast<std::uint32_t>(all.lanes.size());
            all.lanes.push_back({&ring, index, &receiver});
        }
        return all;
    }

    /// Reads one slab of a destination; its items, and its mark as text, are added to `received`.
    bool read(std::size_t destination) {
        SlabPointer slab = rings[destination].try_pop();
        if (slab == nullptr) return false;
        REQUIRE(slab->header.edge == 7);
        REQUIRE(slab->header.source == 3);
        REQUIRE(slab->header.destination == destination);
        const SlabReader<T> reader(*slab);
        counts.push_back(reader.size());
        for (std::size_t i = 0; i < reader.size(); ++i) {
            T item{};
            reader.read(i, item);
            received[destination].push_back(text_of(item));
        }
        if (slab->header.mark.kind != MarkKind::none) {
            received[destination].push_back(text_of(slab->header.mark));
        }
        pool.give(std::move(slab));
        return true;
    }

    void read_all() {
        bool progressed = true;
        while (progressed) {
            progressed = false;
            for (std::size_t i = 0; i < rings.size(); ++i) progressed |= read(i);
            output.drain();
        }
    }

    static std::string text_of(const Mark& mark) { return "mark " + std::to_string(mark.value); }
    static std::string text_of(int number) { return std::to_string(number); }
    static std::string text_of(const std::string& text) { return text; }

    std::deque<SlabRing> rings;
    renoir::Parker receiver;
    renoir::SlabPool pool;
    Output<T> output;
    std::vector<std::vector<std::string>> received;
    std::vector<std::size_t> counts;
};

/// Sends `slabs` slabs of one item each to destination 0.
void send_slabs(Edge<int>& edge, int slabs) {
    for (int i = 0; i < slabs; ++i) edge.output.append(0, i);
}

}  // namespace

TEMPLATE_TEST_CASE("items and marks arrive in order, however slowly they are read", "", int,
                   std::string) {
    for (const BatchMode mode :
         {BatchMode::automatic(), BatchMode::single(), BatchMode::fixed(7)}) {
        std::mt19937 random(1);
        Edge<TestType> edge(3, mode);
        std::vector<std::vector<std::string>> expected(3);
        for (int i = 0; i < 20000; ++i) {
            const std::size_t destination = random() % 3;
            TestType item{};
            if constexpr (std::same_as<TestType, int>)
                item = i;
            else
                item = std::to_string(i) + std::string(random() % 50, 'x');
            edge.output.append(destination, item);
            expected[destination].push_back(edge.text_of(item));
            if (random() % 50 == 0) {
                edge.output.send_mark({MarkKind::watermark, i});
                for (auto& texts : expected) texts.push_back("mark " + std::to_string(i));
            }
            if (random() % 10 == 0) edge.read(random() % 3);
            if (random() % 10 == 0) edge.output.drain();
            if (random() % 100 == 0) edge.output.flush_due(start + milliseconds(i), true);
        }
        edge.output.send_mark({MarkKind::end_of_stream, -1});
        for (auto& texts : expected) texts.emplace_back("mark -1");
        edge.read_all();
        REQUIRE_FALSE(edge.output.blocked());
        REQUIRE(edge.received == expected);
    }
}

TEST_CASE("a mark rides on the slab that is open, and alone where there is none") {
    Edge<int> edge(2, BatchMode::automatic());
    edge.output.append(0, 5);
    edge.output.send_mark({MarkKind::watermark, 9});
    REQUIRE(edge.read(0));
    REQUIRE_FALSE(edge.read(0));
    REQUIRE(edge.read(1));
    REQUIRE(edge.received[0] == std::vector<std::string>{"5", "mark 9"});
    REQUIRE(edge.received[1] == std::vector<std::string>{"mark 9"});
}

TEST_CASE("what finds its ring full waits in a list, and the output is blocked until it is gone") {
    Edge<int> edge(2, BatchMode::single());
    const int slots = SlabRing::slots;
    send_slabs(edge, slots);
    REQUIRE_FALSE(edge.output.blocked());
    REQUIRE(edge.output.drain());
    send_slabs(edge, slots + 2);
    REQUIRE(edge.output.blocked());
    REQUIRE_FALSE(edge.output.drain());

    // The other destination is not held up.
    edge.output.append(1, 42);
    REQUIRE(edge.read(1));

    for (int i = 0; i < slots; ++i) REQUIRE(edge.read(0));
    REQUIRE_FALSE(edge.output.drain());
    REQUIRE(edge.output.blocked());
    for (int i = 0; i < 2; ++i) REQUIRE(edge.read(0));
    REQUIRE(edge.output.drain());
    REQUIRE_FALSE(edge.output.blocked());
    edge.read_all();
    REQUIRE(edge.received[0].size() == static_cast<std::size_t>(2 * slots + 2));
}

TEST_CASE("whoever is sent a slab is woken, at once or when it could be delivered late") {
    Edge<int> edge(1, BatchMode::single());
    edge.receiver.announce();
    edge.output.append(0, 1);
    edge.receiver.sleep_until(never);

    send_slabs(edge, SlabRing::slots);
    REQUIRE(edge.output.blocked());
    REQUIRE(edge.read(0));
    edge.receiver.announce();
    REQUIRE(edge.output.drain());
    edge.receiver.sleep_until(never);
}

TEST_CASE("an item larger than a slab travels alone and at once") {
    Edge<std::string> edge(1, BatchMode::fixed(1000));
    edge.output.append(0, "small");
    edge.output.append(0, std::string(100000, 'x'));
    REQUIRE(edge.read(0));
    REQUIRE(edge.read(0));
    edge.output.append(0, "");
    REQUIRE_FALSE(edge.read(0));
    edge.output.send_mark({MarkKind::end_of_stream, 0});
    edge.read_all();
    REQUIRE(edge.counts == std::vector<std::size_t>{1, 1, 1});
    REQUIRE(edge.received[0].size() == 4);
    REQUIRE(edge.received[0][1].size() == 100000);
}

TEST_CASE("a batch leaves when it holds 16 KB or 1024 items, whatever the mode") {
    Edge<std::string> texts(1, BatchMode::fixed(1000000));
    for (int i = 0; i < 100; ++i) texts.output.append(0, std::string(1000, 'x'));
    texts.read_all();
    REQUIRE(texts.received[0].size() >= 80);

    Edge<int> numbers(1, BatchMode::automatic());
    for (int i = 0; i < 1023; ++i) numbers.output.append(0, i);
    REQUIRE_FALSE(numbers.read(0));
    numbers.output.append(0, 1023);
    REQUIRE(numbers.read(0));
    REQUIRE(numbers.counts == std::vector<std::size_t>{1024});
}

TEST_CASE("automatic: what is collected leaves when the worker is idle and the receiver waits") {
    Edge<int> edge(2, BatchMode::automatic());
    edge.output.append(0, 1);
    REQUIRE_FALSE(edge.output.flush_due(start, false));
    REQUIRE(edge.output.flush_due(start, true));
    edge.output.append(0, 2);
    edge.output.append(1, 3);
    // The first receiver has a slab to read still; only the second one waits.
    REQUIRE(edge.output.flush_due(start, true));
    REQUIRE(edge.read(1));
    REQUIRE_FALSE(edge.output.flush_due(start, true));
    REQUIRE(edge.read(0));
    REQUIRE(edge.output.flush_due(start, true));
    edge.read_all();
    REQUIRE(edge.received[0] == std::vector<std::string>{"1", "2"});
}

TEST_CASE("automatic: nothing waits longer than a millisecond") {
    Edge<int> edge(1, BatchMode::automatic());
    REQUIRE(edge.output.deadline() == never);
    edge.output.append(0, 1);
    REQUIRE_FALSE(edge.output.flush_due(start, false));
    REQUIRE(edge.output.deadline() == start + milliseconds(1));
    REQUIRE_FALSE(edge.output.flush_due(start + std::chrono::microseconds(999), false));
    REQUIRE(edge.output.flush_due(start + milliseconds(1), false));
    REQUIRE(edge.output.deadline() == never);
    REQUIRE(edge.read(0));
}

TEST_CASE("fixed: only the number of items counts") {
    Edge<int> edge(1, BatchMode::fixed(3));
    edge.output.append(0, 1);
    edge.output.append(0, 2);
    REQUIRE_FALSE(edge.output.flush_due(start, true));
    REQUIRE_FALSE(edge.output.flush_due(start + std::chrono::hours(1), true));
    REQUIRE(edge.output.deadline() == never);
    edge.output.append(0, 3);
    REQUIRE(edge.read(0));
    REQUIRE(edge.counts == std::vector<std::size_t>{3});
}

TEST_CASE("single: every item leaves by itself") {
    Edge<int> edge(1, BatchMode::single());
    send_slabs(edge, 4);
    edge.read_all();
    REQUIRE(edge.counts == std::vector<std::size_t>{1, 1, 1, 1});
}

TEST_CASE("adaptive: the number of items, or the delay of the oldest") {
    Edge<int> edge(1, BatchMode::adaptive(2, milliseconds(5)));
    edge.output.append(0, 1);
    edge.output.append(0, 2);
    REQUIRE(edge.read(0));
    REQUIRE_FALSE(edge.output.flush_due(start, true));
    edge.output.append(0, 3);
    REQUIRE_FALSE(edge.output.flush_due(start, true));
    REQUIRE(edge.output.deadline() == start + milliseconds(5));
    REQUIRE_FALSE(edge.output.flush_due(start + milliseconds(4), true));
    REQUIRE(edge.output.flush_due(start + milliseconds(5), false));
    edge.output.append(0, 4);
    REQUIRE_FALSE(edge.output.flush_due(start + milliseconds(20), false));
    REQUIRE(edge.output.deadline() == start + milliseconds(25));
    edge.read_all();
    REQUIRE(edge.counts == std::vector<std::size_t>{2, 1});
}

TEST_CASE("timed: what is there leaves at each tick") {
    Edge<int> edge(1, BatchMode::timed(100, milliseconds(10)));
    REQUIRE_FALSE(edge.output.flush_due(start, true));
    edge.output.append(0, 1);
    REQUIRE_FALSE(edge.output.flush_due(start + milliseconds(8), true));
    edge.output.append(0, 2);
    REQUIRE(edge.output.deadline() == start + milliseconds(10));
    REQUIRE(edge.output.flush_due(start + milliseconds(10), true));
    REQUIRE_FALSE(edge.output.flush_due(start + milliseconds(20), true));
    edge.output.append(0, 3);
    REQUIRE_FALSE(edge.output.flush_due(start + milliseconds(29), true));
    REQUIRE(edge.output.flush_due(start + milliseconds(30), true));
    edge.read_all();
    REQUIRE(edge.counts == std::vector<std::size_t>{2, 1});
}

TEST_CASE("a delay that the clock cannot measure is never over") {
    constexpr auto centuries = BatchMode::Duration::max() - milliseconds(1);
    for (const BatchMode mode :
         {BatchMode::adaptive(4, centuries), BatchMode::timed(4, centuries)}) {
        Edge<int> edge(1, mode);
        edge.output.append(0, 1);
        REQUIRE_FALSE(edge.output.flush_due(start, false));
        REQUIRE(edge.output.deadline() == never);
        REQUIRE_FALSE(edge.output.flush_due(start + std::chrono::hours(24), true));
    }
}
