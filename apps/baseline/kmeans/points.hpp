#pragma once

/// Points of the plane as vector code wants them.

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "shared/huge_memory.hpp"
#include "shared/input_file.hpp"

namespace baseline {

struct Point {
    double x = 0;
    double y = 0;

    [[nodiscard]] friend auto operator<=>(const Point&, const Point&) = default;
};

/// Points that are looked at together.
struct Group {
    static constexpr std::size_t size = 32;

    std::array<double, size> x;
    std::array<double, size> y;
};

/// The points of one piece of the file, and with them the unit of work: sums are taken by block and
/// then over the blocks in order, so that the result does not depend on the threads.
struct Block {
    const Group* groups = nullptr;
    std::size_t points = 0;  ///< the last group may have room left, filled with zeros
};

class Points {
 public:
    /// Throws Failure for lines other than `x,y`.
    Points(const InputFile& file, unsigned threads);

    [[nodiscard]] std::span<const Block> blocks() const noexcept { return blocks_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The first `count` points, of at least as many.
    [[nodiscard]] std::vector<Point> first(std::size_t count) const;

 private:
    std::vector<HugeMemory> memory_;  ///< of each thread
    std::vector<Block> blocks_;
    std::size_t size_ = 0;
};

}  // namespace baseline
