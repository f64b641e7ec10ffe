// Rows of CSV files as values, in every layout, against the values that were written.

#include "expectations.hpp"
#include "files.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <random>
#include <span>

namespace {

using namespace stream_test;
using Catch::Matchers::ContainsSubstring;
using renoir::CsvOptions;
using renoir::MalformedRow;
using Text = std::string;

struct Point {
    double x = 0;
    double y = 0;

    friend auto operator<=>(const Point&, const Point&) = default;
};

struct Edge {
    std::uint64_t source = 0;
    std::uint64_t target = 0;

    friend auto operator<=>(const Edge&, const Edge&) = default;
};

struct Everything {
    signed char tiny = 0;
    std::uint16_t small = 0;
    std::int32_t number = 0;
    std::uint64_t large = 0;
    float single = 0;
    double fraction = 0;
    bool flag = false;
    Text text;
    std::optional<std::int64_t> maybe;
    std::optional<double> maybe_fraction;
    std::optional<Text> maybe_text;

    friend auto operator<=>(const Everything&, const Everything&) = default;
};

struct View {
    int number = 0;
    std::string_view text;
};

struct One {
    std::optional<Text> text;
    friend auto operator<=>(const One&, const One&) = default;
};

struct Two {
    int first = 0;
    Text second;
    friend auto operator<=>(const Two&, const Two&) = default;
};

Text random_text(std::mt19937_64& random) {
    constexpr std::string_view bytes = "abc .,;\n\r\"\xc3\xbc";
    Text text;
    for (std::size_t size = random() % 10; size > 0; --size) text += bytes[random() % bytes.size()];
    return text;
}

Everything random_row(std::mt19937_64& random) {
    Everything row;
    row.tiny = static_cast<signed char>(random());
    row.small = static_cast<std::uint16_t>(random());
    row.number = static_cast<std::int32_t>(random());
    row.large = random() >> random() % 64;
    row.single = static_cast<float>(static_cast<double>(random() % 1'000'000) / 1024.0);
    row.fraction =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100);
    row.flag = random() % 2 == 0;
    row.text = random_text(random);
    if (random() % 2 == 0) row.maybe = -static_cast<std::int64_t>(random() >> 1U);
    if (random() % 2 == 0) row.maybe_fraction = static_cast<double>(random() % 1'000) / 4;
    if (random() % 2 == 0) row.maybe_text = random_text(random);
    return row;
}

Text quoted(const Text& text) {
    Text all = "\"";
    for (const char byte : text) all.append(byte == '"' ? 2 : 1, byte);
    return all + "\"";
}

template <class Number>
Text exact(Number number) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

Text line_of(const Everything& row, char delimiter) {
    const std::vector<Text> fields{
        std::to_string(row.tiny),
        std::to_string(row.small),
        std::to_string(row.number),
        std::to_string(row.large),
        exact(row.single),
        exact(row.fraction),
        row.flag ? "true" : "0",
        quoted(row.text),
        row.maybe ? std::to_string(*row.maybe) : "",
        row.maybe_fraction ? quoted(exact(*row.maybe_fraction)) : "",
        row.maybe_text ? quoted(*row.maybe_text) : "",
    };
    Text line;
    for (const Text& field : fields)
        line += (&field == fields.data() ? "" : Text(1, delimiter)) + field;
    return line;
}

/// The text of the error that a job ends with.
template <class T>
Text failure_of(const std::filesystem::path& file, const CsvOptions& options) {
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    ctx.stream_csv<T>(file, options).for_each([](const T&) {});
    try {
        ctx.execute_blocking();
    } catch (const renoir::Error& error) {
        return error.kind() == renoir::ErrorKind::input ? error.what() : "another kind of error";
    }
    return "no error";
}

}  // namespace

TEST_CASE("rows of all types come back as they were written", "[ranks]") {
    const TemporaryFolder folder;
    std::mt19937_64 random(17);
    for (const int size : {0, 1, 3, 3'000}) {
        const char delimiter = size % 2 == 0 ? ',' : '\t';
        std::vector<Everything> rows;
        Text text;
        for (int i = 0; i < size; ++i) {
            rows.push_back(random_row(random));
            text += line_of(rows.back(), delimiter) + (random() % 2 == 0 ? "\n" : "\r\n");
        }
        const auto file = folder.write("rows.csv", text);
        const CsvOptions options{.header = false, .delimiter = delimiter};
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("rows", ctx.stream_csv<Everything>(file, options), rows);
        });
    }
}

TEST_CASE("numbers come in batches, with and without a last newline", "[ranks]") {
    const TemporaryFolder folder;
    for (const int size : {1, 2, renoir::detail::under_sanitizer ? 10'000 : 40'000}) {
        const auto edges = mapped(numbers(size), [](int n) {
            return Edge{static_cast<std::uint64_t>(n) * 7919, static_cast<std::uint64_t>(n)};
        });
        Text text;
        for (const Edge& edge : edges)
            text += std::to_string(edge.source) + "," + std::to_string(edge.target) + "\n";
        if (size % 2 == 0) text.pop_back();
        const auto file = folder.write("edges.csv", text);
        std::uint64_t sum = 0;
        for (const Edge& edge : edges) sum += edge.source + edge.target;
        const auto add = [](std::uint64_t& total, std::span<const Edge> some) {
            for (const Edge& edge : some) total += edge.source + edge.target;
        };
        expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
            expect.items("rows", ctx.stream_csv<Edge>(file, {.header = false}), edges);
            expect.items("sum",
                         ctx.stream_csv<Edge>(file, {.header = false})
                             .fold_batch(std::uint64_t{0}, add,
                                         [](std::uint64_t& a, std::uint64_t b) { a += b; }),
                         std::vector{sum});
        });
    }
}

TEST_CASE("bug 8.11: columns are found by the names in the header") {
    const TemporaryFolder folder;
    const auto first = folder.write("a.csv", "y;name;\"x\";z\n1;one;2;\n3;\"t;\nwo\";4;5\n");
    const auto second = folder.write("b.csv", "\n\r\nx;y\r\n6;7\r\n");
    const CsvOptions options{.columns = {"x", "y"}, .delimiter = ';'};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("points", ctx.stream_csv<Point>(std::vector{first, second}, options),
                     std::vector<Point>{{2, 1}, {4, 3}, {6, 7}});
        expect.items("text", ctx.stream_csv<One>(first, {.columns = {"name"}, .delimiter = ';'}),
                     std::vector<One>{{"one"}, {"t;\nwo"}});
    });
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    REQUIRE_THROWS_WITH(ctx.stream_csv<Point>(second, {.columns = {"x", "w"}, .delimiter = ';'}),
                        ContainsSubstring("b.csv") && ContainsSubstring("no column 'w'") &&
                            ContainsSubstring("'x', 'y'"));
    // By position all columns must be wanted.
    REQUIRE_THROWS_WITH(ctx.stream_csv<Point>(first, {.delimiter = ';'}),
                        ContainsSubstring("4 columns") && ContainsSubstring("2 fields"));
}

TEST_CASE("a header is no row, a file without rows is none either", "[ranks]") {
    const TemporaryFolder folder;
    const auto rows = folder.write("rows.csv", "\xef\xbb\xbfx,y\n1,2\n\n3,4");
    const auto header_only = folder.write("header.csv", "x,y");
    const auto nothing = folder.write("nothing.csv", "");
    const auto lines = folder.write("lines.csv", "\n\r\n\n");
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("rows", ctx.stream_csv<Point>(rows), std::vector<Point>{{1, 2}, {3, 4}});
        expect.items("none",
                     ctx.stream_csv<Point>(std::vector{header_only, nothing, lines, nothing}),
                     std::vector<Point>());
        expect.items("nothing", ctx.stream_csv<Point>(nothing, {.header = false}),
                     std::vector<Point>());
    });
}

TEST_CASE("text is kept as it is, and views of it are valid during a call", "[ranks]") {
    const TemporaryFolder folder;
    const Text huge = Text(700'000, 'h') + "\n\"" + Text(10, ',');
    const auto file =
        folder.write("text.csv", "1, spaces kept \n2,\"with \"\"quotes\"\"\"\n3,\n4," +
                                     quoted(huge) + "\n5,\"\"\n");
    const std::vector<Two> rows{
        {1, " spaces kept "}, {2, "with \"quotes\""}, {3, ""}, {4, huge}, {5, ""}};
    const auto unquoted = folder.write("plain.csv", "1,\"a\n2,5\" pipe\n");
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const CsvOptions options{.header = false};
        expect.items("owned", ctx.stream_csv<Two>(file, options), rows);
        expect.items("views", ctx.stream_csv<View>(file, options).map([](const View& view) {
            return Two{view.number, Text(view.text)};
        }),
                     rows);
        expect.items(
            "views in batches",
            ctx.stream_csv<View>(file, options).flat_map_batch([](std::span<const View> in) {
                std::vector<Two> out;
                for (const View& view : in) out.push_back({view.number, Text(view.text)});
                return out;
            }),
            rows);
        expect.items("no quotes",
                     ctx.stream_csv<Two>(unquoted, {.header = false, .quote = std::nullopt}),
                     std::vector<Two>{{1, "\"a"}, {2, "5\" pipe"}});
        expect.items("a line is a row",
                     ctx.stream_csv<Two>(file, {.header = false,
                                                .quoted_line_breaks = false,
                                                .skip_malformed = renoir::SkippedRows()}),
                     std::vector<Two>{rows[0], rows[1], rows[2], rows[4]});
    });
}

TEST_CASE("a malformed row ends the job with its place, its text and what was expected") {
    const TemporaryFolder folder;
    Text many;
    for (const int n : numbers(100'000)) many += std::to_string(n) + ",1\n";
    const auto fails = [&](const Text& text, const CsvOptions& options) {
        return failure_of<Two>(folder.write("two.csv", text), options);
    };
    const CsvOptions plain{.header = false};
    REQUIRE_THAT(fails("1,a\n\n2.5,b\n", plain),
                 ContainsSubstring("two.csv:3:1: malformed row '2.5,b'") &&
                     ContainsSubstring("expected a whole number from -2147483648 to 2147483647 in "
                                       "column 1, found '2.5'"));
    REQUIRE_THAT(fails(many + "1e5,b\n" + many, plain), ContainsSubstring("two.csv:100001:1:"));
    REQUIRE_THAT(fails("1,a\n2147483648,b", plain), ContainsSubstring("found '2147483648'"));
    REQUIRE_THAT(fails("1\n", plain), ContainsSubstring("two.csv:1:2:") &&
                                          ContainsSubstring("expected 2 columns, found 1"));
    REQUIRE_THAT(
        fails("1,\"a\nb\",c\n", plain),
        ContainsSubstring("two.csv:2:4:") && ContainsSubstring("expected 2 columns, found 3"));
    REQUIRE_THAT(fails("1,\"a\nb\"c\n", plain),
                 ContainsSubstring("two.csv:2:3:") && ContainsSubstring("behind the quote"));
    REQUIRE_THAT(fails("1,a\n2,a\"b\n", plain), ContainsSubstring("two.csv:2:4:"));
    REQUIRE_THAT(fails("1,a\n2,\"b\n3,c\n", plain),
                 ContainsSubstring("two.csv:2:3:") && ContainsSubstring("never closed"));
    REQUIRE_THAT(fails("n,t\n" + Text(500, 'x') + ",b\n", {.columns = {"n", "t"}}),
                 ContainsSubstring("two.csv:2:1:") && ContainsSubstring("in column 1 ('n')") &&
                     ContainsSubstring("xxx...'") && !ContainsSubstring(Text(100, 'x')));
    for (const char* wrong : {"nan", "inf", "1.5x", " 1.5", "", "1e999"}) {
        const auto file = folder.write("points.csv", "0.5,2\n1," + Text(wrong) + "\n");
        REQUIRE_THAT(failure_of<Point>(file, plain), ContainsSubstring("points.csv:2:3:") &&
                                                         ContainsSubstring("expected a number"));
    }
}

TEST_CASE("malformed rows are skipped and counted, or come as a stream of their own") {
    const TemporaryFolder folder;
    Text text = "number,text\n";
    std::vector<Two> rows;
    std::vector<MalformedRow> malformed;
    const auto file = folder.path() / "rows.csv";
    std::uint64_t line = 2;
    for (const int n : numbers(renoir::detail::under_sanitizer ? 5'000 : 20'000)) {
        if (n % 10 == 3) {
            text += "x" + std::to_string(n) + ",\"a\nb\"\r\n";
            malformed.push_back({file.string(), line, 1, "x" + std::to_string(n) + ",\"a\nb\"",
                                 "expected a whole number from -2147483648 to 2147483647 in column "
                                 "1, found 'x" +
                                     std::to_string(n) + "'"});
            line += 2;
        } else if (n % 1'000 == 7) {
            text += "1\n";
            malformed.push_back({file.string(), line++, 2, "1", "expected 2 columns, found 1"});
        } else {
            text += std::to_string(n) + ",t\n";
            rows.push_back({n, "t"});
            ++line;
        }
    }
    folder.write("rows.csv", text);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        auto streams = ctx.stream_csv_with_malformed<Two>({file});
        expect.items("rows beside malformed ones", std::move(streams.rows), rows);
        expect.items("malformed", std::move(streams.malformed), malformed);
    });
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const auto counts = renoir::testing::run(layout, [&](StreamContext& ctx) {
            const renoir::SkippedRows skipped;
            auto kept = ctx.stream_csv<Two>(file, {.skip_malformed = skipped}).collect_count();
            ctx.execute_blocking();
            return std::pair(kept.get().value_or(0), skipped.count());
        });
        std::uint64_t all = 0;
        for (const auto& [kept, skipped] : counts) all += skipped;
        REQUIRE(all == malformed.size());
        REQUIRE(counts[0].first == rows.size());
    }
}

TEST_CASE("a file that cannot be cut into ranges is read by one replica", "[ranks]") {
    const std::filesystem::path file = "/proc/self/status";
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const CsvOptions options{.header = false, .delimiter = '\1', .quote = std::nullopt};
        expect.items("lines",
                     ctx.stream_csv<One>(file, options)
                         .filter([](const One& row) { return row.text->starts_with("Name:"); })
                         .map([](const One&) { return 1; }),
                     std::vector{1});
    });
}

TEST_CASE("options that make no sense and files that are not there are errors at once") {
    const TemporaryFolder folder;
    const auto file = folder.write("rows.csv", "a,b\n1,2\n");
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    const auto refused = [&](const CsvOptions& options, const char* text) {
        REQUIRE_THROWS_WITH(ctx.stream_csv<Point>(file, options), ContainsSubstring(text));
    };
    refused({.header = false, .columns = {"a", "b"}}, "there is no header");
    refused({.columns = {"a"}}, "names for 1 columns");
    refused({.delimiter = '"'}, "the delimiter is the quote");
    refused({.delimiter = '\n'}, "a line break cannot be the delimiter");
    REQUIRE_THROWS_WITH(ctx.stream_csv<Point>(folder.path() / "missing"),
                        ContainsSubstring("missing"));
}
