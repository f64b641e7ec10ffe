#pragma once

// The graph in blocks of vertices, as PageRank needs it.

#include "common/graph.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace apps {

/// What is counted for the edges of a block fits the first-level cache.
inline constexpr Vertex block_vertices = 1024;

/// What a replica has read of the edges of a block of vertices.
struct BlockPart {
    Vertex block = 0;
    std::vector<Edge> incoming;
    std::vector<Vertex> out_degrees;
    GraphSize size;  // of all that the replica has read, with block 0
};

/// Sorts the edges that a replica reads by the block of their destination.
class EdgeSorter {
 public:
    explicit EdgeSorter(const GraphOptions& options)
        : limit_(options.limit()), vertices_(options.vertices) {}

    void add(std::span<const Edge> edges) {
        size_.add(edges);
        if (size_.vertices > limit_) return;  // an error, see require_vertices_in_range
        grow(size_.vertices);
        for (const Edge& edge : edges) incoming_[edge.destination / block_vertices].push_back(edge);
        // Apart from these, since the processor can then wait for many degrees at a time.
        for (const Edge& edge : edges) ++out_degrees_[edge.source];
    }

    /// The parts of all blocks, also of those that have no edges; few where a vertex is out of
    /// range, which nobody will look at.
    [[nodiscard]] std::vector<BlockPart> parts() && {
        grow(size_.vertices > limit_ ? 0 : std::max(vertices_, size_.vertices));
        std::vector<BlockPart> parts(incoming_.size());
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const std::span all(out_degrees_);
            const auto degrees = all.subspan(i * block_vertices, block_vertices);
            parts[i].block = static_cast<Vertex>(i);
            parts[i].incoming = std::move(incoming_[i]);
            parts[i].out_degrees.assign(degrees.begin(), degrees.end());
        }
        parts[0].size = size_;
        return parts;
    }

 private:
    /// Makes room for that many vertices, at least one block.
    void grow(std::uint64_t vertices) {
        const std::size_t blocks = vertices / block_vertices + 1;
        if (blocks <= incoming_.size()) return;
        incoming_.resize(blocks);
        out_degrees_.resize(blocks * block_vertices);
    }

    std::uint64_t limit_;
    std::uint64_t vertices_;
    GraphSize size_;
    std::vector<std::vector<Edge>> incoming_;
    renoir::HugeVector<Vertex> out_degrees_;
};

/// A block of vertices with the sources of their edges, one vertex after the other.
struct Block {
    Vertex number = 0;
    std::vector<Vertex> sources;
    std::vector<Vertex> in_degrees = std::vector<Vertex>(block_vertices);
    std::vector<Vertex> out_degrees = std::vector<Vertex>(block_vertices);
    GraphSize size;

    [[nodiscard]] std::size_t first() const { return std::size_t{number} * block_vertices; }
};

/// The block of which these are the parts.
inline Block block_of(std::vector<BlockPart> parts) {
    // They come in any order, but sums are to be the same in each run.
    std::ranges::sort(parts, {}, &BlockPart::incoming);
    Block block;
    block.number = parts.front().block;
    for (const BlockPart& part : parts) {
        block.size.add(part.size);
        for (std::size_t i = 0; i < block_vertices; ++i)
            block.out_degrees[i] += part.out_degrees[i];
        for (const Edge& edge : part.incoming)
            ++block.in_degrees[edge.destination % block_vertices];
    }
    std::array<std::size_t, block_vertices> next{};
    std::exclusive_scan(block.in_degrees.begin(), block.in_degrees.end(), next.begin(),
                        std::size_t{0});
    block.sources.resize(next.back() + block.in_degrees.back());
    for (const BlockPart& part : parts) {
        for (const Edge& edge : part.incoming)
            block.sources[next[edge.destination % block_vertices]++] = edge.source;
    }
    return block;
}

}  // namespace apps
