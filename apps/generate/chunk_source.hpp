#pragma once

/// A file as a sequence of chunks that can be made in any order.

#include <cstddef>
#include <cstdint>

namespace generate {

/// One kind of data. What a chunk holds depends on its number alone, never on the thread that makes
/// it or on what was made before, so that a file is the same for any number of threads.
class ChunkSource {
 public:
    ChunkSource() = default;
    ChunkSource(const ChunkSource&) = delete;
    ChunkSource& operator=(const ChunkSource&) = delete;
    virtual ~ChunkSource() = default;

    [[nodiscard]] virtual std::uint64_t chunk_count() const = 0;

    /// The room that `fill` needs, for any chunk.
    [[nodiscard]] virtual std::size_t max_chunk_bytes() const = 0;

    /// Writes a chunk to `out`, which has room for `max_chunk_bytes()`, and returns its size.
    /// Several threads may call it at the same time.
    [[nodiscard]] virtual std::size_t fill(std::uint64_t chunk, char* out) const = 0;
};

}  // namespace generate
