#pragma once

/// The edges of a graph by the vertex that they lead to.

#include "edges.hpp"
#include "shared/huge_memory.hpp"
#include "shared/parts.hpp"

namespace baseline {

/// Sources of each vertex, in the order of the file. Vertices lie in blocks, the units of work.
class Incoming {
 public:
    /// Throws Failure for a file that has no such graph, see read_edges.
    Incoming(const InputFile& file, std::uint64_t vertices, unsigned threads);

    [[nodiscard]] std::uint64_t edges() const noexcept { return size_.edges; }
    [[nodiscard]] std::uint64_t vertices() const noexcept { return size_.vertices; }
    [[nodiscard]] std::uint64_t blocks() const noexcept;

    /// The first vertex of a block; it ends where the next one begins.
    [[nodiscard]] std::uint64_t block_begin(std::uint64_t block) const noexcept;

    /// The sources of a vertex; they end where those of the next one begin.
    [[nodiscard]] const Vertex* sources(std::uint64_t vertex) const noexcept {
        return static_cast<const Vertex*>(sources_.data()) + offsets()[vertex];
    }

    /// The number of edges that leave a vertex.
    [[nodiscard]] Vertex out_degree(std::uint64_t vertex) const noexcept {
        return static_cast<const Vertex*>(out_degrees_.data())[vertex];
    }

 private:
    class Reader;

    [[nodiscard]] std::uint64_t* offsets() const noexcept {
        return static_cast<std::uint64_t*>(offsets_.data());
    }

    void build(const std::vector<Reader>& readers);
    void add_out_degrees(const std::vector<Reader>& readers);

    GraphSize size_;
    HugeMemory offsets_;
    HugeMemory sources_;
    HugeMemory out_degrees_;
};

}  // namespace baseline
