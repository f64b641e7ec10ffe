// Local aggregation before an exchange, where there are too many keys for it and where there are
// few.

#include "expectations.hpp"

namespace {

using namespace stream_test;

constexpr std::uint64_t items_of_a_phase = 700'000;

/// Phases of distinct keys around one in which each key comes often: local aggregation steps aside,
/// comes back and steps aside again.
std::uint64_t changing_key(std::uint64_t item) {
    const bool reduces = item / items_of_a_phase == 1;
    return reduces ? item % 1000 : item;
}

/// Of 700 000 items with a key of their own and 1000 keys that come 700 times, and once before.
struct Summary {
    std::uint64_t keys = 0;
    std::uint64_t items = 0;
    std::uint64_t sum_of_keys = 0;
    std::uint64_t largest_count = 0;

    void add(const Summary& other) {
        keys += other.keys;
        items += other.items;
        sum_of_keys += other.sum_of_keys;
        largest_count = std::max(largest_count, other.largest_count);
    }
    friend auto operator<=>(const Summary&, const Summary&) = default;
};

Summary expected_summary() {
    const std::uint64_t last = 3 * items_of_a_phase;
    Summary expected;
    expected.keys = 2 * items_of_a_phase;
    expected.items = last;
    for (std::uint64_t item = 0; item < last; ++item) expected.sum_of_keys += changing_key(item);
    expected.largest_count = items_of_a_phase / 1000 + 1;
    return expected;
}

template <class ToKey, class ToNumber>
auto summarised_counts(StreamContext& ctx, ToKey to_key, ToNumber to_number) {
    // Replica by replica the phases come in turn.
    const auto share = [](std::size_t replica, std::size_t replicas) {
        return std::views::iota(std::uint64_t{0}, 3 * items_of_a_phase) |
               std::views::filter([=](std::uint64_t item) { return item % replicas == replica; });
    };
    return ctx.stream_par_iter(share)
        .group_by([to_key](std::uint64_t item) { return to_key(changing_key(item)); })
        .count()
        .unkey()
        .map([to_number](const auto& row) {
            return Summary{1, row.second, to_number(row.first) * row.second, row.second};
        })
        .reduce_assoc([](Summary& sum, const Summary& other) { sum.add(other); });
}

std::vector<Layout> two_layouts() {
    Layout one_rank, two_ranks;
    one_rank.workers = 2;
    two_ranks.ranks = 2;
    two_ranks.workers = 2;
    return {one_rank, two_ranks};
}

}  // namespace

TEST_CASE("millions of distinct numbers are counted exactly", "[ranks]") {
    const std::vector<Summary> expected{expected_summary()};
    expect_in(two_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto same = [](std::uint64_t key) { return key; };
        expect.items("counts", summarised_counts(ctx, same, same), expected);
    });
}

TEST_CASE("millions of distinct texts, short and long, are counted exactly", "[ranks]") {
    const std::vector<Summary> expected{expected_summary()};
    const auto to_text = [](std::uint64_t key) {
        const std::string digits = std::to_string(key);
        return key % 2 == 0 ? digits : digits + " is a key of some length";
    };
    const auto to_number = [](const std::string& text) {
        return static_cast<std::uint64_t>(std::stoull(text));
    };
    expect_in(two_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("counts", summarised_counts(ctx, to_text, to_number), expected);
    });
}
