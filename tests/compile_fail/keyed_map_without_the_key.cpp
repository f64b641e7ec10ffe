// expects: MapFunction
#include <renoir/renoir.hpp>

void keyed_map_without_the_key(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.group_by([](int number) { return number % 2; })
        .map([](int number) { return number; })
        .unkey()
        .for_each([](const auto&) {});
#else
    stream.group_by([](int number) { return number % 2; })
        .map([](int key, int number) { return key + number; })
        .unkey()
        .for_each([](const auto&) {});
#endif
}
