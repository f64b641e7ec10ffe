#pragma once

/// Finds the places in CSV text where fields and rows end, 64 bytes at a time.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace renoir::io::detail {

/// What a scan looks for.
struct CsvMarks {
    char delimiter;
    std::optional<char> quote;
    /// Whether delimiters and newlines between two quotes do not count.
    bool quotes_hide;
    /// Whether points are marked as well, for numbers; also between quotes.
    bool points;
};

struct CsvScan {
    std::size_t count;
    bool has_quotes;
};

/// Bytes behind the text that a scan may read, and marks behind the last one that it may write.
inline constexpr std::size_t csv_scan_slack = 64;

/// Writes the positions in `text` of all newlines, delimiters and whatever else is looked for to
/// `marks`, which has room for `size` and `csv_scan_slack` more. The text begins outside of quotes.
[[nodiscard]] CsvScan scan_csv(const char* text, std::size_t size, const CsvMarks& what,
                               std::uint32_t* marks) noexcept;

/// The number of times that `byte` occurs.
[[nodiscard]] std::size_t count_bytes(const char* text, std::size_t size, char byte) noexcept;

// What the functions above choose from; all have the same result. The later ones may be called only
// where the processor has what they need.

[[nodiscard]] CsvScan scan_csv_plain(const char* text, std::size_t size, const CsvMarks& what,
                                     std::uint32_t* marks) noexcept;
#if defined(__x86_64__)
[[nodiscard]] bool has_csv_bits() noexcept;
[[nodiscard]] CsvScan scan_csv_bits(const char* text, std::size_t size, const CsvMarks& what,
                                    std::uint32_t* marks) noexcept;
#endif

}  // namespace renoir::io::detail
