// expects: one side of a join has event times and the other has not
#include <renoir/renoir.hpp>

void join_of_timed_and_untimed(renoir::StreamContext& ctx) {
    const auto number = [](int n) { return n; };
    auto left = ctx.stream_iter(std::vector<int>{1, 2, 3})
                    .add_timestamps(number, renoir::WatermarkStrategy::monotonous());
    auto right = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    left.join(std::move(right), number, number).for_each([](const auto&, const auto&) {});
#else
    left.drop_timestamps()
        .join(std::move(right), number, number)
        .for_each([](const auto&, const auto&) {});
#endif
}
