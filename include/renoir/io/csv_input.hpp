#pragma once

/// CSV files as text: cut into whole rows, shared out over the replicas so that each row is read
/// exactly once, with the places where fields end. What makes values of it is stream_csv.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace renoir::io {

namespace detail {
class CsvFiles;
class CsvRowReader;
}  // namespace detail

/// How the text is laid out, and what of it is wanted.
struct CsvFormat {
    bool header = true;
    /// The wanted columns, in order, by the names in the header; empty for all as they come.
    std::vector<std::string> columns = {};
    char delimiter = ',';
    std::optional<char> quote = '"';
    bool quoted_line_breaks = true;
    /// How many columns are wanted.
    std::size_t wanted = 1;
    /// Whether the points of decimal fractions are marked too.
    bool marks_points = false;
};

/// Some whole rows. Each ends with a newline at one of `marks`; what is after the last mark does
/// not belong to the piece. `readable_around` bytes before the first row and behind the last one
/// can be read.
struct CsvPiece {
    const char* text = nullptr;
    /// Where the first row begins.
    std::uint32_t begin = 0;
    /// Positions of newlines, delimiters and points in `text`, without delimiters and newlines
    /// between quotes.
    std::span<const std::uint32_t> marks;
    bool has_quotes = false;

    static constexpr std::size_t readable_around = 16;
};

/// Where the wanted columns are in the rows of a file.
struct CsvColumns {
    std::vector<std::size_t> wanted;
    std::size_t count = 0;
    /// Whether the wanted columns are all there are, in their order.
    bool in_order = true;
};

struct CsvPlace {
    std::string file;
    std::uint64_t line;
    std::uint64_t column;
};

/// The rows of one replica.
class CsvRows {
 public:
    explicit CsvRows(std::unique_ptr<detail::CsvRowReader> reader);
    CsvRows(CsvRows&&) noexcept;
    CsvRows& operator=(CsvRows&&) noexcept;
    ~CsvRows();

    enum class Status {
        piece,     ///< there are rows
        busy,      ///< none yet: there is more to do, call again
        idle,      ///< none yet: `wakeup` is called when it is worth asking again
        finished,  ///< there are no more
    };

    /// The next rows, valid until the next call. Throws Error(input) as TextBlocks does, and for a
    /// header that does not fit.
    [[nodiscard]] Status next(CsvPiece& piece);

    /// The columns of the file that the last piece is from.
    [[nodiscard]] const CsvColumns& columns() const noexcept;

    /// The place of `at`, which lies in the row of the last piece that begins at `row`. To find the
    /// line it may read the file up to there.
    [[nodiscard]] CsvPlace place_of(const char* row, const char* at);

 private:
    std::unique_ptr<detail::CsvRowReader> reader_;
};

/// What to read: an immutable description, cheap to copy, to be used from any thread.
class CsvInput {
 public:
    /// Looks at the files and at the headers of plain ones. Throws Error(input) when one cannot be
    /// read or has not the columns that are wanted, Error(usage) for a format that makes no sense.
    CsvInput(const std::vector<std::string>& paths, CsvFormat format);

    [[nodiscard]] const CsvFormat& format() const noexcept;

    /// The part of replica `replica` out of `replicas`, as TextInput::read: each replica has the
    /// rows that begin in its share of the bytes. Where quoted fields may hold line breaks, the
    /// replicas of a process first count the quotes before their shares, together.
    [[nodiscard]] CsvRows read(std::size_t replica, std::size_t replicas,
                               std::function<void()> wakeup = {}) const;

    /// As TextInput::fingerprint.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept;

 private:
    std::shared_ptr<const detail::CsvFiles> files_;
};

/// One field of a row.
struct CsvCell {
    std::string_view text;  ///< without quotes
    bool quoted = false;
    std::size_t offset = 0;  ///< of its first byte in the row
};

/// What is wrong with a row, and where in it.
struct CsvProblem {
    std::string text;
    std::size_t offset;
};

/// Cuts a row into fields.
class CsvSplitter {
 public:
    CsvSplitter(char delimiter, std::optional<char> quote) noexcept
        : delimiter_(delimiter), quote_(quote) {}

    /// The fields of a row, which comes without its line end; nothing when its quotes are wrong,
    /// see problem(). Valid until the next call.
    [[nodiscard]] const std::vector<CsvCell>* split(std::string_view row);

    [[nodiscard]] CsvProblem& problem() noexcept { return problem_; }

 private:
    [[nodiscard]] bool add_quoted(std::string_view row, std::size_t& position);
    void add_plain(std::string_view row, std::size_t& position);

    char delimiter_;
    std::optional<char> quote_;
    std::vector<CsvCell> cells_;
    /// Text of cells with doubled quotes; never larger than the row.
    std::string unescaped_;
    CsvProblem problem_{};
};

/// The begin of a row, for messages.
[[nodiscard]] std::string shortened(std::string_view row);

}  // namespace renoir::io
