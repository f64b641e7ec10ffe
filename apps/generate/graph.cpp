#include "graph.hpp"

#include <algorithm>
#include <numeric>

#include "random.hpp"
#include "row_chunks.hpp"

namespace generate {

namespace {

/// The first number from `start` on that is prime to the number of vertices: multiplying by it
/// renumbers the vertices.
std::uint64_t factor_from(std::uint64_t start, std::uint64_t vertices) {
    std::uint64_t factor = start % vertices;
    while (std::gcd(factor, vertices) != 1) ++factor;
    return factor;
}

}  // namespace

Graph::Graph(const GraphOptions& options)
    : options_(options),
      source_factor_(factor_from(2'654'435'769, options.vertices)),
      destination_factor_(factor_from(1'640'531'527, options.vertices)) {}

std::uint64_t Graph::chunk_count() const {
    return row_chunk_count(options_.edges);
}

std::size_t Graph::max_chunk_bytes() const {
    return rows_per_chunk * 2 * (max_number_chars + 1);
}

std::uint64_t Graph::vertex(double unit, std::uint64_t factor) const noexcept {
    // The cube of an even number has the density v^(-2/3), hence degrees of exponent 1 + 3/2.
    const double place = static_cast<double>(options_.vertices) * unit * unit * unit;
    const std::uint64_t rank = std::min(static_cast<std::uint64_t>(place), options_.vertices - 1);
    // The offset keeps rank 0 from being vertex 0 in both directions.
    return (rank * factor + factor) % options_.vertices;
}

std::size_t Graph::fill(std::uint64_t chunk, char* out) const {
    const char* const begin = out;
    Random random(options_.seed, chunk);
    for (std::uint64_t row = rows_in_chunk(chunk, options_.edges); row > 0; --row) {
        out = write_number(out, vertex(random.unit(), source_factor_), ',');
        out = write_number(out, vertex(random.unit(), destination_factor_), '\n');
    }
    return static_cast<std::size_t>(out - begin);
}

}  // namespace generate
