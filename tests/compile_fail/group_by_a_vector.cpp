// expects: KeyFunction
// expects: Hashable
#include <renoir/renoir.hpp>

#include <array>

void group_by_a_vector(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    static_cast<void>(
        stream.group_by([](int number) { return std::vector{number}; }).count().collect_vec());
#else
    static_cast<void>(
        stream.group_by([](int number) { return std::array{number}; }).count().collect_vec());
#endif
}
