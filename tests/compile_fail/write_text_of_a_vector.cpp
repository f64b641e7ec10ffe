// expects: write_text: map the items of this stream to text first
#include <renoir/renoir.hpp>

void write_text_of_a_vector(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream.map([](int number) { return std::vector{number}; }).write_text("never.txt");
#else
    stream.map([](int number) { return std::pair(number, std::string("text")); })
        .write_text("never.txt");
#endif
}
