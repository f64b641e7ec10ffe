// expects: they are the items of the next round
#include <renoir/renoir.hpp>

void iterate_to_another_item(renoir::StreamContext& ctx) {
    auto [state, items] = ctx.stream_iter(std::vector<int>{1, 2, 3})
                              .iterate(
                                  3, 0,
                                  [](auto numbers, renoir::IterationState<int>) {
#ifdef WITH_MISTAKE
                                      return numbers.map([](int n) { return n * 0.5; });
#else
                                      return numbers.map([](int n) { return n * 2; });
#endif
                                  },
                                  0, [](int& sum, const auto&) { ++sum; },
                                  [](int& all, int sum) { all += sum; }, [](int&) { return true; });
    state.for_each([](int) {});
    items.for_each([](int) {});
}
