// expects: MapFunction
#include <renoir/renoir.hpp>

void map_to_nothing(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.map([](int) {}).for_each([](const auto&) {});
#else
    stream.map([](int number) { return number; }).for_each([](const auto&) {});
#endif
}
