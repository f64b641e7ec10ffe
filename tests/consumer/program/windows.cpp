#include <iostream>

#include <renoir/renoir.hpp>

using namespace std::chrono_literals;

struct Click {
    std::int64_t time;  // milliseconds since the epoch
    std::string page;
};

int main(int argc, char** argv) {
    auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    renoir::StreamContext ctx(config);

    auto counts =
        ctx.stream_csv<Click>(args.at(1))
            .add_timestamps(&Click::time, renoir::WatermarkStrategy::bounded_out_of_orderness(5s))
            .group_by(&Click::page)
            .window(renoir::EventTimeWindow::sliding(10min, 5min))
            .with_window()
            .count()
            .collect_vec();

    ctx.execute_blocking();
    if (auto rows = counts.get())
        for (auto& [page, count] : *rows)
            std::cout << count.window.start << '\t' << page << '\t' << count.value << '\n';
}
