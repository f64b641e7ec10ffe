#include "kmeans/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace apps {

namespace {

/// As many points as fit the registers together with what is known of their nearest centroids.
/// `Lanes` numbers are in a register, `Registers` of them hold a coordinate.
template <std::size_t Lanes, std::size_t Registers>
struct Group {
    static constexpr std::size_t size = Lanes * Registers;
    using Numbers [[gnu::vector_size(Lanes * sizeof(double))]] = double;
    using Indices [[gnu::vector_size(Lanes * sizeof(double))]] = std::int64_t;

    Numbers x[Registers];
    Numbers y[Registers];
    Indices nearest[Registers];

    [[gnu::always_inline]] void load(const Point* points) {
        for (std::size_t r = 0; r < Registers; ++r) {
            for (std::size_t lane = 0; lane < Lanes; ++lane) {
                x[r][lane] = points[r * Lanes + lane].x;
                y[r][lane] = points[r * Lanes + lane].y;
            }
        }
    }

    [[gnu::always_inline]] void find_nearest(std::span<const Point> centroids) {
        Numbers least[Registers];
        for (std::size_t r = 0; r < Registers; ++r) {
            least[r] = Numbers{} + std::numeric_limits<double>::infinity();
            nearest[r] = Indices{};
        }
        std::int64_t index = 0;
        for (const Point& centroid : centroids) {
            for (std::size_t r = 0; r < Registers; ++r) {
                const Numbers right = x[r] - centroid.x;
                const Numbers up = y[r] - centroid.y;
                const Numbers distance = right * right + up * up;
                const Indices nearer = distance < least[r];
                least[r] = nearer ? distance : least[r];
                nearest[r] = nearer ? Indices{} + index : nearest[r];
            }
            ++index;
        }
    }

    [[gnu::always_inline]] void add(std::span<const Point> points,
                                    std::span<Cluster> clusters) const {
        for (std::size_t i = 0; i < points.size(); ++i) {
            Cluster& cluster = clusters[static_cast<std::size_t>(nearest[i / Lanes][i % Lanes])];
            cluster.sum.x += points[i].x;
            cluster.sum.y += points[i].y;
            ++cluster.points;
        }
    }

    [[gnu::always_inline]] static void add_all(std::span<const Point> points,
                                               std::span<const Point> centroids,
                                               std::span<Cluster> clusters) {
        Group group;
        while (points.size() >= size) {
            group.load(points.data());
            group.find_nearest(centroids);
            group.add(points.first(size), clusters);
            points = points.subspan(size);
        }
        std::array<Point, size> rest{};
        std::copy(points.begin(), points.end(), rest.begin());
        group.load(rest.data());
        group.find_nearest(centroids);
        group.add(points, clusters);
    }
};

using AddToNearest = void (*)(std::span<const Point>, std::span<const Point>, std::span<Cluster>);

void add_anywhere(std::span<const Point> points, std::span<const Point> centroids,
                  std::span<Cluster> clusters) {
    Group<2, 2>::add_all(points, centroids, clusters);
}

#if defined(__x86_64__)

[[gnu::target("avx512f,avx512dq,avx512vl,fma")]] void add_by_avx512(
    std::span<const Point> points, std::span<const Point> centroids, std::span<Cluster> clusters) {
    Group<8, 4>::add_all(points, centroids, clusters);
}

[[gnu::target("avx2,fma")]] void add_by_avx2(std::span<const Point> points,
                                             std::span<const Point> centroids,
                                             std::span<Cluster> clusters) {
    Group<4, 2>::add_all(points, centroids, clusters);
}

#endif

/// The implementation for this processor.
AddToNearest fastest() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return add_by_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return add_by_avx2;
#endif
    return add_anywhere;
}

}  // namespace

void add_to_nearest(std::span<const Point> points, std::span<const Point> centroids,
                    std::span<Cluster> clusters) {
    static const AddToNearest add = fastest();
    add(points, centroids, clusters);
}

}  // namespace apps
