// Ranks the vertices of a graph by PageRank with damping 0.85. The ranks begin with 1/N and sum up
// to 1: a vertex without edges that leave it gives its rank to all vertices alike.
//
//     pagerank 20 edges.csv
//     pagerank 20 edges.csv --vertices 1000000 --output ranks.tsv
//
// Each worker sorts the edges that it reads by blocks of vertices. Then blocks travel, not edges:
// each to the worker that is to compute the ranks of its vertices, where it stays. In each round
// the workers know what every vertex gives along its edges, and find out what their own vertices
// give in the next one.

#include "common/graph.hpp"
#include "common/report.hpp"
#include "pagerank/block.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace {

using apps::Block;
using apps::BlockPart;
using apps::Edge;
using apps::EdgeSorter;
using apps::GraphOptions;
using apps::GraphSize;
using apps::Vertex;

constexpr double damping = 0.85;

/// What all workers know. The first round counts the vertices, the second one gives all of them the
/// same rank.
struct Ranks {
    GraphSize size;
    renoir::HugeVector<double> given;  // along each edge of a vertex; in the end its rank
    std::vector<double> kept;          // by the vertices of each block that have nobody to give to
    double base = 0;                   // rank of a vertex to which no edge leads
    std::size_t rounds = 0;
    bool is_first = true;
    bool is_last = false;
};

/// Some blocks, and what is known in the round.
struct Work {
    std::span<const Block> blocks;
    const Ranks* known;
};

/// What a replica finds out in a round.
struct Found {
    GraphSize size;
    std::vector<Vertex> blocks;
    renoir::HugeVector<double> given;  // by the vertices of these blocks, and
    std::vector<double> kept;          // by each block

    void add(const Work& work) {
        for (const Block& block : work.blocks) {
            if (work.known->given.empty()) {
                size.add(block.size);
            } else {
                update(block, *work.known);
            }
        }
    }

 private:
    void update(const Block& block, const Ranks& known) {
        const renoir::HugeVector<double>& gifts = known.given;
        const std::size_t count =
            std::min<std::size_t>(apps::block_vertices, gifts.size() - block.first());
        const Vertex* source = block.sources.data();
        double kept_here = 0;
        const std::size_t begin = given.size();
        given.resize(begin + count);
        for (std::size_t i = 0; i < count; ++i) {
            double sum = 0;
            for (const Vertex* const end = source + block.in_degrees[i]; source != end; ++source)
                sum += gifts[*source];
            const double rank = known.is_first ? known.base : known.base + damping * sum;
            const Vertex edges = block.out_degrees[i];
            if (edges == 0) kept_here += rank;
            given[begin + i] = known.is_last ? rank : edges == 0 ? 0 : rank / edges;
        }
        blocks.push_back(block.number);
        kept.push_back(kept_here);
    }
};

void add_to(Ranks& known, const Found& found) {
    known.size.add(found.size);
    const double* given = found.given.data();
    for (std::size_t i = 0; i < found.blocks.size(); ++i) {
        const std::size_t first = std::size_t{found.blocks[i]} * apps::block_vertices;
        const std::size_t count =
            std::min<std::size_t>(apps::block_vertices, known.given.size() - first);
        std::copy_n(given, count, known.given.begin() + static_cast<std::ptrdiff_t>(first));
        given += count;
        known.kept[found.blocks[i]] = found.kept[i];
    }
}

/// Ends a round; whether there is to be another one.
bool end_round(Ranks& known, const GraphOptions& options) {
    if (known.given.empty()) {
        if (known.size.vertices > options.limit()) return false;
        const std::size_t vertices = options.vertices == 0 ? known.size.vertices : options.vertices;
        known.given.resize(vertices);
        known.kept.resize(vertices / apps::block_vertices + 1);
        known.base = 1 / static_cast<double>(vertices);
    } else {
        const double kept = std::accumulate(known.kept.begin(), known.kept.end(), 0.0);
        known.base = (1 - damping + damping * kept) / static_cast<double>(known.given.size());
        known.is_first = false;
        ++known.rounds;
    }
    known.is_last = known.rounds == options.rounds;
    return !known.given.empty();
}

/// The blocks of the graph, each on the worker that is to compute its ranks.
auto blocks_of(renoir::StreamContext& ctx, const GraphOptions& options) {
    return ctx.stream_csv<Edge>(options.file, {.header = false})
        .fold_batch(EdgeSorter(options), &EdgeSorter::add)
        .flat_map([](EdgeSorter sorter) { return std::move(sorter).parts(); })
        .group_by([](const BlockPart& part) { return part.block; })
        .fold(std::vector<BlockPart>(), [](std::vector<BlockPart>& parts,
                                           BlockPart&& part) { parts.push_back(std::move(part)); })
        .drop_key()
        .map(apps::block_of);
}

auto find_ranks(renoir::StreamContext& ctx, const GraphOptions& options) {
    return blocks_of(ctx, options)
        .replay(
            options.rounds + 2, Ranks(),
            [](auto blocks, renoir::IterationState<Ranks> known) {
                return blocks.flat_map_batch([known](std::span<const Block> batch) {
                    return std::array{Work{batch, &known.get()}};
                });
            },
            Found(), [](Found& found, const Work& work) { found.add(work); },
            [](Ranks& known, const Found& found) { add_to(known, found); },
            [options](Ranks& known) { return end_round(known, options); })
        .collect_vec();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Ranks the vertices of a graph by PageRank.");
    GraphOptions options;
    apps::add_graph_options(app, options);
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);

    renoir::StreamContext ctx(runtime.config());
    auto results = find_ranks(ctx, options);
    const double seconds = apps::seconds_of([&] { ctx.execute_blocking(); });

    const auto result = results.get();
    if (!result) return 0;  // only one rank has it
    const Ranks& found = result->front();
    apps::require_vertices_in_range(found.size, options);
    if (!options.output.empty()) apps::write_values(found.given, options.output);
    std::cout << found.size.edges << " edges, " << found.given.size() << " vertices, "
              << options.rounds << " rounds\n";
    if (options.json) apps::print_json("pagerank", seconds, found.size.edges, ctx);
}
