// expects: FilterMapFunction
#include <renoir/renoir.hpp>

void filter_map_without_an_optional(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.filter_map([](int number) { return number; }).for_each([](const auto&) {});
#else
    stream.filter_map([](int number) { return std::optional(number); }).for_each([](const auto&) {
    });
#endif
}
