#include "incoming.hpp"

#include <atomic>
#include <utility>

namespace baseline {

namespace {

/// What is counted for each vertex of a block fits into the second-level cache, and so do the edges
/// of an ordinary graph.
constexpr int block_bits = 14;
constexpr Vertex block_vertices = Vertex{1} << block_bits;

}  // namespace

/// What one thread has read, with the edges by block of their destinations.
class Incoming::Reader {
 public:
    Reader(std::uint64_t edges, std::uint64_t vertices)
        : edges_(edges, vertices / block_vertices + 1), out_degrees_(vertices * sizeof(Vertex)) {}

    void add(Vertex source, Vertex destination) {
        edges_.add(destination >> block_bits, {source, destination & (block_vertices - 1)});
        ++static_cast<Vertex*>(out_degrees_.data())[source];
    }

    [[nodiscard]] std::uint64_t edges(std::uint64_t block) const noexcept {
        return edges_.size(block);
    }

    /// Calls `use(source, destination)` with destinations counted from the begin of the block.
    void for_each(std::uint64_t block, auto&& use) const {
        edges_.for_each(block, [&](const Edge& edge) { use(edge.source, edge.destination); });
    }

    [[nodiscard]] Vertex out_degree(std::uint64_t vertex) const noexcept {
        return static_cast<const Vertex*>(out_degrees_.data())[vertex];
    }

 private:
    struct Edge {
        Vertex source;
        Vertex destination;
    };

    Parts<Edge> edges_;
    HugeMemory out_degrees_;
};

Incoming::Incoming(const InputFile& file, std::uint64_t vertices, unsigned threads) {
    // Pages that are not touched cost nothing.
    std::vector<Reader> readers;
    for (unsigned thread = 0; thread < threads; ++thread) {
        readers.emplace_back(most_edges(file.size()), vertices == 0 ? most_vertices : vertices);
    }
    size_ = read_edges(file, vertices, readers);
    build(readers);
    add_out_degrees(readers);
}

std::uint64_t Incoming::blocks() const noexcept {
    return (size_.vertices + block_vertices - 1) / block_vertices;
}

std::uint64_t Incoming::block_begin(std::uint64_t block) const noexcept {
    return std::min<std::uint64_t>(block * block_vertices, size_.vertices);
}

void Incoming::build(const std::vector<Reader>& readers) {
    offsets_ = HugeMemory((size_.vertices + 1) * sizeof(std::uint64_t));
    sources_ = HugeMemory((size_.edges + 1) * sizeof(Vertex));
    std::vector<std::uint64_t> begins(blocks() + 1);
    for (std::uint64_t block = 0; block < blocks(); ++block) {
        begins[block + 1] = begins[block];
        for (const Reader& reader : readers) begins[block + 1] += reader.edges(block);
    }
    offsets()[size_.vertices] = begins[blocks()];

    auto* const sources = static_cast<Vertex*>(sources_.data());
    std::atomic<std::uint64_t> next_block{0};
    ThreadTeam(static_cast<unsigned>(readers.size())).run([&](unsigned) {
        std::vector<std::uint64_t> next(block_vertices);  // where the next source of each goes
        for (std::uint64_t block = next_block++; block < blocks(); block = next_block++) {
            std::fill(next.begin(), next.end(), 0);
            for (const Reader& reader : readers) {
                reader.for_each(block, [&](Vertex, Vertex destination) { ++next[destination]; });
            }
            std::uint64_t end = begins[block];
            for (std::uint64_t v = block_begin(block); v < block_begin(block + 1); ++v) {
                offsets()[v] = end;
                end += std::exchange(next[v - block_begin(block)], end);
            }
            for (const Reader& reader : readers) {
                reader.for_each(block, [&](Vertex source, Vertex destination) {
                    sources[next[destination]++] = source;
                });
            }
        }
    });
}

void Incoming::add_out_degrees(const std::vector<Reader>& readers) {
    out_degrees_ = HugeMemory((size_.vertices + 1) * sizeof(Vertex));
    auto* const total = static_cast<Vertex*>(out_degrees_.data());
    for (const Reader& reader : readers) {
        for (std::uint64_t v = 0; v < size_.vertices; ++v) total[v] += reader.out_degree(v);
    }
}

}  // namespace baseline
