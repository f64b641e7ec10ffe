// expects: ReplicatedFunction
#include <renoir/renoir.hpp>

void map_by_a_function_that_cannot_be_copied(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.map([only = std::make_unique<int>(1)](int number) { return number + *only; })
        .for_each([](const auto&) {});
#else
    stream.map([shared = std::make_shared<int>(1)](int number) { return number + *shared; })
        .for_each([](const auto&) {});
#endif
}
