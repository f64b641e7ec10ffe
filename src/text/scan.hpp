#pragma once

/// Finds the words in a window of text, up to 128 bytes at a time.

#include <cstddef>
#include <cstdint>

namespace renoir::text::detail {

/// Bytes handled by one call of `lower_step_portable`.
inline constexpr std::size_t step_size = 16;
/// Bytes whose letters fit one mask.
inline constexpr std::size_t block_size = 64;
/// Bytes that are scanned without a branch on how many there are: a usual line.
inline constexpr std::size_t part_size = 2 * block_size;
/// The most bytes of one window. Many words at once cost no branch that goes wrong between them,
/// and both they and their edges stay in the first level cache.
inline constexpr std::size_t window_size = 16 * part_size;
/// How many edges a scan writes at most beyond those it reports.
inline constexpr std::size_t edges_after = 64;

/// What a scan found. The window ends before a word that may go on behind it; `consumed` is 0 when
/// the window holds nothing but one such word.
struct Scan {
    std::size_t consumed;
    std::size_t edge_count;
};

/// Writes the lower-cased form of `step_size` bytes to `to` (bytes that are no letters may come out
/// changed, nobody looks at them) and returns a mask whose bit i tells whether byte i is a letter.
[[nodiscard]] std::uint64_t lower_step_portable(const char* from, char* to) noexcept;

/// The same for a whole block, with vector instructions where there are some.
[[nodiscard]] std::uint64_t lower_block(const char* from, char* to) noexcept;

/// Lower-cases the first `size` bytes (at most `window_size`; fewer only at the end of a line) of
/// `from` to `text` and writes to `edges` the positions at which words begin and end, in turn.
/// Reads no byte beyond `size`. `text` needs room for a window, `edges` for a window and
/// `edges_after`.
[[nodiscard]] Scan scan_window(const char* from, std::size_t size, char* text,
                               std::uint16_t* edges) noexcept;

// What `scan_window` chooses from; all have the same result. The later ones may be called only
// where the processor has what they need.

[[nodiscard]] Scan scan_window_plain(const char* from, std::size_t size, char* text,
                                     std::uint16_t* edges) noexcept;

#if defined(__x86_64__)
[[nodiscard]] bool has_bit_instructions() noexcept;
[[nodiscard]] Scan scan_window_bits(const char* from, std::size_t size, char* text,
                                    std::uint16_t* edges) noexcept;

[[nodiscard]] bool has_wide_vectors() noexcept;
[[nodiscard]] Scan scan_window_wide(const char* from, std::size_t size, char* text,
                                    std::uint16_t* edges) noexcept;
#endif

}  // namespace renoir::text::detail
