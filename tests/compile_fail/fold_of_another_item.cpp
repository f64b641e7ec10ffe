// expects: FoldFunction
#include <renoir/renoir.hpp>

void fold_of_another_item(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.fold(0, [](int& sum, const std::string& text) { sum += static_cast<int>(text.size()); })
        .for_each([](const auto&) {});
#else
    stream.fold(0, [](int& sum, int number) { sum += number; }).for_each([](const auto&) {});
#endif
}
