#pragma once

/// Rows of CSV files as values: stream_csv, stream_csv_with_malformed.
///
///     struct Trade {
///         std::int64_t time;
///         std::string symbol;
///         double price;
///         std::optional<int> size;  // an empty field is std::nullopt
///     };
///     ctx.stream_csv<Trade>("trades.csv", {.columns = {"ts", "symbol", "price", "size"}})
///         .filter([](const Trade& trade) { return trade.price > 100; })...
///
/// A row is an aggregate of
/// - numbers: all integer types but the character types, float, double, long double. A fraction is
///   rounded correctly. Not a number: NaN, infinities, what is out of the range of the type, what
///   has a space or anything else around it,
/// - bool: `true`, `false`, `1` or `0`,
/// - std::string: the text as it is, spaces too; without its quotes, doubled ones halved,
/// - std::string_view: the same without a copy. Such rows are valid until the function that gets
///   them returns: `map` them to something that owns its text before they are collected,
/// - std::optional of these: nothing for an empty field. `""` is an empty text.
///
/// Rows end with `\n` or `\r\n`, the last one may lack it, empty lines are skipped; so is a byte
/// order mark. A quoted field may hold delimiters, doubled quotes and line breaks.
///
/// The files are cut by bytes, and each replica reads the rows that begin in its share. A replica
/// must know whether its share begins between quotes, so the replicas of each process first count
/// the quotes in front of their shares, together: one more pass over the text at the speed of
/// memory, a few percent of the time. It is saved where no row can hold a line break: where all
/// columns are numbers or bool and none is left out, where the options say so, and for files that
/// are read by one replica (compressed ones, FIFOs). A quote that is never closed swallows all rows
/// up to the next quote.

#include <renoir/io/csv_input.hpp>
#include <renoir/io/csv_number.hpp>
#include <renoir/operators/structure.hpp>
#include <renoir/stream/context.hpp>
#include <renoir/stream/csv_options.hpp>

#include <algorithm>
#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace renoir {

/// What stream_csv_with_malformed gives.
template <class Rows, class Malformed>
struct CsvStreams {
    Rows rows;
    Malformed malformed;
};

namespace detail {

/// What a field of a row can be: how text becomes a value, and what to call it in messages.
template <class Field>
struct CsvField {
    static constexpr bool supported = false;
    static constexpr bool is_text = false;
    static constexpr bool has_points = false;
};

template <class Field>
inline constexpr bool is_character =
    std::is_same_v<Field, char> || std::is_same_v<Field, wchar_t> ||
    std::is_same_v<Field, char8_t> || std::is_same_v<Field, char16_t> ||
    std::is_same_v<Field, char32_t>;

template <class Number>
    requires std::is_arithmetic_v<Number> && (!is_character<Number>)
struct CsvField<Number> {
    static constexpr bool supported = true;
    static constexpr bool is_text = false;
    static constexpr bool has_points = std::is_floating_point_v<Number>;

    [[gnu::always_inline]] static bool parse(const char* begin, const char* point, const char* end,
                                             bool, Number& value) noexcept {
        return io::detail::parse_field(begin, point, end, value);
    }

    static std::string expected() {
        if constexpr (std::is_floating_point_v<Number>) return "a number";
        return "a whole number from " + std::to_string(std::numeric_limits<Number>::min()) +
               " to " + std::to_string(std::numeric_limits<Number>::max());
    }
};

template <>
struct CsvField<bool> {
    static constexpr bool supported = true;
    static constexpr bool is_text = false;
    static constexpr bool has_points = false;

    static bool parse(const char* begin, const char*, const char* end, bool, bool& value) noexcept {
        const std::string_view text(begin, static_cast<std::size_t>(end - begin));
        value = text == "true" || text == "1";
        return value || text == "false" || text == "0";
    }
    static std::string expected() { return "true, false, 1 or 0"; }
};

template <class Text>
struct CsvTextField {
    static constexpr bool supported = true;
    static constexpr bool is_text = true;
    static constexpr bool has_points = false;

    static bool parse(const char* begin, const char*, const char* end, bool, Text& value) {
        value = std::string_view(begin, static_cast<std::size_t>(end - begin));
        return true;
    }
    static std::string expected() { return "text"; }
};
template <>
struct CsvField<std::string> : CsvTextField<std::string> {};
template <>
struct CsvField<std::string_view> : CsvTextField<std::string_view> {};

template <class Value>
struct CsvField<std::optional<Value>> {
    static constexpr bool supported = CsvField<Value>::supported;
    static constexpr bool is_text = CsvField<Value>::is_text;
    static constexpr bool has_points = CsvField<Value>::has_points;

    static bool parse(const char* begin, const char* point, const char* end, bool quoted,
                      std::optional<Value>& value) {
        value.reset();
        if (begin == end && !quoted) return true;
        return CsvField<Value>::parse(begin, point, end, quoted, value.emplace());
    }
    static std::string expected() { return CsvField<Value>::expected() + ", or nothing"; }
};

/// What is known about rows of type T.
template <class T>
struct CsvRow {
    template <std::size_t Index>
    using Field = CsvField<boost::pfr::tuple_element_t<Index, T>>;

    static constexpr std::size_t size = boost::pfr::tuple_size_v<T>;

    /// Whether `any(Field<I>)` holds for one of the fields, or for all.
    template <class Any>
    static consteval bool any(Any any) {
        return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            return (any(Field<Index>()) || ...);
        }(std::make_index_sequence<size>());
    }

    static constexpr bool supported = !any([](auto field) { return !field.supported; });
    static constexpr bool has_text = any([](auto field) { return field.is_text; });
    static constexpr bool has_points = any([](auto field) { return field.has_points; });
};

template <class T>
consteval bool is_csv_row() {
    if constexpr (std::is_aggregate_v<T> && std::is_class_v<T> &&
                  std::is_default_constructible_v<T>) {
        return CsvRow<T>::supported && CsvRow<T>::size > 0;
    } else {
        return false;
    }
}

// A function of its own, so that nothing else is said about a type that is none.
template <class T>
consteval bool require_csv_row() {
    static_assert(is_csv_row<T>(),
                  "stream_csv<T>: T must be an aggregate whose members are numbers, bool, "
                  "std::string, std::string_view or std::optional of these");
    return is_csv_row<T>();
}

/// Makes rows of the pieces of text that a replica reads.
template <class T, class OnMalformed>
class CsvReader {
 public:
    CsvReader(io::CsvRows rows, const io::CsvFormat& format, OnMalformed on_malformed)
        : rows_(std::move(rows)),
          format_(format),
          splitter_(format.delimiter, format.quote),
          on_malformed_(std::move(on_malformed)) {}

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t) {
        using Status = io::CsvRows::Status;
        io::CsvPiece piece;
        switch (rows_.next(piece)) {
            case Status::idle:
                return SourceStatus::idle;
            case Status::finished:
                return SourceStatus::finished;
            case Status::busy:
                return SourceStatus::more;
            case Status::piece:
                break;
        }
        read_piece(piece, emit);
        return SourceStatus::more;
    }

 private:
    using Row = CsvRow<T>;
    /// Rows of flat types are handed on together.
    static constexpr bool collects = is_flat<T>;
    static constexpr std::size_t most_rows =
        collects ? std::clamp<std::size_t>(std::size_t{16} * 1024 / sizeof(T), 1, 1024) : 1;

    template <class Emit>
    void read_piece(const io::CsvPiece& piece, Emit& emit) {
        const std::uint32_t* mark = piece.marks.data();
        const std::uint32_t* const last = mark + piece.marks.size();
        const char* row = piece.text + piece.begin;
        const bool in_order = rows_.columns().in_order;
        std::size_t count = 0;
        while (mark != last) {
            T& value = values_[count];
            const std::uint32_t* next = mark;
            bool read = in_order && read_in_order(piece, row, next, value);
            if (!read) [[unlikely]] {
                next = mark;
                while (piece.text[*next] != '\n') ++next;
                ++next;
                read = read_any(row, piece.text + next[-1], value);
            }
            row = piece.text + next[-1] + 1;
            mark = next;
            if (!read) continue;
            if constexpr (collects) {
                if (++count == most_rows) emit.batch(std::span<T>(values_.data(), count));
                if (count == most_rows) count = 0;
            } else {
                emit(std::move(value));
            }
        }
        if constexpr (collects) {
            if (count != 0) emit.batch(std::span<T>(values_.data(), count));
        }
    }

    /// Reads a row whose columns are the fields, without quotes; leaves `mark` behind its end.
    [[gnu::always_inline]] bool read_in_order(const io::CsvPiece& piece, const char* row,
                                              const std::uint32_t*& mark, T& value) {
        return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            const char* begin = row;
            return (read_field<Index>(piece, begin, mark, boost::pfr::get<Index>(value)) && ...);
        }(std::make_index_sequence<Row::size>());
    }

    template <std::size_t Index, class Value>
    [[gnu::always_inline]] bool read_field(const io::CsvPiece& piece, const char*& begin,
                                           const std::uint32_t*& mark, Value& value) {
        using Field = CsvField<Value>;
        const char* end = piece.text + *mark++;
        const char* point = end;
        if constexpr (Row::has_points) {
            // The delimiter may be the point itself.
            if (*end == '.' && format_.delimiter != '.') {
                end = piece.text + *mark++;
                if constexpr (Field::is_text) {
                    while (*end == '.') end = piece.text + *mark++;
                }
            }
        }
        const char* const after = end + 1;
        if constexpr (Index + 1 < Row::size) {
            if (*end != format_.delimiter) [[unlikely]]
                return false;
        } else {
            if (*end != '\n') [[unlikely]]
                return false;
            if (end != begin && end[-1] == '\r') {
                if (point == end) --point;
                --end;
            }
            // The only field of an empty line, which is no row.
            if constexpr (Row::size == 1) {
                if (begin == end) return false;
            }
        }
        if constexpr (Field::is_text) {
            if (piece.has_quotes &&
                std::memchr(begin, *format_.quote, static_cast<std::size_t>(end - begin)))
                return false;
        }
        const bool parsed = Field::parse(begin, point, end, false, value);
        begin = after;
        return parsed;
    }

    /// Reads any row; false where there is none or it is malformed.
    [[gnu::noinline]] bool read_any(const char* begin, const char* end, T& value) {
        if (begin != end && end[-1] == '\r') --end;
        if (begin == end) return false;
        const std::string_view row(begin, static_cast<std::size_t>(end - begin));
        const std::vector<io::CsvCell>* cells = splitter_.split(row);
        if (cells != nullptr && read_cells(*cells, row.size(), value)) return true;
        const io::CsvProblem& problem = splitter_.problem();
        on_malformed_(rows_.place_of(begin, begin + problem.offset), row, problem.text);
        return false;
    }

    bool read_cells(const std::vector<io::CsvCell>& cells, std::size_t row_size, T& value) {
        const io::CsvColumns& columns = rows_.columns();
        if (cells.size() != columns.count) {
            const bool many = cells.size() > columns.count;
            splitter_.problem() = {"expected " + std::to_string(columns.count) +
                                       " columns, found " + std::to_string(cells.size()),
                                   many ? cells[columns.count].offset : row_size};
            return false;
        }
        return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            return (read_cell<Index>(cells[columns.wanted[Index]], columns.wanted[Index],
                                     boost::pfr::get<Index>(value)) &&
                    ...);
        }(std::make_index_sequence<Row::size>());
    }

    template <std::size_t Index, class Value>
    bool read_cell(const io::CsvCell& cell, std::size_t column, Value& value) {
        using Field = CsvField<Value>;
        const char* const begin = cell.text.data();
        const char* const end = begin + cell.text.size();
        if constexpr (Field::is_text) {
            if (Field::parse(begin, end, end, cell.quoted, value)) return true;
        } else {
            // With room in front, for those who read numbers by their ends.
            constexpr std::size_t room = io::CsvPiece::readable_around;
            number_.assign(room, '\0').append(cell.text);
            const char* const text = number_.data() + room;
            const char* const text_end = text + cell.text.size();
            if (Field::parse(text, std::find(text, text_end, '.'), text_end, cell.quoted, value))
                return true;
        }
        std::string name = "column " + std::to_string(column + 1);
        if (!format_.columns.empty()) name += " ('" + format_.columns[Index] + "')";
        splitter_.problem() = {"expected " + Field::expected() + " in " + name + ", found '" +
                                   io::shortened(cell.text) + "'",
                               cell.offset};
        return false;
    }

    io::CsvRows rows_;
    io::CsvFormat format_;
    io::CsvSplitter splitter_;
    OnMalformed on_malformed_;
    std::string number_;
    std::array<T, most_rows> values_{};
};

/// What is done with malformed rows where they do not become a stream.
struct CsvPolicy {
    std::optional<SkippedRows> skipped;

    void operator()(const io::CsvPlace& place, std::string_view row,
                    const std::string& problem) const {
        if (skipped) {
            skipped->add_one();
            return;
        }
        throw Error(ErrorKind::input, place.file + ":" + std::to_string(place.line) + ":" +
                                          std::to_string(place.column) + ": malformed row '" +
                                          io::shortened(row) + "': " + problem +
                                          "; see CsvOptions for how to skip such rows");
    }
};

template <class T>
struct CsvSource {
    using value_type = T;
    io::CsvInput input;
    CsvPolicy policy;

    [[nodiscard]] static Replication replication() noexcept { return Replication::unlimited(); }
    [[nodiscard]] CsvReader<T, CsvPolicy> open(const SourceContext& context) const {
        Parker* parker = context.parker;
        return {input.read(context.replica, context.replicas, [parker] { parker->wake(); }),
                input.format(), policy};
    }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return input.fingerprint(); }
};

/// Hands malformed rows to an output.
struct CsvSideOutput {
    Output<MalformedRow>* output;
    std::size_t destination;

    void operator()(const io::CsvPlace& place, std::string_view row,
                    const std::string& problem) const {
        output->append(destination,
                       {place.file, place.line, place.column, std::string(row), problem});
    }
};

template <class T>
struct CsvSourceWithSide {
    using value_type = T;
    io::CsvInput input;
    CsvSideOutput side;

    [[nodiscard]] static Replication replication() noexcept { return Replication::unlimited(); }
    [[nodiscard]] CsvReader<T, CsvSideOutput> open(const SourceContext& context) const {
        Parker* parker = context.parker;
        return {input.read(context.replica, context.replicas, [parker] { parker->wake(); }),
                input.format(), side};
    }
};

/// Lets the marks of a stream reach the one beside it, too.
template <class T, class Next>
struct WithSideStage {
    Output<MalformedRow>& output;
    Next next;

    void push(T&& item) { next.push(std::move(item)); }
    void push_batch(std::span<T> items)
        requires BatchStageFor<Next, T>
    {
        next.push_batch(items);
    }
    void control(const Mark& mark) {
        output.send_mark(mark);
        next.control(mark);
    }
};

/// Behind a CSV source whose malformed rows go to an edge of their own.
template <class T>
struct CsvChainWithSide {
    using value_type = T;
    io::CsvInput input;
    EdgeId side;
    const OperatorInfo* info;

    template <StageFor<T> Next>
    [[nodiscard]] std::unique_ptr<Replica> build(ReplicaContext& context, Next next) const {
        using Stage = WithSideStage<T, Next>;
        Output<MalformedRow>& output = context.open_output<MalformedRow>(side);
        const CsvSourceWithSide<T> source{input, {&output, context.index()}};
        return std::make_unique<SourceReplica<CsvSourceWithSide<T>, Stage>>(
            context, source, *info, Stage{output, std::move(next)});
    }
};

template <class T>
io::CsvInput csv_input(const std::vector<std::filesystem::path>& files, const CsvOptions& options) {
    io::CsvFormat format;
    format.header = options.header;
    format.columns = options.columns;
    format.delimiter = options.delimiter;
    format.quote = options.quote;
    format.wanted = CsvRow<T>::size;
    // A quoted line break in a number is malformed wherever the row is cut.
    format.quoted_line_breaks =
        options.quoted_line_breaks && (CsvRow<T>::has_text || !options.columns.empty());
    format.marks_points = CsvRow<T>::has_points;
    std::vector<std::string> names;
    for (const std::filesystem::path& file : files) names.push_back(file.string());
    return {names, std::move(format)};
}

}  // namespace detail

template <class T>
auto StreamContext::stream_csv(const std::vector<std::filesystem::path>& files, CsvOptions options,
                               Location where) {
    if constexpr (detail::require_csv_row<T>()) {
        return named_stream(
            detail::CsvSource<T>{detail::csv_input<T>(files, options), {options.skip_malformed}},
            {"stream_csv", where});
    }
}

template <class T>
auto StreamContext::stream_csv(const std::filesystem::path& file, CsvOptions options,
                               Location where) {
    return stream_csv<T>(std::vector{file}, std::move(options), where);
}

template <class T>
auto StreamContext::stream_csv_with_malformed(const std::vector<std::filesystem::path>& files,
                                              CsvOptions options, Location where) {
    if constexpr (detail::require_csv_row<T>()) {
        const OperatorInfo info{"stream_csv_with_malformed", where};
        io::CsvInput input = detail::csv_input<T>(files, options);
        graph_->add_input(input.fingerprint());
        const BlockId block = graph_->add_block(Replication::unlimited(), member_.batch_mode);
        const BlockId beside = graph_->add_block(Replication::unlimited(), member_.batch_mode);
        const EdgeId edge = graph_->connect(block, beside);
        const OperatorInfo& named = graph_->add_operator(block, info);
        const OperatorInfo& named_beside = graph_->add_operator(beside, info);
        using Chain = detail::CsvChainWithSide<T>;
        return CsvStreams<Stream<T, Chain>, Stream<MalformedRow, ExchangeChain<MalformedRow>>>{
            {StreamHandle(graph_, block, named), Chain{std::move(input), edge, &named}, execution_},
            {StreamHandle(graph_, beside, named_beside), {{edge}}, execution_}};
    }
}

}  // namespace renoir
