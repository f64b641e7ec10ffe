// expects: specialise renoir::Codec
#include <renoir/renoir.hpp>

namespace {

struct Broadcast {
    int number;
    const int* pointer;
};

}  // namespace

void broadcast_of_pointers(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.map([](int number) {
              return Broadcast{number, nullptr};
          })
        .broadcast()
        .for_each([](const auto&) {});
#else
    stream.map([](int number) { return std::pair(number, 1); })
        .broadcast()
        .for_each([](const auto&) {});
#endif
}
