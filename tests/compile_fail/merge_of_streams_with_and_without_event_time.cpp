// expects: drop_timestamps
#include <renoir/renoir.hpp>

void merge_of_streams_with_and_without_event_time(renoir::StreamContext& ctx) {
    auto plain = ctx.stream_iter(std::vector<int>{1, 2, 3});
    auto timed =
        ctx.stream_iter(std::vector<int>{1, 2, 3})
            .add_timestamps([](int n) { return n; }, renoir::WatermarkStrategy::monotonous());
#ifdef WITH_MISTAKE
    std::move(plain).merge(std::move(timed)).for_each([](int) {});
#else
    std::move(plain).merge(timed.drop_timestamps()).for_each([](int) {});
#endif
}
