// Finds the connected components of a graph by label propagation. The first label of a vertex is
// its number; in each round it takes the smallest label among its own and its neighbours', whatever
// the direction of the edges, until none changes or ITERS rounds are done.
//
//     connected_components 100 edges.csv
//     connected_components 100 edges.csv --vertices 1000000 --output components.tsv
//
// The edges stay in the worker that has read them. In each round a worker lets its own edges lower
// a copy of the labels; the smallest labels of all workers are those of the next round.

#include "common/graph.hpp"
#include "common/report.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace {

using apps::Edge;
using apps::GraphOptions;
using apps::GraphSize;
using apps::Vertex;
using Labels = renoir::HugeVector<Vertex>;

/// The edges of one replica. Those between the same two blocks of vertices are together, so that
/// the labels they need are in the cache; their places in the blocks take only 16 bits.
class EdgeBlocks {
 public:
    explicit EdgeBlocks(std::uint64_t limit) : limit_(limit) {}

    void add(std::span<const Edge> edges) {
        size_.add(edges);
        if (size_.vertices > limit_) return;  // an error, see require_vertices_in_range
        parts_.resize(std::max(parts_.size(), part_of(size_.vertices, size_.vertices) + 1));
        for (const Edge& edge : edges) {
            const Vertex low = std::min(edge.source, edge.destination);
            const Vertex high = std::max(edge.source, edge.destination);
            parts_[part_of(low, high)].push_back({Place(low), Place(high)});
        }
    }

    [[nodiscard]] const GraphSize& size() const { return size_; }

    /// Lowers the labels of both ends of each edge to what the other one has now. Writes them
    /// whether they change or not: which do could not be predicted.
    void lower(std::span<const Vertex> now, std::span<Vertex> next) const {
        std::size_t number = 0;
        for (std::size_t high = 0; number < parts_.size(); ++high) {
            for (std::size_t low = 0; low <= high && number < parts_.size(); ++low) {
                lower(parts_[number++], low * block, high * block, now.data(), next.data());
            }
        }
    }

 private:
    static constexpr Vertex block = 1 << 16;
    using Place = std::uint16_t;
    using Places = std::pair<Place, Place>;

    /// Parts are in the order in which larger vertices need more of them.
    static std::size_t part_of(std::uint64_t low, std::uint64_t high) {
        const std::uint64_t high_block = high / block;
        return high_block * (high_block + 1) / 2 + low / block;
    }

    static void lower(const std::vector<Places>& edges, std::size_t low, std::size_t high,
                      const Vertex* now, Vertex* next) {
        for (const auto& [low_place, high_place] : edges) {
            const std::size_t first = low + low_place;
            const std::size_t second = high + high_place;
            const Vertex of_first = now[first];
            const Vertex of_second = now[second];
            next[first] = std::min(next[first], of_second);
            next[second] = std::min(next[second], of_first);
        }
    }

    std::uint64_t limit_;
    GraphSize size_;
    std::vector<std::vector<Places>> parts_;
};

/// What all workers know. The first round finds out how many vertices there are.
struct Components {
    GraphSize size;
    Labels labels;
    bool changed = false;
    std::size_t rounds = 0;
};

/// The edges of a replica, and what is known in the round.
struct Work {
    const EdgeBlocks* edges;
    const Components* known;
};

/// What a replica finds out in a round.
struct Found {
    GraphSize size;
    Labels labels;

    void add(const Work& work) {
        if (work.known->labels.empty()) {
            size = work.edges->size();
        } else {
            labels = work.known->labels;
            work.edges->lower(work.known->labels, labels);
        }
    }
};

void add_to(Components& known, const Found& found) {
    known.size.add(found.size);
    Vertex changed = 0;
    for (std::size_t v = 0; v < found.labels.size(); ++v) {
        const Vertex label = std::min(known.labels[v], found.labels[v]);
        changed |= known.labels[v] ^ label;
        known.labels[v] = label;
    }
    known.changed |= changed != 0;
}

/// Ends a round; whether there is to be another one.
bool end_round(Components& known, const GraphOptions& options) {
    if (!known.labels.empty()) {
        ++known.rounds;
        return std::exchange(known.changed, false);
    }
    if (known.size.vertices > options.limit()) return false;
    known.labels.resize(options.vertices == 0 ? known.size.vertices : options.vertices);
    std::iota(known.labels.begin(), known.labels.end(), Vertex{0});
    return !known.labels.empty();
}

auto find_components(renoir::StreamContext& ctx, const GraphOptions& options) {
    return ctx.stream_csv<Edge>(options.file, {.header = false})
        .fold_batch(EdgeBlocks(options.limit()), &EdgeBlocks::add)
        .replay(
            options.rounds + 1, Components(),
            [](auto replicas, renoir::IterationState<Components> known) {
                return replicas.flat_map_batch([known](std::span<const EdgeBlocks> replica) {
                    return std::array{Work{&replica.front(), &known.get()}};
                });
            },
            Found(), [](Found& found, const Work& work) { found.add(work); },
            [](Components& known, const Found& found) { add_to(known, found); },
            [options](Components& known) { return end_round(known, options); })
        .collect_vec();
}

/// The vertex with the smallest number in a component has that for a label.
std::uint64_t count_components(const Labels& labels) {
    std::uint64_t components = 0;
    for (std::size_t v = 0; v < labels.size(); ++v) components += labels[v] == v ? 1 : 0;
    return components;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Finds the connected components of a graph by label propagation.");
    GraphOptions options;
    apps::add_graph_options(app, options);
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);

    renoir::StreamContext ctx(runtime.config());
    auto results = find_components(ctx, options);
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });

    const auto result = results.get();
    if (!result) return 0;  // only one rank has it
    const Components& found = result->front();
    apps::require_vertices_in_range(found.size, options);
    if (!options.output.empty()) apps::write_values(found.labels, options.output);
    const std::string components = std::to_string(count_components(found.labels));
    std::cout << found.size.edges << " edges, " << found.labels.size() << " vertices, "
              << components << " components after " << found.rounds << " rounds\n";
    if (options.json) {
        apps::print_json("connected_components", seconds, found.size.edges, ctx, components);
    }
}
