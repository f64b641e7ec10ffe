/// K-means by hand, the yardstick for the library's: every round looks at the distance of every
/// point to every centroid. The first K points are the first centroids; one that no point is
/// nearest to stays where it is.
///
///     baseline_kmeans 30 20 points.csv --threads 2 --json
///     baseline_kmeans 30 20 points.csv --output centroids.csv

#include <algorithm>
#include <barrier>
#include <cstdio>

#include "nearest.hpp"
#include "shared/failure.hpp"
#include "shared/output_file.hpp"
#include "shared/program.hpp"
#include "shared/share.hpp"
#include "shared/thread_team.hpp"

namespace {

using namespace baseline;

struct Task {
    std::size_t centroids = 0;
    unsigned rounds = 0;
    std::string file;
};

/// The rounds; what each block gathers is kept apart until all have done so.
class Rounds {
 public:
    Rounds(const Points& points, std::vector<Point> centroids)
        : blocks_(points.blocks()),
          centroids_(std::move(centroids)),
          gathered_(blocks_.size() * centroids_.size()) {}

    [[nodiscard]] const std::vector<Point>& run(unsigned rounds, unsigned threads) {
        std::barrier all_gathered(threads, [this]() noexcept { move_centroids(); });
        ThreadTeam(threads).run([&](unsigned thread) {
            for (unsigned round = 0; round < rounds; ++round) {
                gather(share_begin(blocks_.size(), thread, threads),
                       share_begin(blocks_.size(), thread + 1, threads));
                all_gathered.arrive_and_wait();
            }
        });
        return centroids_;
    }

 private:
    void gather(std::size_t first, std::size_t end) noexcept {
        for (std::size_t i = first; i < end; ++i) {
            const std::span sums(&gathered_[i * centroids_.size()], centroids_.size());
            std::fill(sums.begin(), sums.end(), Gathered{});
            add_to_nearest_(blocks_[i], centroids_, sums);
        }
    }

    void move_centroids() noexcept {
        for (std::size_t c = 0; c < centroids_.size(); ++c) {
            Gathered total;
            for (std::size_t i = c; i < gathered_.size(); i += centroids_.size()) {
                total.x += gathered_[i].x;
                total.y += gathered_[i].y;
                total.points += gathered_[i].points;
            }
            if (total.points == 0) continue;
            const auto points = static_cast<double>(total.points);
            centroids_[c] = {total.x / points, total.y / points};
        }
    }

    std::span<const Block> blocks_;
    std::vector<Point> centroids_;
    std::vector<Gathered> gathered_;  ///< of each block for each centroid
    AddToNearest add_to_nearest_ = fastest_add_to_nearest();
};

std::string lines_of(std::vector<Point> centroids) {
    std::sort(centroids.begin(), centroids.end());
    std::string lines;
    for (const Point& centroid : centroids) {
        std::array<char, 64> line;
        const int length =
            std::snprintf(line.data(), line.size(), "%.17g,%.17g\n", centroid.x, centroid.y);
        lines.append(line.data(), static_cast<std::size_t>(length));
    }
    return lines;
}

Summary find_clusters(const Task& task, const Request& request) {
    const InputFile file(task.file);
    OutputFile output(request.output);

    const Stopwatch stopwatch;
    const Points points(file, request.threads);
    if (points.size() < task.centroids) {
        throw Failure(2, "'" + task.file + "' has " + std::to_string(points.size()) +
                             " points; give a K that is not larger");
    }
    Rounds rounds(points, points.first(task.centroids));
    const std::vector<Point>& centroids = rounds.run(task.rounds, request.threads);
    const double seconds = stopwatch.seconds();

    if (output.wanted()) output.write(lines_of(centroids));
    return {.text = std::to_string(points.size()) + " points, " + std::to_string(task.centroids) +
                    " centroids, " + std::to_string(task.rounds) + " rounds",
            .seconds = seconds,
            .items = points.size(),
            .result = {}};
}

}  // namespace

int main(int argc, char** argv) {
    Task task;
    Program program("baseline_kmeans", "Finds clusters of points by hand-written code.");
    program.arguments()
        .add_option("K", task.centroids, "number of centroids")
        ->required()
        ->check(CLI::Range(1, 1'000'000));
    program.arguments().add_option("ITERS", task.rounds, "number of rounds")->required();
    program.arguments().add_option("CSV", task.file, "x,y lines")->required();
    program.describe_output("x,y lines of the centroids, sorted");
    return program.run(argc, argv,
                       [&](const Request& request) { return find_clusters(task, request); });
}
