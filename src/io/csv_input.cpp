#include <renoir/io/csv_input.hpp>
#include <renoir/io/text_input.hpp>

#include <algorithm>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/csv_buffer.hpp"
#include "io/descriptor.hpp"
#include "io/file_parts.hpp"
#include "io/quote_parity.hpp"

namespace renoir::io {

namespace detail {

namespace {

using Kind = InputFile::Kind;

constexpr std::size_t usual_read = std::size_t{256} * 1024;

// ---- the format --------------------------------------------------------------------------------

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorKind::usage, "the options for a CSV file make no sense: " + what);
}

void check(const CsvFormat& format) {
    const auto is_special = [](char byte) { return byte == '\n' || byte == '\r'; };
    if (is_special(format.delimiter)) refuse("a line break cannot be the delimiter");
    if (format.quote && is_special(*format.quote)) refuse("a line break cannot be the quote");
    if (format.quote == format.delimiter) refuse("the delimiter is the quote, too");
    if (format.columns.empty()) return;
    if (!format.header) refuse("columns are chosen by name, but there is no header");
    if (format.columns.size() != format.wanted) {
        refuse("there are names for " + std::to_string(format.columns.size()) +
               " columns, but the rows have " + std::to_string(format.wanted) + " fields");
    }
}

CsvMarks marks_of(const CsvFormat& format) {
    return {format.delimiter, format.quote, format.quote && format.quoted_line_breaks,
            format.marks_points};
}

// ---- headers -----------------------------------------------------------------------------------

std::string_view without_carriage_return(std::string_view row) noexcept {
    if (row.ends_with('\r')) row.remove_suffix(1);
    return row;
}

std::string list_of(const std::vector<CsvCell>& cells) {
    std::string list;
    for (const CsvCell& cell : cells)
        list.append(list.empty() ? "'" : ", '").append(shortened(cell.text)).append("'");
    return list;
}

std::size_t column_named(const std::string& path, const std::string& name,
                         const std::vector<CsvCell>& cells) {
    const auto is_it = [&](const CsvCell& cell) { return cell.text == name; };
    const auto found = std::ranges::find_if(cells, is_it);
    if (found == cells.end()) {
        throw read_error(
            path, "its header has no column '" + name + "'; its columns are " + list_of(cells));
    }
    if (std::find_if(found + 1, cells.end(), is_it) != cells.end())
        throw read_error(path, "its header has two columns '" + name + "'");
    return static_cast<std::size_t>(found - cells.begin());
}

CsvColumns all_columns(std::size_t count) {
    CsvColumns columns;
    columns.count = count;
    for (std::size_t i = 0; i < count; ++i) columns.wanted.push_back(i);
    return columns;
}

CsvColumns columns_of_header(const std::string& path, const CsvFormat& format,
                             std::string_view row) {
    CsvSplitter splitter(format.delimiter, format.quote);
    const std::vector<CsvCell>* cells = splitter.split(row);
    if (cells == nullptr)
        throw read_error(path, "its header is malformed: " + splitter.problem().text);
    CsvColumns columns = all_columns(cells->size());
    if (format.columns.empty()) {
        if (columns.count == format.wanted) return columns;
        throw read_error(path, "its header has " + std::to_string(columns.count) + " columns (" +
                                   list_of(*cells) + "), but the rows have " +
                                   std::to_string(format.wanted) +
                                   " fields; name the columns in the options");
    }
    const CsvColumns all = columns;
    columns.wanted.clear();
    for (const std::string& name : format.columns)
        columns.wanted.push_back(column_named(path, name, *cells));
    columns.in_order = columns.wanted == all.wanted;
    return columns;
}

/// What stands before the rows of a file.
class Head {
 public:
    Head(const std::string& path, const CsvFormat& format)
        : path_(path), format_(format), header_missing_(format.header) {
        columns_ = all_columns(format.wanted);
    }

    /// Takes the head out of the first pieces of a file.
    void take_from(CsvPiece& piece) {
        if (at_begin_) skip_byte_order_mark(piece);
        at_begin_ = false;
        while (header_missing_ && !piece.marks.empty()) take_row(piece);
    }

    [[nodiscard]] bool is_complete() const noexcept { return !at_begin_ && !header_missing_; }
    [[nodiscard]] const CsvColumns& columns() const noexcept { return columns_; }

 private:
    static void skip_byte_order_mark(CsvPiece& piece) {
        constexpr std::string_view mark = "\xef\xbb\xbf";
        // Where the file is nothing else, its row is an empty one.
        if (std::string_view(piece.text, piece.marks.back()).starts_with(mark)) piece.begin = 3;
    }

    void take_row(CsvPiece& piece) {
        std::size_t end = 0;
        while (piece.text[piece.marks[end]] != '\n') ++end;
        const std::string_view row =
            without_carriage_return(std::string_view(piece.text, piece.marks[end])
                                        .substr(std::min(piece.begin, piece.marks[end])));
        piece.begin = piece.marks[end] + 1;
        piece.marks = piece.marks.subspan(end + 1);
        if (row.empty()) return;
        columns_ = columns_of_header(path_, format_, row);
        header_missing_ = false;
    }

    const std::string& path_;
    const CsvFormat& format_;
    bool at_begin_ = true;
    bool header_missing_;
    CsvColumns columns_;
};

/// A plain file whose head is known.
struct PlainFile {
    std::uint64_t data_begin = 0;
    CsvColumns columns;
    /// Null where a line break is always the end of a row.
    std::unique_ptr<QuoteParity> quotes;
};

/// A quoted line break in a header is one whatever the rows hold.
CsvMarks marks_of_header(const CsvFormat& format) {
    return {format.delimiter, format.quote, format.quote.has_value(), false};
}

PlainFile look_at(const InputFile& file, const CsvFormat& format) {
    constexpr std::size_t read_at_once = 4096;
    CsvBuffer buffer(marks_of_header(format));
    Head head(file.path, format);
    const std::unique_ptr<ByteStream> stream = open_from(file.path, 0, file.size);
    PlainFile plain;
    plain.data_begin = file.size;
    for (bool at_end = false; !head.is_complete();) {
        CsvPiece piece;
        if (buffer.cut(piece, at_end)) {
            head.take_from(piece);
            if (head.is_complete()) plain.data_begin = buffer.offset_of(piece.text + piece.begin);
            continue;
        }
        if (at_end) break;
        const std::size_t room = std::max(read_at_once, buffer.missing());
        char* const to = buffer.make_room(room);
        const std::size_t count = stream->read(to, room);
        buffer.add(count);
        at_end = count == 0;
    }
    plain.columns = head.columns();
    if (format.quote && format.quoted_line_breaks)
        plain.quotes = std::make_unique<QuoteParity>(file.path, file.size, *format.quote);
    return plain;
}

}  // namespace

/// What the description of an input holds.
class CsvFiles {
 public:
    CsvFiles(const std::vector<std::string>& paths, CsvFormat format)
        : format_(std::move(format)), files_(describe_files(paths)) {
        check(format_);
        for (const InputFile& file : files_)
            plain_.push_back(file.kind == Kind::plain ? look_at(file, format_) : PlainFile());
    }

    [[nodiscard]] const CsvFormat& format() const noexcept { return format_; }
    [[nodiscard]] const std::vector<InputFile>& files() const noexcept { return files_; }
    [[nodiscard]] const PlainFile& plain(const InputFile& file) const {
        return plain_[static_cast<std::size_t>(&file - files_.data())];
    }

 private:
    CsvFormat format_;
    std::vector<InputFile> files_;
    std::vector<PlainFile> plain_;
};

// ---- reading -----------------------------------------------------------------------------------

/// The rows of one part of a file.
class PartReader {
 public:
    using Status = CsvRows::Status;

    PartReader() = default;
    PartReader(const PartReader&) = delete;
    PartReader& operator=(const PartReader&) = delete;
    virtual ~PartReader() = default;

    virtual Status next(CsvPiece& piece) = 0;
    [[nodiscard]] virtual const CsvColumns& columns() const noexcept = 0;
    /// The newlines in the file before a byte of the last piece.
    [[nodiscard]] virtual std::uint64_t newlines_before(const char* at) = 0;
};

namespace {

/// The rows of a plain file that begin in a range.
class RangeReader final : public PartReader {
 public:
    RangeReader(const FilePart& part, const PlainFile& plain, const CsvFormat& format,
                CsvBuffer& buffer)
        : file_(*part.file),
          plain_(plain),
          end_(part.range.end),
          begin_(std::max(part.range.begin, plain.data_begin)),
          starts_at_row_(begin_ == plain.data_begin),
          first_(starts_at_row_ ? begin_ : begin_ - 1),
          counts_quotes_(format.quote && format.quoted_line_breaks),
          buffer_(buffer) {}

    Status next(CsvPiece& piece) override {
        if (stream_ == nullptr && !begin()) return Status::busy;
        while (!ended_) {
            const bool at_end = buffer_.end_offset() == file_.size;
            if (!starts_at_row_) starts_at_row_ = buffer_.drop_row(quoted_);
            if (starts_at_row_) {
                if (buffer_.begin_offset() >= end_) break;
                if (buffer_.cut(piece, at_end)) {
                    keep_own_rows(piece);
                    return Status::piece;
                }
            } else if (buffer_.end_offset() >= end_) {
                break;
            }
            if (at_end) break;
            read_more();
        }
        ended_ = true;
        return Status::finished;
    }

    [[nodiscard]] const CsvColumns& columns() const noexcept override { return plain_.columns; }

    [[nodiscard]] std::uint64_t newlines_before(const char* at) override {
        const std::uint64_t offset = buffer_.offset_of(at);
        const auto memory = std::make_unique_for_overwrite<char[]>(usual_read);
        const std::unique_ptr<ByteStream> stream = open_from(file_.path, counted_to_, offset);
        while (const std::size_t count = stream->read(memory.get(), usual_read))
            newlines_ += count_bytes(memory.get(), count, '\n');
        counted_to_ = offset;
        return newlines_;
    }

 private:
    /// False while it is not known whether the range begins between quotes.
    bool begin() {
        ended_ = begin_ >= end_;
        if (ended_) return true;
        if (!starts_at_row_) {
            if (counts_quotes_) {
                if (plain_.quotes->help(first_)) return false;
                const std::optional<bool> quoted = plain_.quotes->at(first_);
                if (!quoted) return false;
                quoted_ = *quoted;
            }
        }
        buffer_.restart(first_);
        stream_ = open_from(file_.path, first_, file_.size);
        return true;
    }

    void read_more() {
        const std::uint64_t position = buffer_.end_offset();
        std::size_t room = usual_read;
        if (position < end_) {
            room = static_cast<std::size_t>(std::min<std::uint64_t>(room, end_ - position));
        } else {
            room = step_behind_;
            step_behind_ = std::min(usual_read, 2 * step_behind_);
        }
        room = std::max(room, buffer_.missing());
        char* const to = buffer_.make_room(room);
        buffer_.add(stream_->read(to, room));
    }

    void keep_own_rows(CsvPiece& piece) {
        if (buffer_.begin_offset() <= end_) return;
        const std::uint64_t piece_begin = buffer_.offset_of(piece.text);
        for (std::size_t i = 0; i < piece.marks.size(); ++i) {
            const bool last = piece_begin + piece.marks[i] + 1 >= end_;
            if (!last || piece.text[piece.marks[i]] != '\n') continue;
            piece.marks = piece.marks.first(i + 1);
            break;
        }
        ended_ = true;
    }

    const InputFile& file_;
    const PlainFile& plain_;
    std::uint64_t end_;
    std::uint64_t begin_;
    bool starts_at_row_;
    /// The byte before the range tells whether a row starts at its very beginning.
    std::uint64_t first_;
    bool counts_quotes_;
    bool quoted_ = false;
    bool ended_ = false;
    CsvBuffer& buffer_;
    std::unique_ptr<ByteStream> stream_;
    /// How much to read behind the range next: most rows are short.
    std::size_t step_behind_ = 4096;
    std::uint64_t counted_to_ = 0;
    std::uint64_t newlines_ = 0;
};

/// All rows of a file that is no plain one.
class WholeReader final : public PartReader {
 public:
    WholeReader(const FilePart& part, const CsvFormat& format, CsvBuffer& buffer,
                const std::function<void()>& wakeup)
        : head_(part.file->path, format),
          buffer_(buffer),
          blocks_(TextInput::file(part.file->path).read(0, 1, wakeup)) {
        buffer_.restart(0);
    }

    Status next(CsvPiece& piece) override {
        for (;;) {
            while (buffer_.cut(piece, at_end_)) {
                if (!head_.is_complete()) head_.take_from(piece);
                if (!piece.marks.empty()) return Status::piece;
            }
            if (at_end_) return Status::finished;
            const std::optional<std::string_view> block = blocks_->try_next();
            if (!block) return Status::idle;
            at_end_ = block->empty();
            char* const to = buffer_.make_room(block->size());
            std::copy(block->begin(), block->end(), to);  // also of an empty block, from nowhere
            buffer_.add(block->size());
        }
    }

    [[nodiscard]] const CsvColumns& columns() const noexcept override { return head_.columns(); }
    [[nodiscard]] std::uint64_t newlines_before(const char* at) override {
        return buffer_.newlines_before(at);
    }

 private:
    Head head_;
    CsvBuffer& buffer_;
    std::unique_ptr<TextBlocks> blocks_;
    bool at_end_ = false;
};

}  // namespace

class CsvRowReader {
 public:
    using Status = CsvRows::Status;

    CsvRowReader(std::shared_ptr<const CsvFiles> files, std::size_t replica, std::size_t replicas,
                 std::function<void()> wakeup)
        : files_(std::move(files)),
          parts_(parts_of(files_->files(), replica, replicas)),
          wakeup_(std::move(wakeup)),
          buffer_(marks_of(files_->format())) {}

    Status next(CsvPiece& piece) {
        while (part_ != nullptr || next_part_ < parts_.size()) {
            if (part_ == nullptr) open(parts_[next_part_++]);
            const Status status = part_->next(piece);
            if (status != Status::finished) return status;
            part_.reset();
        }
        return Status::finished;
    }

    [[nodiscard]] const CsvColumns& columns() const noexcept { return part_->columns(); }

    [[nodiscard]] CsvPlace place_of(const char* row, const char* at) {
        const std::string_view before(row, static_cast<std::size_t>(at - row));
        const std::size_t newline = before.rfind('\n');
        const std::size_t line_begin = newline == before.npos ? 0 : newline + 1;
        const auto breaks = static_cast<std::uint64_t>(std::ranges::count(before, '\n'));
        return {parts_[next_part_ - 1].file->path, part_->newlines_before(row) + breaks + 1,
                before.size() - line_begin + 1};
    }

 private:
    void open(const FilePart& part) {
        const CsvFormat& format = files_->format();
        if (part.file->kind == Kind::plain) {
            part_ = std::make_unique<RangeReader>(part, files_->plain(*part.file), format, buffer_);
        } else {
            part_ = std::make_unique<WholeReader>(part, format, buffer_, wakeup_);
        }
    }

    std::shared_ptr<const CsvFiles> files_;
    std::vector<FilePart> parts_;
    std::function<void()> wakeup_;
    CsvBuffer buffer_;
    std::size_t next_part_ = 0;
    std::unique_ptr<PartReader> part_;
};

}  // namespace detail

CsvRows::CsvRows(std::unique_ptr<detail::CsvRowReader> reader) : reader_(std::move(reader)) {}
CsvRows::CsvRows(CsvRows&&) noexcept = default;
CsvRows& CsvRows::operator=(CsvRows&&) noexcept = default;
CsvRows::~CsvRows() = default;

CsvRows::Status CsvRows::next(CsvPiece& piece) {
    return reader_->next(piece);
}

const CsvColumns& CsvRows::columns() const noexcept {
    return reader_->columns();
}

CsvPlace CsvRows::place_of(const char* row, const char* at) {
    return reader_->place_of(row, at);
}

CsvInput::CsvInput(const std::vector<std::string>& paths, CsvFormat format)
    : files_(std::make_shared<const detail::CsvFiles>(paths, std::move(format))) {}

const CsvFormat& CsvInput::format() const noexcept {
    return files_->format();
}

std::uint64_t CsvInput::fingerprint() const noexcept {
    return detail::fingerprint_of(files_->files());
}

CsvRows CsvInput::read(std::size_t replica, std::size_t replicas,
                       std::function<void()> wakeup) const {
    return CsvRows(
        std::make_unique<detail::CsvRowReader>(files_, replica, replicas, std::move(wakeup)));
}

}  // namespace renoir::io
