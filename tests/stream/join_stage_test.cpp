// What one replica of a join does step by step: how much it emits and keeps, and that it begins
// each round anew.

#include "catch.hpp"

#include <renoir/renoir.hpp>

#include <memory>

namespace {

using renoir::JoinVariant;
using renoir::Mark;
using renoir::MarkKind;
using renoir::OperatorInfo;
using renoir::Timed;
using renoir::Timestamp;

/// A row that is counted as long as it lives.
struct Row {
    int key = 0;
    std::shared_ptr<int> token;
};

struct KeyOfRow {
    int operator()(const Row& row) const { return row.key; }
};

using Items = renoir::detail::ItemsWithKey<int, Row, KeyOfRow>;
using TimedItems = renoir::detail::TimedItems<Items>;

/// What came out: the number of rows, and behind how many of them each mark came.
struct Outcome {
    std::size_t rows = 0;
    std::vector<std::pair<MarkKind, std::size_t>> marks;
};

struct Sink {
    Outcome* outcome;
    void push(auto&&) { ++outcome->rows; }
    void control(const Mark& mark) { outcome->marks.emplace_back(mark.kind, outcome->rows); }
};

const OperatorInfo info{"join", std::source_location::current()};
const Mark end_of_round{MarkKind::end_of_round, 0};

template <JoinVariant variant>
auto hash_join(Outcome& outcome) {
    return renoir::detail::HashJoinStage<Items, Items, variant, Sink>({info, {}}, {info, {}},
                                                                      Sink{&outcome});
}

template <JoinVariant variant>
auto sort_merge_join(Outcome& outcome) {
    return renoir::detail::SortMergeJoinStage<Items, Items, variant, Sink>({info, {}}, {info, {}},
                                                                           Sink{&outcome});
}

void end_round(auto& stage) {
    if constexpr (requires { stage.end_left(); }) {
        stage.end_left();
        stage.end_right();
    }
    stage.control(end_of_round);
}

/// Steps until the stage is done; the largest number of rows of one step.
std::size_t most_of_a_step(auto& stage, const Outcome& outcome) {
    std::size_t most = 0;
    for (bool is_done = false; !is_done;) {
        const std::size_t before = outcome.rows;
        is_done = stage.catch_up();
        most = std::max(most, outcome.rows - before);
    }
    return most;
}

constexpr std::size_t flood = 300;
constexpr std::size_t most_in_a_step = 10'000;

/// A key that floods both sides, then one side alone.
void expect_bounded_steps(auto stage, Outcome& outcome, std::size_t alone) {
    REQUIRE(stage.catch_up());
    for (std::size_t i = 0; i < flood; ++i) stage.push_left({1, nullptr});
    std::size_t most = 0;
    for (std::size_t i = 0; i < flood; ++i) {
        // As a slab would: some rows come together, whatever was left behind.
        if (i % 100 == 0) most = std::max(most, most_of_a_step(stage, outcome));
        stage.push_right({1, nullptr});
    }
    for (std::size_t i = 0; i < alone; ++i) stage.push_left({2, nullptr});
    const std::size_t before = outcome.rows;
    end_round(stage);
    most = std::max(most, outcome.rows - before);
    most = std::max(most, most_of_a_step(stage, outcome));
    REQUIRE(most <= most_in_a_step);
    REQUIRE(outcome.rows == flood * flood + alone);
    REQUIRE(outcome.marks == std::vector{std::pair(MarkKind::end_of_round, outcome.rows)});
}

}  // namespace

TEST_CASE("no step of a join emits without bound, and marks come behind the rows before them") {
    Outcome hash, merge;
    expect_bounded_steps(hash_join<JoinVariant::left>(hash), hash, 30'000);
    expect_bounded_steps(sort_merge_join<JoinVariant::left>(merge), merge, 30'000);
}

TEST_CASE("a join keeps no row over the end of a round") {
    const auto token = std::make_shared<int>();
    const auto run = [&](auto stage, Outcome& outcome) {
        for (std::size_t round = 1; round <= 3; ++round) {
            REQUIRE(stage.catch_up());
            for (int key = 0; key < 10; ++key) stage.push_left({key, token});
            for (int key = 5; key < 25; ++key) stage.push_right({key, token});
            end_round(stage);
            // 5 pairs, 5 of the left and 15 of the right side alone.
            REQUIRE(outcome.rows == 25 * round);
            REQUIRE(token.use_count() == 1);
        }
        for (int key = 0; key < 10; ++key) stage.push_left({key, token});
        end_round(stage);
        REQUIRE(outcome.rows == 25 * 3 + 10);
    };
    Outcome hash, merge;
    run(hash_join<JoinVariant::outer>(hash), hash);
    run(sort_merge_join<JoinVariant::outer>(merge), merge);
}

TEST_CASE("a hash join keeps no row of a side when the other side has ended") {
    const auto token = std::make_shared<int>();
    Outcome outcome;
    auto stage = hash_join<JoinVariant::left>(outcome);
    for (int key = 0; key < 100; ++key) stage.push_left({key, token});
    for (int key = 0; key < 50; ++key) stage.push_right({key, token});
    REQUIRE(outcome.rows == 50);
    stage.end_right();
    REQUIRE(outcome.rows == 100);
    REQUIRE(token.use_count() == 51);
    for (int key = 0; key < 100; ++key) stage.push_left({key, token});
    REQUIRE(outcome.rows == 200);
    REQUIRE(token.use_count() == 51);
    stage.end_left();
    REQUIRE(token.use_count() == 1);
}

TEST_CASE("bug 8.8: an interval_join frees by the watermark what it cannot use any more") {
    const auto token = std::make_shared<int>();
    Outcome outcome;
    renoir::detail::IntervalJoinStage<TimedItems, TimedItems, Sink> stage(
        {{info, {}}}, {{info, {}}}, -10, 20, Sink{&outcome});
    std::int64_t most = 0;
    for (Timestamp time = -5000; time < 5000; ++time) {
        REQUIRE(stage.catch_up());
        const int key = static_cast<int>(time + 5000);
        // Keys of one side only, and one that both have all the time.
        stage.push_left({{key, token}, time});
        stage.push_right({{-key - 1, token}, time});
        stage.push_left({{1'000'000, token}, time});
        stage.push_right({{1'000'000, token}, time});
        stage.control({MarkKind::watermark, time});
        most = std::max<std::int64_t>(most, token.use_count());
    }
    // Two rows of the left side for 20 ms, two of the right side for 10 ms, and what a key drops
    // together.
    REQUIRE(most < 200);
    REQUIRE(outcome.marks.size() == 10'000);
    REQUIRE(outcome.rows > 10'000 * 29);
    stage.control(end_of_round);
    REQUIRE(token.use_count() == 1);
}
