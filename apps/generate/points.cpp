#include "points.hpp"

#include "random.hpp"
#include "row_chunks.hpp"

namespace generate {

namespace {

constexpr std::int64_t micro = 1'000'000;
constexpr std::uint32_t side = 2'000'000'000;  // of the square of centres, in millionths

/// Streams of the seed below this belong to the chunks of points.
constexpr std::uint64_t centres_stream = std::uint64_t{1} << 63;

/// A nearly normal number of millionths: the sum of four even ones, which is within 0.0347 * 10^9
/// of zero and needs one draw.
std::int64_t deviation(std::uint64_t bits) noexcept {
    constexpr std::uint64_t part = 0xffff;
    constexpr std::int64_t middle = 2 * 0xffff;
    constexpr std::int64_t unit = 265;  // makes the standard deviation ten
    const std::uint64_t sum =
        (bits & part) + (bits >> 16 & part) + (bits >> 32 & part) + (bits >> 48);
    return (static_cast<std::int64_t>(sum) - middle) * unit;
}

/// Writes a coordinate with six decimals and the character after it.
char* write_coordinate(char* out, std::int64_t value, char after) noexcept {
    if (value < 0) {
        *out++ = '-';
        value = -value;
    }
    // A leading one keeps the zeros of the decimals; the point then takes its place.
    out = write_number(out, value / micro, '.') - 1;
    char* const point = out;
    out = write_number(point, value % micro + micro, after);
    *point = '.';
    return out;
}

}  // namespace

Points::Points(const PointsOptions& options) : options_(options) {
    Random random(options.seed, centres_stream);
    centres_.reserve(options.clusters);
    for (std::uint32_t cluster = 0; cluster < options.clusters; ++cluster) {
        const std::int64_t x = std::int64_t{random.below(side)} - side / 2;
        const std::int64_t y = std::int64_t{random.below(side)} - side / 2;
        centres_.push_back({x, y});
    }
}

std::uint64_t Points::chunk_count() const {
    return row_chunk_count(options_.points);
}

std::size_t Points::max_chunk_bytes() const {
    return rows_per_chunk * 2 * (max_number_chars + 2);
}

std::size_t Points::fill(std::uint64_t chunk, char* out) const {
    const char* const begin = out;
    Random random(options_.seed, chunk);
    for (std::uint64_t row = rows_in_chunk(chunk, options_.points); row > 0; --row) {
        const MicroPoint& centre = centres_[random.below(options_.clusters)];
        out = write_coordinate(out, centre.x + deviation(random.next()), ',');
        out = write_coordinate(out, centre.y + deviation(random.next()), '\n');
    }
    return static_cast<std::size_t>(out - begin);
}

}  // namespace generate
