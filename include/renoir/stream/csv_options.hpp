#pragma once

/// How CSV files are read, see renoir/io/csv_source.hpp.

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace renoir {

/// Counts the malformed rows that were skipped on this rank; copies count together.
class SkippedRows {
 public:
    /// Of all streams that it was given to; final when their job has ended.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_->load(); }
    void add_one() const noexcept { ++*count_; }

 private:
    std::shared_ptr<std::atomic<std::uint64_t>> count_ =
        std::make_shared<std::atomic<std::uint64_t>>(0);
};

/// How a CSV file is read.
///
///     renoir::SkippedRows skipped;
///     auto trades = ctx.stream_csv<Trade>("trades.csv", {.columns = {"time", "price"},
///                                                        .skip_malformed = skipped});
struct CsvOptions {
    /// Whether the first row has the names of the columns.
    bool header = true;
    /// The names of the columns for the fields of a row, in the order of these; then the file may
    /// have more columns, in any order. Empty: the columns are the fields, one after the other.
    std::vector<std::string> columns = {};
    char delimiter = ',';
    /// Nothing: quotes are bytes like all others.
    std::optional<char> quote = '"';
    /// False is a promise that no quoted field holds a line break: then a line is a row, and nobody
    /// needs to count quotes.
    bool quoted_line_breaks = true;
    /// Malformed rows are an Error(input) with file, line and column, unless they are counted here.
    /// stream_csv_with_malformed hands them on, whatever this says.
    std::optional<SkippedRows> skip_malformed = {};
};

/// A row that could not be read.
struct MalformedRow {
    std::string file;
    std::uint64_t line = 0;    ///< counted from 1
    std::uint64_t column = 0;  ///< the byte in the line where it goes wrong, counted from 1
    std::string text;          ///< without its line end
    std::string reason;

    friend auto operator<=>(const MalformedRow&, const MalformedRow&) = default;
};

}  // namespace renoir
