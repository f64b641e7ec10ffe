#pragma once

/// Reads a graph from a file, with all threads.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/csv_rows.hpp"
#include "shared/share.hpp"
#include "shared/thread_team.hpp"

namespace baseline {

using Vertex = std::uint32_t;

/// Vertices have numbers below this one.
inline constexpr std::uint64_t most_vertices = std::uint64_t{1} << 24;

/// The shortest line has four bytes.
[[nodiscard]] constexpr std::uint64_t most_edges(std::uint64_t file_bytes) noexcept {
    return file_bytes / 4 + 1;
}

struct GraphSize {
    std::uint64_t edges = 0;
    std::uint64_t vertices = 0;
};

/// Calls `sinks[thread].add(source, destination)` for each of the `s,d` lines of that thread's part
/// of the file. There is one sink for each thread. With no number of vertices it becomes one more
/// than the largest vertex. Throws Failure for other lines and for vertices out of range.
template <typename Sink>
GraphSize read_edges(const InputFile& file, std::uint64_t vertices, std::vector<Sink>& sinks) {
    const std::size_t threads = sinks.size();
    const std::uint64_t limit = vertices == 0 ? most_vertices : vertices;
    std::vector<GraphSize> sizes(threads);
    ThreadTeam(static_cast<unsigned>(threads)).run([&](unsigned thread) {
        GraphSize size;
        Sink& sink = sinks[thread];
        const auto take = [&](Vertex source, Vertex destination) {
            const Vertex larger = std::max(source, destination);
            if (larger >= limit) {
                throw Failure(2, "there is an edge of vertex " + std::to_string(larger) +
                                     "; they must be less than " + std::to_string(limit));
            }
            size.vertices = std::max<std::uint64_t>(size.vertices, larger + 1);
            ++size.edges;
            sink.add(source, destination);
        };
        RowReader(file).for_each<Vertex>(share_begin(file.size(), thread, threads),
                                         share_begin(file.size(), thread + 1, threads), take);
        sizes[thread] = size;
    });
    GraphSize all{0, vertices};
    for (const GraphSize& size : sizes) {
        all.edges += size.edges;
        if (vertices == 0) all.vertices = std::max(all.vertices, size.vertices);
    }
    return all;
}

}  // namespace baseline
