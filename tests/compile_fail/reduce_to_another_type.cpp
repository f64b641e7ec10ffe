// expects: ReduceFunction
#include <renoir/renoir.hpp>

void reduce_to_another_type(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.reduce([](int a, int b) { return std::to_string(a + b); }).for_each([](const auto&) {});
#else
    stream.reduce([](int a, int b) { return a + b; }).for_each([](const auto&) {});
#endif
}
