// expects: both sides of a join must have keys of the same type
#include <renoir/renoir.hpp>

void join_on_keys_of_two_types(renoir::StreamContext& ctx) {
    auto left = ctx.stream_iter(std::vector<int>{1, 2, 3});
    auto right = ctx.stream_iter(std::vector<int>{1, 2, 3});
    const auto number = [](int n) { return n; };
#ifdef WITH_MISTAKE
    const auto text = [](int n) { return std::to_string(n); };
    left.join(std::move(right), number, text).for_each([](const auto&, const auto&) {});
#else
    left.join(std::move(right), number, number).for_each([](const auto&, const auto&) {});
#endif
}
