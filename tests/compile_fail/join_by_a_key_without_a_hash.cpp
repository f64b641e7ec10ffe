// expects: ship_hash() needs a key with a hash
#include <renoir/renoir.hpp>

void join_by_a_key_without_a_hash(renoir::StreamContext& ctx) {
    auto left = ctx.stream_iter(std::vector<int>{1, 2, 3});
    auto right = ctx.stream_iter(std::vector<int>{1, 2, 3});
    const auto numbers = [](int n) { return std::vector<int>{n}; };
    auto join = left.join_with(std::move(right), numbers, numbers);
#ifdef WITH_MISTAKE
    std::move(join).ship_hash().local_sort_merge().inner().for_each(
        [](const auto&, const auto&) {});
#else
    std::move(join).ship_broadcast_right().local_sort_merge().inner().for_each([](const auto&) {});
#endif
}
