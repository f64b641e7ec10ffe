#pragma once

// What the programs that read graphs share: edges, options and what is wrong with a vertex.

#include <renoir/base/error.hpp>
#include <renoir/config/cli.hpp>
#include <renoir/renoir.hpp>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace apps {

using Vertex = std::uint32_t;

struct Edge {
    Vertex source = 0;
    Vertex destination = 0;

    friend auto operator<=>(const Edge&, const Edge&) = default;
};

struct GraphOptions {
    std::size_t rounds = 0;
    std::filesystem::path file;
    std::uint64_t vertices = 0;  // 0: as many as the edges name
    std::filesystem::path output;
    bool json = false;

    /// Tables have an entry for each vertex, so one wild number must not take all memory.
    static constexpr std::uint64_t most_vertices = std::uint64_t{1} << 28;

    /// Vertices must be less than this.
    [[nodiscard]] std::uint64_t limit() const { return vertices == 0 ? most_vertices : vertices; }
};

inline void add_graph_options(CLI::App& app, GraphOptions& options) {
    app.add_option("ITERS", options.rounds, "Rounds at most")
        ->required()
        ->check(CLI::Range(0, 1'000'000'000));
    app.add_option("EDGES", options.file, "Rows source,destination without a header; from 0 on")
        ->required();
    app.add_option("--vertices", options.vertices,
                   "Number of vertices; by default one more than the largest in the file")
        ->check(CLI::Range(std::uint64_t{1}, GraphOptions::most_vertices));
    app.add_option("--output", options.output,
                   "Write vertex<TAB>value, sorted by vertex, to this file");
    app.add_flag("--json", options.json, "End with one line of JSON");
}

/// How large a graph is, as far as it has been read.
struct GraphSize {
    std::uint64_t edges = 0;
    std::uint64_t vertices = 0;

    /// Takes edges into account, even those that are out of range.
    void add(std::span<const Edge> more) {
        Vertex largest = 0;
        for (const Edge& edge : more)
            largest = std::max(largest, std::max(edge.source, edge.destination));
        edges += more.size();
        if (!more.empty()) vertices = std::max(vertices, std::uint64_t{1} + largest);
    }
    void add(const GraphSize& part) {
        edges += part.edges;
        vertices = std::max(vertices, part.vertices);
    }
};

inline void require_vertices_in_range(const GraphSize& size, const GraphOptions& options) {
    if (size.vertices <= options.limit()) return;
    throw renoir::Error(renoir::ErrorKind::input,
                        options.file.string() + " has an edge of vertex " +
                            std::to_string(size.vertices - 1) + "; vertices must be less than " +
                            std::to_string(options.limit()) +
                            (options.vertices == 0 ? "" : ", see --vertices"));
}

/// Writes `vertex<TAB>value` for each of the values.
inline void write_values(const auto& values, const std::filesystem::path& path) {
    renoir::AtomicFile file(path);
    for (std::size_t vertex = 0; vertex < values.size(); ++vertex)
        file.write_row(vertex, values[vertex]);
    file.commit();
}

}  // namespace apps
