#pragma once

/// The files that generate's kinds of data make, without a disk.

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "chunk_source.hpp"

namespace program_test {

[[nodiscard]] inline std::string contents(const generate::ChunkSource& source) {
    std::string all;
    std::vector<char> buffer(source.max_chunk_bytes());
    for (std::uint64_t chunk = 0; chunk < source.chunk_count(); ++chunk) {
        all.append(buffer.data(), source.fill(chunk, buffer.data()));
    }
    return all;
}

[[nodiscard]] inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Whether `value` differs from `expected` by at most the given part of it.
[[nodiscard]] inline bool is_near(double value, double expected, double part) {
    return std::abs(value - expected) <= part * std::abs(expected);
}

}  // namespace program_test
