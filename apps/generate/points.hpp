#pragma once

/// Points in the plane around some centres, for clustering.

#include <vector>

#include "chunk_source.hpp"

namespace generate {

struct PointsOptions {
    std::uint64_t points = 0;
    std::uint32_t clusters = 0;
    std::uint64_t seed = 42;
};

/// A place in millionths, so that the file does not depend on how a machine rounds.
struct MicroPoint {
    std::int64_t x;
    std::int64_t y;
};

/// `x,y` lines with six decimals. The centres lie in [-1000, 1000) x [-1000, 1000), and a point
/// lies around a random one of them with a standard deviation of about 10 in each direction, never
/// further than 34.7 from it.
class Points final : public ChunkSource {
 public:
    explicit Points(const PointsOptions& options);

    [[nodiscard]] const std::vector<MicroPoint>& centres() const noexcept { return centres_; }

    [[nodiscard]] std::uint64_t chunk_count() const override;
    [[nodiscard]] std::size_t max_chunk_bytes() const override;
    [[nodiscard]] std::size_t fill(std::uint64_t chunk, char* out) const override;

 private:
    PointsOptions options_;
    std::vector<MicroPoint> centres_;
};

}  // namespace generate
