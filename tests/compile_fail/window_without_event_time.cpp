// expects: this stream has none; give it some by add_timestamps
#include <renoir/renoir.hpp>

using namespace std::chrono_literals;

void window_without_event_time(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
    const auto windows = renoir::EventTimeWindow::tumbling(1s);
#ifdef WITH_MISTAKE
    stream.group_by([](int n) { return n % 2; }).window(windows).count().for_each([](int, auto) {});
#else
    stream.add_timestamps([](int n) { return n; }, renoir::WatermarkStrategy::monotonous())
        .group_by([](int n) { return n % 2; })
        .window(windows)
        .count()
        .for_each([](int, auto) {});
#endif
}
