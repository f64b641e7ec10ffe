// Joins of streams with event time: the time of a pair, and what the watermarks behind a join
// promise.

#include "join_references.hpp"

#include <map>

namespace {

using namespace stream_test;
using namespace std::chrono_literals;
using renoir::Timestamp;
using renoir::WatermarkStrategy;

/// Times that jump back, below zero too, but never by more than 20.
Timestamp time_of(int n) {
    return 3 * n - 200 + (n * 7919) % 20;
}

Timestamp other_time_of(int n) {
    return 2 * n - 100 - (n * 104'729) % 20;
}

int seventh(int number) {
    return number % 7;
}

int fifth(int number) {
    return number % 5;
}

auto left_side(StreamContext& ctx, int count) {
    return ctx.stream_par_iter(0, count).add_timestamps(
        time_of, WatermarkStrategy::bounded_out_of_orderness(20ms));
}

auto right_side(StreamContext& ctx, int count) {
    return ctx.stream_iter(numbers(count))
        .add_timestamps(other_time_of, WatermarkStrategy::bounded_out_of_orderness(20ms));
}

/// The later one of the times that a row has.
template <class A, class B>
Timestamp time_of_row(const std::pair<A, B>& row) {
    if constexpr (std::same_as<A, int> && std::same_as<B, int>) {
        return std::max(time_of(row.first), other_time_of(row.second));
    } else if constexpr (std::same_as<A, int>) {
        return row.second ? time_of_row(std::pair(row.first, *row.second)) : time_of(row.first);
    } else {
        return row.first ? time_of_row(std::pair(*row.first, row.second))
                         : other_time_of(*row.second);
    }
}

template <class Rows>
auto with_times(const Rows& rows) {
    return mapped(rows, [](const auto& row) { return std::pair(row, time_of_row(row.second)); });
}

/// Puts the rows of a stream in order of time, which holds only where no watermark promised too
/// much: a late row comes out of order.
template <class AnyStream>
auto lateness(AnyStream stream) {
    return stream.reorder().with_timestamps().rich_map(
        [last = renoir::timestamp_min](const auto& row) mutable {
            const bool is_late = row.second < last;
            last = std::max(last, row.second);
            return is_late ? 1 : 0;
        });
}

}  // namespace

TEST_CASE("bug 8.10: streams with event time join, and a pair has the later time", "[ranks]") {
    const NestedLoops expected(numbers(60), numbers(40), seventh, fifth);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto with = [&] {
            return left_side(ctx, 60).join_with(right_side(ctx, 40), seventh, fifth);
        };
        expect.items("hash, inner",
                     with().ship_hash().local_hash().inner().unkey().with_timestamps(),
                     with_times(expected.inner()));
        expect.items("hash, left", with().ship_hash().local_hash().left().unkey().with_timestamps(),
                     with_times(expected.left()));
        expect.items("hash, outer",
                     with().ship_hash().local_hash().outer().unkey().with_timestamps(),
                     with_times(expected.outer()));
        expect.items("sort-merge, outer",
                     with().ship_hash().local_sort_merge().outer().unkey().with_timestamps(),
                     with_times(expected.outer()));
        expect.items("broadcast, left",
                     with().ship_broadcast_right().local_hash().left().with_timestamps(),
                     with_times(expected.left()));
        expect.items("keyed",
                     left_side(ctx, 60)
                         .group_by(seventh)
                         .map([](int, int n) { return n; })
                         .outer_join(right_side(ctx, 40).group_by(fifth))
                         .unkey()
                         .with_timestamps(),
                     with_times(expected.outer()));
    });
}

TEST_CASE("no row of a join is late for the watermarks that come out with it", "[ranks]") {
    const NestedLoops expected(numbers(300), numbers(200), seventh, fifth);
    const auto none_late = [](std::size_t rows) { return std::vector<int>(rows, 0); };
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto with = [&] {
            return left_side(ctx, 300).join_with(right_side(ctx, 200), seventh, fifth).ship_hash();
        };
        expect.items("inner", lateness(with().local_hash().inner().unkey()),
                     none_late(expected.inner().size()));
        expect.items("left", lateness(with().local_hash().left().unkey()),
                     none_late(expected.left().size()));
        expect.items("outer", lateness(with().local_hash().outer().unkey()),
                     none_late(expected.outer().size()));
        expect.items("sort-merge", lateness(with().local_sort_merge().outer().unkey()),
                     none_late(expected.outer().size()));
    });
}
