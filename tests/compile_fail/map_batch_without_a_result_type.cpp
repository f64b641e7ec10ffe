// expects: BatchMapFunction
#include <renoir/renoir.hpp>

void map_batch_without_a_result_type(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
    const auto doubled = [](auto in, auto out) {
        for (std::size_t i = 0; i < in.size(); ++i) out[i] = 2 * in[i];
    };
#ifdef WITH_MISTAKE
    stream.map_batch(doubled).for_each([](int) {});
#else
    stream.map_batch<int>(doubled).for_each([](int) {});
#endif
}
