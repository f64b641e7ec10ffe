// expects: FilterFunction
#include <renoir/renoir.hpp>

void filter_without_a_truth_value(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.filter([](int number) { return std::to_string(number); }).for_each([](const auto&) {});
#else
    stream.filter([](int number) { return number > 0; }).for_each([](const auto&) {});
#endif
}
