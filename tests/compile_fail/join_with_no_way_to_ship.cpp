// expects: JoinByShipping
#include <renoir/renoir.hpp>

void join_with_no_way_to_ship(renoir::StreamContext& ctx) {
    auto left = ctx.stream_iter(std::vector<int>{1, 2, 3});
    auto right = ctx.stream_iter(std::vector<int>{1, 2, 3});
    const auto number = [](int n) { return n; };
#ifdef WITH_MISTAKE
    left.join_with(std::move(right), number, number).inner().for_each([](const auto&) {});
#else
    left.join_with(std::move(right), number, number)
        .ship_hash()
        .local_hash()
        .inner()
        .for_each([](const auto&, const auto&) {});
#endif
}
