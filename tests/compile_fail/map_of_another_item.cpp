// expects: MapFunction
#include <renoir/renoir.hpp>

void map_of_another_item(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.map([](const std::string& text) { return text.size(); }).for_each([](const auto&) {});
#else
    stream.map([](int number) { return number + 1; }).for_each([](const auto&) {});
#endif
}
