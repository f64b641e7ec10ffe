// expects: there is no outer() behind ship_broadcast_right()
#include <renoir/renoir.hpp>

void join_with_outer_behind_broadcast(renoir::StreamContext& ctx) {
    auto left = ctx.stream_iter(std::vector<int>{1, 2, 3});
    auto right = ctx.stream_iter(std::vector<int>{1, 2, 3});
    const auto number = [](int n) { return n; };
#ifdef WITH_MISTAKE
    left.join_with(std::move(right), number, number)
        .ship_broadcast_right()
        .local_hash()
        .outer()
        .for_each([](const auto&) {});
#else
    left.join_with(std::move(right), number, number)
        .ship_broadcast_right()
        .local_hash()
        .left()
        .for_each([](const auto&) {});
#endif
}
