#include "nearest.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace baseline {

namespace {

using Indices = std::array<std::int64_t, Group::size>;

/// Vectors of `Lanes` numbers, of which `Vectors` stay in registers together with what is known of
/// the nearest centroid.
template <std::size_t Lanes, std::size_t Vectors>
struct Kernel {
    using Numbers [[gnu::vector_size(Lanes * sizeof(double))]] = double;
    using Integers [[gnu::vector_size(Lanes * sizeof(double))]] = std::int64_t;

    [[gnu::always_inline]] static inline void find_nearest(const double* x, const double* y,
                                                           std::span<const Point> centroids,
                                                           std::int64_t* nearest) {
        Numbers xs[Vectors];
        Numbers ys[Vectors];
        Numbers least[Vectors];
        Integers index[Vectors];
        for (std::size_t v = 0; v < Vectors; ++v) {
            std::memcpy(&xs[v], x + v * Lanes, sizeof xs[v]);
            std::memcpy(&ys[v], y + v * Lanes, sizeof ys[v]);
            least[v] = Numbers{} + std::numeric_limits<double>::infinity();
            index[v] = Integers{};
        }
        std::int64_t number = 0;
        for (const Point& centroid : centroids) {
            for (std::size_t v = 0; v < Vectors; ++v) {
                const Numbers right = xs[v] - centroid.x;
                const Numbers up = ys[v] - centroid.y;
                const Numbers distance = right * right + up * up;
                const Integers nearer = distance < least[v];
                least[v] = nearer ? distance : least[v];
                index[v] = nearer ? Integers{} + number : index[v];
            }
            ++number;
        }
        for (std::size_t v = 0; v < Vectors; ++v) {
            std::memcpy(nearest + v * Lanes, &index[v], sizeof index[v]);
        }
    }

    [[gnu::always_inline]] static inline void add(const Block& block,
                                                  std::span<const Point> centroids,
                                                  std::span<Gathered> gathered) {
        Indices nearest;
        for (std::size_t first = 0; first < block.points; first += Group::size) {
            const Group& group = block.groups[first / Group::size];
            for (std::size_t i = 0; i < Group::size; i += Lanes * Vectors) {
                find_nearest(&group.x[i], &group.y[i], centroids, &nearest[i]);
            }
            const std::size_t points = std::min(Group::size, block.points - first);
            for (std::size_t i = 0; i < points; ++i) {
                Gathered& sum = gathered[static_cast<std::size_t>(nearest[i])];
                sum.x += group.x[i];
                sum.y += group.y[i];
                ++sum.points;
            }
        }
    }
};

void add_anywhere(const Block& block, std::span<const Point> centroids,
                  std::span<Gathered> gathered) {
    Kernel<2, 2>::add(block, centroids, gathered);
}

#if defined(__x86_64__)

[[gnu::target("avx512f,avx512dq,avx512vl,fma")]] void add_avx512(const Block& block,
                                                                 std::span<const Point> centroids,
                                                                 std::span<Gathered> gathered) {
    Kernel<8, 4>::add(block, centroids, gathered);
}

[[gnu::target("avx2,fma")]] void add_avx2(const Block& block, std::span<const Point> centroids,
                                          std::span<Gathered> gathered) {
    Kernel<4, 2>::add(block, centroids, gathered);
}

#endif

}  // namespace

AddToNearest fastest_add_to_nearest() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        return add_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return add_avx2;
#endif
    return add_anywhere;
}

}  // namespace baseline
