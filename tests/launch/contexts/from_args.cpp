#include <iostream>

#include <renoir/renoir.hpp>

int main(int argc, char** argv) {
    auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    renoir::StreamContext ctx(config);

    auto multiples =
        ctx.stream_par_iter(0, 1000).filter([](int n) { return n % 3 == 0; }).collect_count();

    ctx.execute_blocking();
    if (auto count = multiples.get()) std::cout << *count << '\n';
}
