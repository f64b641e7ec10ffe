#pragma once

/// A directed graph in which few vertices have many edges, for connected components and pagerank.

#include "chunk_source.hpp"

namespace generate {

struct GraphOptions {
    std::uint64_t vertices = 0;
    std::uint64_t edges = 0;
    std::uint64_t seed = 42;
};

/// The most vertices a graph may have: the product of two numbers below it fits 64 bits.
inline constexpr std::uint64_t max_vertices = std::uint64_t{1} << 32;

/// `s,d` lines with vertices from 0 to vertices-1, in no order. Both ends of an edge follow a power
/// law of exponent 2.5 (of 1 M vertices the first has one edge in a hundred), with different
/// vertices in front for sources and destinations. An edge may occur twice or be a loop.
class Graph final : public ChunkSource {
 public:
    explicit Graph(const GraphOptions& options);

    [[nodiscard]] std::uint64_t chunk_count() const override;
    [[nodiscard]] std::size_t max_chunk_bytes() const override;
    [[nodiscard]] std::size_t fill(std::uint64_t chunk, char* out) const override;

 private:
    /// The vertex that belongs to 0 <= unit < 1, spread over the numbers by a factor.
    [[nodiscard]] std::uint64_t vertex(double unit, std::uint64_t factor) const noexcept;

    GraphOptions options_;
    std::uint64_t source_factor_;
    std::uint64_t destination_factor_;
};

}  // namespace generate
