#pragma once

/// Finds where words begin and end, 64 bytes at a time.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace baseline {

/// Bytes that are looked at together.
inline constexpr std::size_t block_bytes = 64;

/// Room that `find_borders` needs behind the last border it writes.
inline constexpr std::size_t border_slack = 64;

/// Writes to `out` each position in [begin, end) of `text` at which a run of letters begins or has
/// ended, and returns how many. `begin` is a multiple of 64 and whole blocks are read. `in_word`
/// says whether the byte before was a letter, and is kept up to date.
using FindBorders = std::size_t (*)(const char* text, std::size_t begin, std::size_t end,
                                    bool& in_word, std::uint32_t* out);

/// The implementations that this processor has instructions for, the fastest first.
[[nodiscard]] std::vector<FindBorders> usable_find_borders();

}  // namespace baseline
