/// PageRank by hand, the yardstick for the library's. The ranks of all vertices begin with 1/N and
/// sum up to 1: a vertex without edges that leave it gives its rank to all vertices alike.
///
///     baseline_pagerank 20 edges.csv --vertices 1000000 --threads 2 --json
///     baseline_pagerank 20 edges.csv --output ranks.tsv

#include <array>
#include <atomic>
#include <barrier>
#include <cstdio>

#include "incoming.hpp"
#include "shared/output_file.hpp"
#include "shared/program.hpp"
#include "shared/thread_team.hpp"

namespace {

using namespace baseline;

constexpr double damping = 0.85;

struct Task {
    unsigned rounds = 0;
    std::string file;
    std::uint64_t vertices = 0;
};

/// The ranks of all vertices, and what each of them gives along each of its edges.
class Ranks {
 public:
    Ranks(const Incoming& incoming, unsigned threads)
        : incoming_(incoming),
          threads_(threads),
          vertices_(static_cast<double>(incoming.vertices())),
          ranks_(bytes()),
          given_{HugeMemory(bytes()), HugeMemory(bytes())},
          kept_(incoming.blocks()) {}

    void run(unsigned rounds) {
        start();
        std::barrier round_done(threads_, [this]() noexcept { finish_round(); });
        ThreadTeam(threads_).run([&](unsigned) {
            for (unsigned round = 0; round < rounds; ++round) {
                work_on_blocks();
                round_done.arrive_and_wait();
            }
        });
    }

    [[nodiscard]] double rank(std::uint64_t vertex) const noexcept {
        return numbers(ranks_)[vertex];
    }

 private:
    [[nodiscard]] std::size_t bytes() const noexcept {
        return (incoming_.vertices() + 1) * sizeof(double);
    }

    [[nodiscard]] static double* numbers(const HugeMemory& memory) noexcept {
        return static_cast<double*>(memory.data());
    }

    void start() {
        for (std::uint64_t block = 0; block < incoming_.blocks(); ++block) {
            const std::uint64_t end = incoming_.block_begin(block + 1);
            for (std::uint64_t v = incoming_.block_begin(block); v < end; ++v) {
                kept_[block] += set_rank(v, 1 / vertices_);
            }
        }
        finish_round();
    }

    void work_on_blocks() noexcept {
        for (std::uint64_t i = next_block_++; i < incoming_.blocks(); i = next_block_++) {
            kept_[i] = update(incoming_.block_begin(i), incoming_.block_begin(i + 1));
        }
    }

    /// Returns what the vertices of a block keep for all.
    [[nodiscard]] double update(std::uint64_t first, std::uint64_t end) noexcept {
        const double* const given = numbers(given_[now_]);
        const Vertex* source = incoming_.sources(first);
        double kept = 0;
        for (std::uint64_t v = first; v < end; ++v) {
            const Vertex* const stop = incoming_.sources(v + 1);
            double sum = 0;
            for (; source != stop; ++source) sum += given[*source];
            kept += set_rank(v, base_ + damping * sum);
        }
        return kept;
    }

    /// Returns what the vertex keeps for all.
    double set_rank(std::uint64_t vertex, double rank) noexcept {
        const Vertex edges = incoming_.out_degree(vertex);
        numbers(ranks_)[vertex] = rank;
        numbers(given_[1 - now_])[vertex] = edges == 0 ? 0 : rank / edges;
        return edges == 0 ? rank : 0;
    }

    /// The sum is taken by block, so that it does not depend on the threads.
    void finish_round() noexcept {
        double kept = 0;
        for (const double of_block : kept_) kept += of_block;
        base_ = (1 - damping + damping * kept) / vertices_;
        now_ = 1 - now_;
        next_block_ = 0;
    }

    const Incoming& incoming_;
    unsigned threads_;
    double vertices_;
    HugeMemory ranks_;
    std::array<HugeMemory, 2> given_;  ///< in this round and for the next
    std::size_t now_ = 0;
    std::vector<double> kept_;  ///< of each block
    double base_ = 0;           ///< what a vertex has without any edge
    std::atomic<std::uint64_t> next_block_{0};
};

std::string lines_of(const Ranks& ranks, std::uint64_t vertices) {
    std::string lines;
    for (std::uint64_t v = 0; v < vertices; ++v) {
        std::array<char, 64> line;
        const int length = std::snprintf(line.data(), line.size(), "%ju\t%.17g\n",
                                         std::uintmax_t{v}, ranks.rank(v));
        lines.append(line.data(), static_cast<std::size_t>(length));
    }
    return lines;
}

Summary rank_vertices(const Task& task, const Request& request) {
    const InputFile file(task.file);
    OutputFile output(request.output);

    const Stopwatch stopwatch;
    const Incoming incoming(file, task.vertices, request.threads);
    Ranks ranks(incoming, request.threads);
    ranks.run(task.rounds);
    const double seconds = stopwatch.seconds();

    if (output.wanted()) output.write(lines_of(ranks, incoming.vertices()));
    return {.text = std::to_string(incoming.edges()) + " edges, " +
                    std::to_string(incoming.vertices()) + " vertices, " +
                    std::to_string(task.rounds) + " rounds",
            .seconds = seconds,
            .items = incoming.edges(),
            .result = {}};
}

}  // namespace

int main(int argc, char** argv) {
    Task task;
    Program program("baseline_pagerank", "Ranks the vertices of a graph by hand-written code.");
    program.arguments().add_option("ITERS", task.rounds, "number of rounds")->required();
    program.arguments().add_option("EDGES", task.file, "s,d lines")->required();
    program.arguments()
        .add_option("--vertices", task.vertices, "number of vertices, numbered from 0")
        ->check(CLI::Range(std::uint64_t{1}, most_vertices));
    program.describe_output("vertex<TAB>rank lines, sorted by vertex");
    return program.run(argc, argv,
                       [&](const Request& request) { return rank_vertices(task, request); });
}
