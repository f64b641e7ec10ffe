// expects: nobody knows which results belong to which item
#include <renoir/renoir.hpp>

void flat_map_batch_with_event_time(renoir::StreamContext& ctx) {
    auto stream =
        ctx.stream_iter(std::vector<int>{1, 2, 3})
            .add_timestamps([](int n) { return n; }, renoir::WatermarkStrategy::monotonous());
    const auto copied = [](std::span<const int> in) {
        return std::vector<int>(in.begin(), in.end());
    };
#ifdef WITH_MISTAKE
    stream.flat_map_batch(copied).for_each([](int) {});
#else
    stream.drop_timestamps().flat_map_batch(copied).for_each([](int) {});
#endif
}
