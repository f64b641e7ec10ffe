// Finds clusters of points of the plane by k-means. The first K points of the file are the first
// centroids. In each round every point joins the cluster of the nearest centroid, and the centroids
// move to the means of their clusters; one without points stays where it is.
//
//     kmeans 30 20 points.csv --output centroids.csv
//     kmeans 30 100 points.csv --tolerance 0.01
//
// The points stay where they were read, in the memory of each worker. What travels in a round are
// the sums of each worker and the new centroids.

#include "common/report.hpp"
#include "kmeans/nearest.hpp"

#include <renoir/config/cli.hpp>
#include <renoir/renoir.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using apps::Cluster;
using apps::Point;

struct Options {
    std::size_t centroids = 0;
    std::size_t rounds = 0;
    std::filesystem::path file;
    double tolerance = -1;
    std::filesystem::path output;
    bool json = false;
};

/// What all workers know. The first round finds the first centroids; those after it move them.
struct Model {
    std::vector<Point> centroids;
    std::vector<Cluster> clusters;  // of the round that ends
    std::uint64_t points = 0;
    std::size_t moves = 0;
};

/// Some points that lie side by side in memory, and the model of the round.
struct Batch {
    std::span<const Point> points;
    const Model* model;
};

/// What a replica finds out in a round.
struct Found {
    std::vector<Point> first;
    std::vector<Cluster> clusters;
    std::uint64_t points = 0;

    void add(const Batch& batch, std::size_t k) {
        if (batch.model->centroids.empty()) {
            points += batch.points.size();
            const auto more = batch.points.first(std::min(batch.points.size(), k - first.size()));
            first.insert(first.end(), more.begin(), more.end());
        } else {
            clusters.resize(k);
            apps::add_to_nearest(batch.points, batch.model->centroids, clusters);
        }
    }
};

/// Called for one replica after the other, in the order of their shares of the file: the first
/// points of the first replicas are the first ones of the file.
void add_to(Model& model, const Found& found, std::size_t k) {
    for (const Point& point : found.first) {
        if (model.centroids.size() < k) model.centroids.push_back(point);
    }
    model.points += found.points;
    for (std::size_t c = 0; c < found.clusters.size(); ++c) model.clusters[c] += found.clusters[c];
}

/// Moves each centroid to the mean of its cluster, which is empty then. Returns the longest way.
double move_centroids(Model& model) {
    double longest = 0;
    for (std::size_t c = 0; c < model.centroids.size(); ++c) {
        const Cluster cluster = std::exchange(model.clusters[c], Cluster());
        if (cluster.points == 0) continue;
        const auto points = static_cast<double>(cluster.points);
        const Point mean{cluster.sum.x / points, cluster.sum.y / points};
        const Point before = std::exchange(model.centroids[c], mean);
        longest = std::max(longest, std::hypot(mean.x - before.x, mean.y - before.y));
    }
    ++model.moves;
    return longest;
}

/// Ends a round; whether there is to be another one.
bool end_round(Model& model, const Options& options) {
    if (model.clusters.empty()) {
        model.clusters.resize(options.centroids);
        return model.centroids.size() == options.centroids;
    }
    return move_centroids(model) > options.tolerance;
}

auto find_centroids(renoir::StreamContext& ctx, const Options& options) {
    const std::size_t k = options.centroids;
    return ctx.stream_csv<Point>(options.file, {.header = false})
        .replay(
            options.rounds + 1, Model(),
            [](auto points, renoir::IterationState<Model> model) {
                return points.flat_map_batch([model](std::span<const Point> batch) {
                    return std::array{Batch{batch, &model.get()}};
                });
            },
            Found(), [k](Found& found, const Batch& batch) { found.add(batch, k); },
            [k](Model& model, const Found& found) { add_to(model, found, k); },
            [options](Model& model) { return end_round(model, options); })
        .collect_vec();
}

void require_enough_points(const Model& model, const Options& options) {
    if (model.points >= options.centroids) return;
    throw renoir::Error(renoir::ErrorKind::input,
                        options.file.string() + " has " + std::to_string(model.points) +
                            " points, which is less than " + std::to_string(options.centroids) +
                            " centroids; give a smaller K or more points");
}

/// The fewest digits that read back the same.
std::string text_of(double number) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.begin(), text.end(), number).ptr};
}

void write_sorted(std::vector<Point> centroids, const std::filesystem::path& path) {
    std::ranges::sort(centroids);
    renoir::AtomicFile file(path);
    for (const Point& centroid : centroids)
        file.write(text_of(centroid.x) + ',' + text_of(centroid.y) + '\n');
    file.commit();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Finds clusters of points of the plane by k-means.");
    Options options;
    app.add_option("K", options.centroids, "Number of centroids; the first ones are the first rows")
        ->required()
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("ITERS", options.rounds, "Rounds at most")
        ->required()
        ->check(CLI::Range(0, 1'000'000'000));
    app.add_option("CSV", options.file, "Rows x,y without a header")->required();
    app.add_option("--tolerance", options.tolerance,
                   "End when no centroid moves farther than this; by default only after ITERS")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--output", options.output, "Write x,y per centroid, sorted, to this file");
    app.add_flag("--json", options.json, "End with one line of JSON");
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);

    renoir::StreamContext ctx(runtime.config());
    auto models = find_centroids(ctx, options);
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });

    const auto found = models.get();
    if (!found) return 0;  // only one rank has the result
    const Model& model = found->front();
    require_enough_points(model, options);
    if (!options.output.empty()) write_sorted(model.centroids, options.output);
    std::cout << model.points << " points, " << options.centroids << " centroids, " << model.moves
              << " rounds\n";
    if (options.json) apps::print_json("kmeans", seconds, model.points, ctx);
}
