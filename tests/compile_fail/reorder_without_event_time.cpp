// expects: add_timestamps
#include <renoir/renoir.hpp>

void reorder_without_event_time(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.reorder().for_each([](int) {});
#else
    stream.add_timestamps([](int n) { return n; }, renoir::WatermarkStrategy::monotonous())
        .reorder()
        .for_each([](int) {});
#endif
}
