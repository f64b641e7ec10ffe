// expects: FlatMapFunction
#include <renoir/renoir.hpp>

void flat_map_without_a_range(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.flat_map([](int number) { return number; }).for_each([](const auto&) {});
#else
    stream.flat_map([](int number) { return std::vector{number}; }).for_each([](const auto&) {});
#endif
}
