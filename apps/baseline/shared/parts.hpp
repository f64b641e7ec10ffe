#pragma once

/// Rows sorted into parts, each of which then fits into a cache.

#include <cstdint>
#include <vector>

#include "shared/huge_memory.hpp"

namespace baseline {

/// The rows of one thread. Those of one part keep their order; they lie in chunks, so that it does
/// not matter how many a part gets.
template <typename Row>
class Parts {
 public:
    Parts() = default;
    Parts(std::uint64_t most_rows, std::uint64_t parts)
        : memory_((most_rows / chunk_rows + parts) * sizeof(Chunk)),
          next_(static_cast<Chunk*>(memory_.data())),
          parts_(parts) {}

    void add(std::uint64_t index, const Row& row) {
        Part& part = parts_[index];
        if (part.end == part.chunk_end) [[unlikely]]
            open_chunk(part);
        *part.end++ = row;
    }

    [[nodiscard]] std::uint64_t size() const noexcept { return parts_.size(); }

    /// The number of rows of a part.
    [[nodiscard]] std::uint64_t size(std::uint64_t index) const noexcept {
        const Part& part = parts_[index];
        return part.chunks.size() * chunk_rows -
               static_cast<std::uint64_t>(part.chunk_end - part.end);
    }

    /// Calls `use(row)` for each row of a part.
    void for_each(std::uint64_t index, auto&& use) const {
        const Part& part = parts_[index];
        for (const Chunk* chunk : part.chunks) {
            const Row* const end =
                chunk == part.chunks.back() ? part.end : chunk->rows + chunk_rows;
            for (const Row* row = chunk->rows; row != end; ++row) use(*row);
        }
    }

 private:
    static constexpr std::uint64_t chunk_rows = 1024;

    struct Chunk {
        Row rows[chunk_rows];
    };

    struct Part {
        Row* end = nullptr;
        Row* chunk_end = nullptr;
        std::vector<Chunk*> chunks;
    };

    void open_chunk(Part& part) {
        part.chunks.push_back(next_);
        part.end = next_->rows;
        part.chunk_end = part.end + chunk_rows;
        ++next_;
    }

    HugeMemory memory_;
    Chunk* next_ = nullptr;
    std::vector<Part> parts_;
};

}  // namespace baseline
