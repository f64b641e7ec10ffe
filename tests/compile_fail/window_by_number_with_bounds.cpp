// expects: a window by number has no bounds in time
#include <renoir/renoir.hpp>

void window_by_number_with_bounds(renoir::StreamContext& ctx) {
    auto windows = ctx.stream_iter(std::vector<int>{1, 2, 3})
                       .group_by([](int n) { return n % 2; })
                       .window(renoir::CountWindow::tumbling(2));
#ifdef WITH_MISTAKE
    std::move(windows).with_window().sum().for_each([](int, auto) {});
#else
    std::move(windows).sum().for_each([](int, auto) {});
#endif
}
