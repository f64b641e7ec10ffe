// expects: specialise renoir::Codec
#include <renoir/renoir.hpp>

namespace {

struct Collected {
    int number;
    const int* pointer;
};

}  // namespace

void collect_vec_of_pointers(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    static_cast<void>(stream.map([](int number) {
                                return Collected{number, nullptr};
                            })
                          .collect_vec());
#else
    static_cast<void>(stream.map([](int number) { return std::pair(number, 1); }).collect_vec());
#endif
}
