#pragma once

/// The rows of one thread, sorted into parts by their keys.

#include <bit>
#include <vector>

#include "rows.hpp"
#include "shared/huge_memory.hpp"

namespace baseline {

/// Rows of one part lie in chunks, so that it does not matter how many it gets.
class Parts {
 public:
    /// `parts` is a power of two; `rows` is how many there will be.
    Parts(std::uint64_t rows, std::uint64_t parts)
        : shift_(63 - std::countr_zero(parts)),
          memory_((rows / chunk_rows + parts) * sizeof(Chunk)),
          next_(static_cast<Chunk*>(memory_.data())),
          parts_(parts) {
        for (Part& part : parts_) open_chunk(part);
    }

    void add(const Row& row) {
        // A shift by 64 for one part would be undefined.
        Part& part = parts_[hash_of(row.key) >> 1 >> shift_];
        *part.end++ = row;
        if (part.end == part.chunks.back()->rows + chunk_rows) [[unlikely]]
            open_chunk(part);
    }

    [[nodiscard]] std::uint64_t size(std::uint64_t index) const noexcept {
        const Part& part = parts_[index];
        return part.chunks.size() * chunk_rows -
               static_cast<std::uint64_t>(part.chunks.back()->rows + chunk_rows - part.end);
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
        std::vector<Chunk*> chunks;
    };

    void open_chunk(Part& part) {
        part.chunks.push_back(next_);
        part.end = next_->rows;
        ++next_;
    }

    int shift_;
    HugeMemory memory_;
    Chunk* next_;
    std::vector<Part> parts_;
};

}  // namespace baseline
