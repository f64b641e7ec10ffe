// What windows keep: states leave with their window, and rounds of a loop share nothing.

#include "windows.hpp"

#include <atomic>
#include <ranges>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;
using renoir::CountWindow;

/// A state that knows how many of its kind there are.
class CountedState {
 public:
    CountedState() { count_one(); }
    CountedState(const CountedState& other) : sum(other.sum) { count_one(); }
    CountedState(CountedState&& other) noexcept : sum(other.sum) { count_one(); }
    CountedState& operator=(const CountedState&) = default;
    ~CountedState() { --alive_; }

    static void start_anew() { most_ = alive_.load(); }
    [[nodiscard]] static std::int64_t most() { return most_; }

    int sum = 0;

 private:
    static void count_one() {
        const std::int64_t alive = ++alive_;
        std::int64_t most = most_;
        while (alive > most && !most_.compare_exchange_weak(most, alive)) {
        }
    }
    static inline std::atomic<std::int64_t> alive_ = 0;
    static inline std::atomic<std::int64_t> most_ = 0;
};

/// What the windows of all rounds give: round, sum of a window.
struct Sums {
    int round = 0;
    std::vector<std::pair<int, int>> sums;
};

constexpr int keys = 100'000;

/// Each key for a short while only, ten keys a millisecond.
auto short_lived_keys(StreamContext& ctx) {
    return ctx.stream_iter(std::views::iota(0, keys))
        .add_timestamps([](int n) { return n / 10; }, WatermarkStrategy::monotonous())
        .group_by([](int n) { return n; })
        .map([](int, int) { return 1; });
}

void add(CountedState& state, int n) {
    state.sum += n;
}
void combine(CountedState& state, const CountedState& other) {
    state.sum += other.sum;
}

/// Sums the results of all windows, with few states alive at any time.
template <class Windows>
void expect_few_states(const Windows& windows, int expected) {
    CountedState::start_anew();
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto folded = short_lived_keys(ctx)
                      .window(windows)
                      .fold_assoc(CountedState(), add, combine)
                      .unkey()
                      .map([](const auto& result) { return result.second.sum; })
                      .fold(0, [](int& all, int sum) { all += sum; })
                      .collect_vec();
    ctx.execute_blocking();
    CHECK(folded.get() == std::vector{expected});
    CHECK(CountedState::most() < keys / 4);
}

}  // namespace

TEST_CASE("bug 8.20: the states of a window leave with it") {
    expect_few_states(EventTimeWindow::tumbling(10ms), keys);
    expect_few_states(EventTimeWindow::tumbling(10ms).allowed_lateness(50ms), keys);
    expect_few_states(EventTimeWindow::sliding(20ms, 5ms), 4 * keys);
    expect_few_states(EventTimeWindow::sliding(20ms, 5ms).allowed_lateness(50ms), 4 * keys);
    expect_few_states(EventTimeWindow::session(5ms), keys);
    expect_few_states(CountWindow::tumbling(1), keys);
}

TEST_CASE("windows by number forget a key whose windows are complete", "[ranks]") {
    // Each key comes in several runs of three, far apart; a run is a window whatever came before.
    constexpr int runs = 5;
    constexpr int many = 4000;
    std::vector<int> items;
    for (int run = 0; run < runs; ++run) {
        for (int n = 0; n < 3 * many; ++n) items.push_back(n / 3);
    }
    std::vector<std::pair<int, std::uint64_t>> expected;
    for (int key = 0; key < many; ++key) expected.insert(expected.end(), runs, {key, 3});
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("counts",
                     ctx.stream_iter(items)
                         .group_by([](int n) { return n; })
                         .window(CountWindow::tumbling(3))
                         .count(),
                     expected);
    });
}

TEST_CASE("bug 8.7: windows in a loop begin anew in each round", "[ranks]") {
    // Round r has the items from 0 to 60 - 10 r, so keys and windows of one round are not in the
    // next.
    std::vector<std::pair<int, int>> expected;
    for (int round = 0; round < 3; ++round) {
        std::map<std::pair<int, int>, int> windows;  // by key and start
        for (int n = 0; n < 60 - 10 * round; ++n) windows[{n / 20, n / 8}] += n;
        for (const auto& [window, sum] : windows) expected.emplace_back(round, sum);
    }
    std::sort(expected.begin(), expected.end());
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto last = ctx.stream_par_iter(0, 60).replay(
            3, Sums(),
            [](auto items, renoir::IterationState<Sums> state) {
                return items.filter([state](int n) { return n < 60 - 10 * state.get().round; })
                    .add_timestamps([](int n) { return n; },
                                    WatermarkStrategy::bounded_out_of_orderness(1s))
                    .group_by([](int n) { return n / 20; })
                    .window(EventTimeWindow::tumbling(8ms))
                    .sum()
                    .drop_key()
                    .drop_timestamps();
            },
            std::vector<int>(), [](std::vector<int>& sums, int sum) { sums.push_back(sum); },
            [](Sums& all, const std::vector<int>& sums) {
                for (const int sum : sums) all.sums.emplace_back(all.round, sum);
            },
            [](Sums& all) {
                ++all.round;
                return true;
            });
        expect.items("sums", last.map([](Sums all) {
            std::sort(all.sums.begin(), all.sums.end());
            return all.sums;
        }),
                     std::vector<std::vector<std::pair<int, int>>>{expected});
    });
}
