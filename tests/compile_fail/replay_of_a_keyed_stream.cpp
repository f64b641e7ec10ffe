// expects: the body of replay must return a Stream
#include <renoir/renoir.hpp>

void replay_of_a_keyed_stream(renoir::StreamContext& ctx) {
    ctx.stream_iter(std::vector<int>{1, 2, 3})
        .replay(
            3, 0,
            [](auto numbers, renoir::IterationState<int>) {
                auto sums = numbers.group_by([](int n) { return n % 2; }).sum();
#ifdef WITH_MISTAKE
                return sums;
#else
                return sums.drop_key();
#endif
            },
            0, [](int& sum, int n) { sum += n; }, [](int& all, int sum) { all += sum; },
            [](int&) { return true; })
        .for_each([](int) {});
}
