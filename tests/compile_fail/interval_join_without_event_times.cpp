// expects: interval_join: both streams need event times
#include <renoir/renoir.hpp>

void interval_join_without_event_times(renoir::StreamContext& ctx) {
    const auto number = [](int n) { return n; };
    auto left = ctx.stream_iter(std::vector<int>{1, 2, 3});
    auto right = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    left.group_by(number)
        .interval_join(right.group_by(number), -1, 1)
        .for_each([](int, const auto&) {});
#else
    const auto strategy = renoir::WatermarkStrategy::monotonous();
    left.add_timestamps(number, strategy)
        .group_by(number)
        .interval_join(right.add_timestamps(number, strategy).group_by(number), -1, 1)
        .for_each([](int, const auto&) {});
#endif
}
