// expects: flatten: the items of this stream are not ranges
#include <renoir/renoir.hpp>

void flatten_of_numbers(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.flatten().for_each([](const auto&) {});
#else
    stream.map([](int number) { return std::vector{number}; }).flatten().for_each([](const auto&) {
    });
#endif
}
