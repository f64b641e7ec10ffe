#pragma once

/// Finds the nearest centroid of each point.

#include <cstdint>

#include "points.hpp"

namespace baseline {

/// What a centroid gathers in a round.
struct Gathered {
    double x = 0;
    double y = 0;
    std::uint64_t points = 0;
};

/// Adds each point of a block to what the centroid gathers that is nearest to it, the first one if
/// several are.
using AddToNearest = void (*)(const Block& block, std::span<const Point> centroids,
                              std::span<Gathered> gathered);

/// The implementation for this processor.
[[nodiscard]] AddToNearest fastest_add_to_nearest();

}  // namespace baseline
