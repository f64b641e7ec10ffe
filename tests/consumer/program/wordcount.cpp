#include <iostream>

#include <renoir/renoir.hpp>

int main(int argc, char** argv) {
    auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    renoir::StreamContext ctx(config);

    auto counts = ctx.stream_file(args.at(1))
                      .flat_map([](std::string_view line) { return renoir::text::words(line); })
                      .group_by([](std::string_view word) { return word; })
                      .count()
                      .collect_vec();

    ctx.execute_blocking();
    if (auto rows = counts.get())
        for (auto& [word, n] : *rows) std::cout << word << '\t' << n << '\n';
}
