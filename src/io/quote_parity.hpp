#pragma once

/// Whether a place in a CSV file is between quotes.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace renoir::io::detail {

/// The quotes of one file, counted in pieces by all threads that want to know: each takes a piece
/// that nobody has counted yet. Between quotes is what has an odd number of them before it.
class QuoteParity {
 public:
    QuoteParity(std::string path, std::uint64_t size, char quote);

    /// Counts one piece before `position`; false when there is none left to take. Throws a
    /// `read_error`.
    bool help(std::uint64_t position);

    /// Whether `position` is between quotes; nothing while others still count. Reads what is left
    /// of the last piece.
    [[nodiscard]] std::optional<bool> at(std::uint64_t position) const;

    /// A piece is counted in a step of a replica: about a tenth of a millisecond.
    static constexpr std::uint64_t piece_size = std::uint64_t{1} << 20U;

 private:
    enum class Known : std::uint8_t { no, even, odd };

    [[nodiscard]] bool is_odd(std::uint64_t begin, std::uint64_t end) const;

    std::string path_;
    char quote_;
    std::atomic<std::size_t> next_ = 0;
    std::vector<std::atomic<Known>> pieces_;
};

}  // namespace renoir::io::detail
