#pragma once

#include <renoir/transport/slab.hpp>

#include <cstddef>
#include <vector>

/// A slab as it travels between ranks.
[[nodiscard]] inline std::vector<std::byte> bytes_of(const renoir::Slab& slab) {
    const renoir::SlabParts parts = renoir::parts_of(slab);
    std::vector<std::byte> bytes;
    for (const auto part : {parts.header, parts.front, parts.back}) {
        bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
}
