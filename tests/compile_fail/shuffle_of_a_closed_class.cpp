// expects: specialise renoir::Codec
// expects: or renoir::enable_flat
#include <renoir/renoir.hpp>

namespace {

class Account {
 public:
    explicit Account(int number) : number_(number) {}
    [[nodiscard]] int number() const { return number_; }

 private:
    int number_;
};

}  // namespace

void shuffle_of_a_closed_class(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.map([](int number) { return Account(number); }).shuffle().for_each([](const auto&) {});
#else
    stream.map([](int number) { return std::pair(number, number); })
        .shuffle()
        .for_each([](const auto&) {});
#endif
}
