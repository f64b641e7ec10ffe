/// Connected components by hand, the yardstick for the library's: in each round every vertex takes
/// the smallest label among its own and its neighbours', whatever the direction of the edges, until
/// none changes or ITERS rounds are done. The first label of a vertex is its number.
///
///     baseline_connected_components 100 edges.csv --vertices 1000000 --threads 2 --json
///     baseline_connected_components 100 edges.csv --output components.tsv

#include <algorithm>
#include <atomic>
#include <barrier>
#include <numeric>

#include "edges.hpp"
#include "shared/output_file.hpp"
#include "shared/parts.hpp"
#include "shared/program.hpp"

namespace {

using namespace baseline;

struct Task {
    unsigned rounds = 0;
    std::string file;
    std::uint64_t vertices = 0;
};

/// The edges that one thread has read. Those whose sources are in one block of vertices and whose
/// destinations are in one too come together, so that all their labels are in the second-level
/// cache; their places in the blocks take only 16 bits.
class EdgeBlocks {
 public:
    EdgeBlocks(std::uint64_t edges, std::uint64_t vertices)
        : side_((vertices - 1) / block_vertices + 1), edges_(edges, side_ * side_) {}

    void add(Vertex source, Vertex destination) {
        edges_.add(source / block_vertices * side_ + destination / block_vertices,
                   {static_cast<std::uint16_t>(source), static_cast<std::uint16_t>(destination)});
    }

    void for_each(auto&& use) const {
        for (std::uint64_t part = 0; part < edges_.size(); ++part) {
            const auto first = static_cast<Vertex>(part / side_ * block_vertices);
            const auto second = static_cast<Vertex>(part % side_ * block_vertices);
            edges_.for_each(part, [&](const Edge& edge) {
                use(first + edge.source, second + edge.destination);
            });
        }
    }

 private:
    static constexpr Vertex block_vertices = 1 << 16;

    struct Edge {
        std::uint16_t source;
        std::uint16_t destination;
    };

    std::uint64_t side_;  ///< blocks of vertices
    Parts<Edge> edges_;
};

/// Labels of this round and of the next one, so that the number of rounds means the same for any
/// number of threads.
class Labels {
 public:
    /// There are edges for each thread.
    Labels(const std::vector<EdgeBlocks>& edges, std::uint64_t vertices)
        : edges_(edges),
          vertices_(vertices),
          threads_(static_cast<unsigned>(edges.size())),
          now_(numbered()),
          next_(threads_) {}

    /// Returns how many rounds it took.
    unsigned run(unsigned most_rounds) {
        ThreadTeam(threads_).run([&](unsigned thread) { next_[thread] = numbered(); });
        std::barrier all_here(threads_);
        std::atomic<unsigned> last_change{0};
        std::atomic<unsigned> rounds{0};
        ThreadTeam(threads_).run([&](unsigned thread) {
            for (unsigned round = 1; round <= most_rounds; ++round) {
                spread(edges_[thread], labels(next_[thread]));
                all_here.arrive_and_wait();
                if (take_over(thread)) last_change = round;
                all_here.arrive_and_wait();
                rounds = round;
                // The next change comes behind the first barrier of the next round.
                if (last_change != round) return;
            }
        });
        return rounds;
    }

    [[nodiscard]] Vertex label(std::uint64_t vertex) const noexcept { return labels(now_)[vertex]; }

 private:
    /// Each vertex with its number for a label.
    [[nodiscard]] HugeMemory numbered() const {
        HugeMemory memory((vertices_ + 1) * sizeof(Vertex));
        std::iota(labels(memory), labels(memory) + vertices_, Vertex{0});
        return memory;
    }

    [[nodiscard]] static Vertex* labels(const HugeMemory& memory) noexcept {
        return static_cast<Vertex*>(memory.data());
    }

    /// Both ends of each edge get the smaller label. Both are written, needed or not: which of them
    /// changes could not be predicted, and loads would wait for a place that is not known early.
    void spread(const EdgeBlocks& edges, Vertex* next) const noexcept {
        const Vertex* const now = labels(now_);
        edges.for_each([&](Vertex source, Vertex destination) {
            const Vertex of_source = now[source];
            const Vertex of_destination = now[destination];
            next[source] = std::min(next[source], of_destination);
            next[destination] = std::min(next[destination], of_source);
        });
    }

    /// Makes the next labels those of now for a thread's share; returns whether any is another.
    [[nodiscard]] bool take_over(unsigned thread) noexcept {
        const std::uint64_t begin = share_begin(vertices_, thread, threads_);
        const std::uint64_t end = share_begin(vertices_, thread + 1, threads_);
        Vertex* const now = labels(now_);
        Vertex changed = 0;
        for (const HugeMemory& memory : next_) {
            const Vertex* const next = labels(memory);
            for (std::uint64_t v = begin; v < end; ++v) {
                const Vertex label = std::min(now[v], next[v]);
                changed |= now[v] ^ label;
                now[v] = label;
            }
        }
        return changed != 0;
    }

    const std::vector<EdgeBlocks>& edges_;
    std::uint64_t vertices_;
    unsigned threads_;
    HugeMemory now_;
    std::vector<HugeMemory> next_;  ///< of each thread, which then needs no atomic access
};

std::string lines_of(const Labels& labels, std::uint64_t vertices) {
    std::string lines;
    for (std::uint64_t v = 0; v < vertices; ++v) {
        lines += std::to_string(v) + '\t' + std::to_string(labels.label(v)) + '\n';
    }
    return lines;
}

/// A vertex with its own number for a label has none with a smaller number in its component.
std::uint64_t count_components(const Labels& labels, std::uint64_t vertices) {
    std::uint64_t components = 0;
    for (std::uint64_t v = 0; v < vertices; ++v) components += labels.label(v) == v ? 1 : 0;
    return components;
}

Summary find_components(const Task& task, const Request& request) {
    const InputFile file(task.file);
    OutputFile output(request.output);

    const Stopwatch stopwatch;
    std::vector<EdgeBlocks> edges;
    const std::uint64_t most = task.vertices == 0 ? most_vertices : task.vertices;
    for (unsigned i = 0; i < request.threads; ++i)
        edges.emplace_back(most_edges(file.size()), most);
    const GraphSize size = read_edges(file, task.vertices, edges);
    Labels labels(edges, size.vertices);
    const unsigned rounds = labels.run(task.rounds);
    const double seconds = stopwatch.seconds();

    if (output.wanted()) output.write(lines_of(labels, size.vertices));
    const std::string components = std::to_string(count_components(labels, size.vertices));
    return {.text = std::to_string(size.edges) + " edges, " + std::to_string(size.vertices) +
                    " vertices, " + components + " components after " + std::to_string(rounds) +
                    " rounds",
            .seconds = seconds,
            .items = size.edges,
            .result = components};
}

}  // namespace

int main(int argc, char** argv) {
    Task task;
    Program program("baseline_connected_components",
                    "Finds the components of a graph by hand-written code.");
    program.arguments().add_option("ITERS", task.rounds, "rounds at most")->required();
    program.arguments().add_option("EDGES", task.file, "s,d lines")->required();
    program.arguments()
        .add_option("--vertices", task.vertices, "number of vertices, numbered from 0")
        ->check(CLI::Range(std::uint64_t{1}, most_vertices));
    program.describe_output("vertex<TAB>label lines, sorted by vertex");
    return program.run(argc, argv,
                       [&](const Request& request) { return find_components(task, request); });
}
