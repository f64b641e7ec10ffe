#pragma once

// The inner loop of k-means: which centroid is nearest to a point.

#include <compare>
#include <cstdint>
#include <span>

namespace apps {

struct Point {
    double x = 0;
    double y = 0;

    friend auto operator<=>(const Point&, const Point&) = default;
};

/// The points for which a centroid is the nearest one.
struct Cluster {
    Point sum;
    std::uint64_t points = 0;

    Cluster& operator+=(const Cluster& other) {
        sum.x += other.sum.x;
        sum.y += other.sum.y;
        points += other.points;
        return *this;
    }
};

/// Adds each point to the cluster of the centroid that is nearest to it, the first one if several
/// are. There is a cluster for each centroid. The sums of a cluster are taken point by point, so
/// they do not depend on how the points are cut in spans.
void add_to_nearest(std::span<const Point> points, std::span<const Point> centroids,
                    std::span<Cluster> clusters);

}  // namespace apps
