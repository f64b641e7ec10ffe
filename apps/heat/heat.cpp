// A simulation that analyses its own output while it runs: an MPI program spreads heat over a
// plate, and a job inside it computes the lowest, mean and highest temperature of every step.
//
//     mpirun -np 2 heat 1000 1000 --steps 200
//
// The simulation is the program and calls MPI for itself. Each rank feeds its rows to the job from
// its loop over time; the workers of the job run beside it.

#include "common/report.hpp"
#include "heat/plate.hpp"

#include <renoir/config/cli.hpp>
#include <renoir/mpi.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

struct Options {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t steps = 100;
    std::size_t workers = 1;
    int thread_level = MPI_THREAD_MULTIPLE;
    std::filesystem::path output;
    bool json = false;
};

/// What a rank hands to the job.
struct Row {
    std::uint64_t step = 0;
    std::vector<double> cells;
};

struct Statistics {
    std::uint64_t cells = 0;
    double sum = 0;
    double lowest = 0;
    double highest = 0;

    void merge(const Statistics& other) {
        cells += other.cells;
        sum += other.sum;
        lowest = std::min(lowest, other.lowest);
        highest = std::max(highest, other.highest);
    }
};

using StepStatistics = std::pair<std::uint64_t, Statistics>;

StepStatistics statistics_of(const Row& row) {
    Statistics statistics{row.cells.size(), 0, row.cells.front(), row.cells.front()};
    for (const double cell : row.cells) {
        statistics.sum += cell;
        statistics.lowest = std::min(statistics.lowest, cell);
        statistics.highest = std::max(statistics.highest, cell);
    }
    return {row.step, statistics};
}

Options read_options(int argc, char** argv) {
    const std::map<std::string, int> levels{{"funneled", MPI_THREAD_FUNNELED},
                                            {"serialized", MPI_THREAD_SERIALIZED},
                                            {"multiple", MPI_THREAD_MULTIPLE}};
    CLI::App app("Spreads heat over a plate and computes statistics of every step meanwhile.");
    Options options;
    const auto count = CLI::Range(std::size_t{1}, std::size_t{1} << 20);
    app.add_option("ROWS", options.rows, "Rows of the plate")->required()->check(count);
    app.add_option("COLUMNS", options.columns, "Columns of the plate")->required()->check(count);
    app.add_option("--steps", options.steps, "Steps of time")->check(count)->capture_default_str();
    app.add_option("--workers", options.workers, "Workers of the job on each rank")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    app.add_option("--threads", options.thread_level, "Thread level to initialise MPI with")
        ->transform(CLI::CheckedTransformer(levels));
    app.add_option(
        "--output", options.output,
        "Write step<TAB>lowest<TAB>mean<TAB>highest to this file instead of printing it");
    app.add_flag("--json", options.json, "End with one line of JSON");
    renoir::parse(app, argc, argv);
    return options;
}

/// The loop over time. Where the job has failed nobody takes rows any more, and wait() says why.
void simulate(const Options& options, renoir::ChannelSender<Row> sender) {
    heat::Plate plate(MPI_COMM_WORLD, options.rows, options.columns);
    for (std::size_t step = 0; step < options.steps; ++step) {
        plate.advance();
        for (std::size_t row = 0; row < plate.rows(); ++row) {
            const auto cells = plate.row(row);
            if (!sender.send({step, {cells.begin(), cells.end()}})) return;
        }
    }
}

std::vector<std::string> lines_of(std::vector<StepStatistics> statistics) {
    std::ranges::sort(statistics, {}, &StepStatistics::first);
    std::vector<std::string> lines;
    for (const auto& [step, of_step] : statistics) {
        const double mean = of_step.sum / static_cast<double>(of_step.cells);
        lines.push_back(std::to_string(step) + '\t' + std::to_string(of_step.lowest) + '\t' +
                        std::to_string(mean) + '\t' + std::to_string(of_step.highest));
    }
    return lines;
}

void report(const Options& options, const std::vector<std::string>& lines) {
    if (options.output.empty()) {
        for (const std::string& line : lines) std::cout << line << '\n';
        return;
    }
    renoir::AtomicFile file(options.output);
    for (const std::string& line : lines) file.write_row(line);
    file.commit();
}

void run(const Options& options) {
    renoir::StreamContext ctx(renoir::within_mpi(MPI_COMM_WORLD, options.workers));
    auto [sender, source] = renoir::channel_on_each_rank<Row>(256);
    auto statistics =
        ctx.stream(std::move(source))
            .map(statistics_of)
            .group_by([](const StepStatistics& row) { return row.first; })
            .map([](std::uint64_t, const StepStatistics& row) { return row.second; })
            .reduce_assoc([](Statistics& all, const Statistics& row) { all.merge(row); })
            .collect_vec();
    const double seconds = apps::seconds_of([&] {
        auto job = ctx.execute();
        simulate(options, std::move(sender));
        job.wait();
    });
    if (!ctx.is_root()) return;
    report(options, lines_of(*statistics.get()));
    if (options.json) apps::print_json("heat", seconds, options.rows * options.steps, ctx);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(&argc, &argv, options.thread_level, &provided);
    run(options);
    MPI_Finalize();
}
