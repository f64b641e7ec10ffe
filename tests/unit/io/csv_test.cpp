// CSV text: where rows and fields end, what they mean, and which replica reads them.

#include <renoir/io/csv_source.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "catch.hpp"
#include "io/csv_scan.hpp"
#include "io/quote_parity.hpp"
#include "text_files.hpp"

namespace {

using namespace std::string_literals;
using renoir::CsvOptions;
using renoir::io::CsvCell;
using renoir::io::CsvSplitter;
using renoir::io::detail::CsvMarks;
using renoir::io::detail::CsvScan;
using Texts = std::vector<std::string>;

struct Three {
    std::string first;
    std::optional<std::string> second;
    std::string third;

    friend bool operator==(const Three&, const Three&) = default;
};

/// A row as it is written.
std::string line_of(const Three& row, std::mt19937& random) {
    const auto field = [&](const std::string& text) {
        const bool needs_quotes = text.empty() || text.find_first_of(",\n\r\"") != text.npos;
        if (!needs_quotes && random() % 3 != 0) return text;
        std::string quoted = "\"";
        for (const char byte : text) quoted.append(byte == '"' ? 2 : 1, byte);
        return quoted + "\"";
    };
    return field(row.first) + "," + (row.second ? field(*row.second) : "") + "," + field(row.third);
}

std::string random_field(std::mt19937& random) {
    constexpr std::string_view bytes = "ab,\n\"\r. x";
    std::string text;
    for (std::size_t size = random() % 12; size > 0; --size) text += bytes[random() % bytes.size()];
    return text;
}

std::vector<Three> random_rows(std::mt19937& random, std::size_t count) {
    std::vector<Three> rows;
    for (std::size_t i = 0; i < count; ++i) {
        rows.push_back({random_field(random), random_field(random), random_field(random)});
        if (random() % 4 == 0) rows.back().second.reset();
    }
    return rows;
}

/// What one replica reads.
template <class T>
std::vector<T> read_share(const renoir::detail::CsvSource<T>& source, std::size_t replica,
                          std::size_t replicas) {
    struct Collect {
        std::vector<T>& rows;
        void operator()(T&& row) const { rows.push_back(std::move(row)); }
        void batch(std::span<T> some) const { rows.insert(rows.end(), some.begin(), some.end()); }
    };
    std::vector<T> rows;
    renoir::Parker parker;
    auto reader = source.open({replica, replicas, 0, 0, &parker});
    while (reader.step(Collect{rows}, 1) != renoir::SourceStatus::finished) continue;
    return rows;
}

/// What all replicas read, one after the other.
template <class T>
std::vector<T> read_all(const std::vector<std::filesystem::path>& files, const CsvOptions& options,
                        std::size_t replicas) {
    const renoir::detail::CsvSource<T> source{renoir::detail::csv_input<T>(files, options),
                                              {options.skip_malformed}};
    std::vector<T> all;
    for (std::size_t replica = 0; replica < replicas; ++replica) {
        const std::vector<T> rows = read_share(source, replica, replicas);
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

template <class Number>
std::optional<Number> number_of(const std::string& text) {
    // Digits in front, which must not count.
    const std::string padded = "9999999999999999" + text;
    const char* const begin = padded.data() + 16;
    const char* const end = begin + text.size();
    Number number{};
    if (!renoir::io::detail::parse_field(begin, std::find(begin, end, '.'), end, number))
        return std::nullopt;
    return number;
}

template <class Number>
void check_borders() {
    using Limits = std::numeric_limits<Number>;
    const std::string least = std::to_string(Limits::min());
    const std::string most = std::to_string(Limits::max());
    REQUIRE(number_of<Number>(least) == Limits::min());
    REQUIRE(number_of<Number>(most) == Limits::max());
    REQUIRE(number_of<Number>("0000" + most) == Limits::max());
    std::string beyond = most;
    ++beyond.back();
    REQUIRE_FALSE(number_of<Number>(beyond));
    REQUIRE_FALSE(number_of<Number>(most + "0"));
    std::string below = Limits::min() == 0 ? "-1" : least;
    if (Limits::min() != 0) ++below.back();
    REQUIRE_FALSE(number_of<Number>(below));
    for (const char* wrong :
         {"", "-", "+", "1e5", "1.0", " 1", "1 ", "0x10", "--1", "+-1", "1,", "a"})
        REQUIRE_FALSE(number_of<Number>(wrong));
    REQUIRE(number_of<Number>("+7") == Number{7});
    REQUIRE(number_of<Number>("007") == Number{7});
}

template <class Number>
Number reference(const std::string& text) {
    if constexpr (std::is_same_v<Number, float>) return std::strtof(text.c_str(), nullptr);
    if constexpr (std::is_same_v<Number, double>) return std::strtod(text.c_str(), nullptr);
    if constexpr (std::is_same_v<Number, long double>) return std::strtold(text.c_str(), nullptr);
}

template <class Number>
void check_fractions() {
    std::mt19937_64 random(11);
    const auto digits = [&](std::size_t count) {
        std::string text;
        while (count-- > 0) text += static_cast<char>('0' + random() % 10);
        return text;
    };
    for (int i = 0; i < 20'000; ++i) {
        std::string text = (random() % 2 == 0 ? "-" : "") + digits(1 + random() % 20);
        if (random() % 4 != 0) text += "." + digits(random() % 20);
        if (random() % 8 == 0) text += (random() % 2 == 0 ? "e" : "E-") + digits(1);
        INFO(text);
        REQUIRE(number_of<Number>(text) == reference<Number>(text));
    }
    REQUIRE(std::signbit(number_of<Number>("-0.0").value()));
    for (const char* wrong : {"", "-", ".", "nan", "NaN", "inf", "-inf", "infinity", "1e99999",
                              "1.2.3", "1e", " 1.5", "1.5 ", "1,5", "--1.5", "0x1p3", "1.5x"}) {
        INFO(wrong);
        REQUIRE_FALSE(number_of<Number>(wrong));
    }
}

}  // namespace

TEST_CASE("a scan finds the ends of fields and rows as a loop does") {
    std::mt19937 random(3);
    constexpr std::string_view bytes = "\n,\".ab;";
    for (int round = 0; round < 2'000; ++round) {
        const std::size_t size = random() % 300;
        std::string text;
        const std::size_t variety = round % 2 == 0 ? bytes.size() : 2;
        for (std::size_t i = 0; i < size; ++i) text += bytes[random() % variety];
        const CsvMarks what{',', random() % 3 == 0 ? std::nullopt : std::optional('"'),
                            random() % 2 == 0, random() % 2 == 0};
        std::vector<std::uint32_t> expected;
        bool quoted = false;
        for (std::size_t i = 0; i < size; ++i) {
            if (what.quotes_hide && text[i] == what.quote) quoted = !quoted;
            const bool ends = text[i] == ',' || text[i] == '\n';
            if ((ends && !quoted) || (what.points && text[i] == '.'))
                expected.push_back(static_cast<std::uint32_t>(i));
        }
        const std::string padded = text + std::string(64, ',');
        const auto check = [&](auto scan) {
            std::vector<std::uint32_t> marks(size + 64);
            const CsvScan found = scan(padded.data(), size, what, marks.data());
            marks.resize(found.count);
            REQUIRE(marks == expected);
            REQUIRE(found.has_quotes == (what.quote && text.find('"') != text.npos));
        };
        check(renoir::io::detail::scan_csv);
        check(renoir::io::detail::scan_csv_plain);
#if defined(__x86_64__)
        if (renoir::io::detail::has_csv_bits()) check(renoir::io::detail::scan_csv_bits);
#endif
        REQUIRE(renoir::io::detail::count_bytes(text.data(), size, '"') ==
                static_cast<std::size_t>(std::ranges::count(text, '"')));
    }
}

TEST_CASE("whole numbers are read up to the borders of their types") {
    check_borders<signed char>();
    check_borders<unsigned char>();
    check_borders<short>();
    check_borders<unsigned short>();
    check_borders<int>();
    check_borders<unsigned>();
    check_borders<long>();
    check_borders<unsigned long>();
    check_borders<long long>();
    check_borders<unsigned long long>();
    std::mt19937_64 random(5);
    for (int i = 0; i < 20'000; ++i) {
        const auto number = static_cast<std::int64_t>(random()) >> random() % 64;
        REQUIRE(number_of<std::int64_t>(std::to_string(number)) == number);
    }
}

TEST_CASE("fractions are rounded correctly") {
    check_fractions<float>();
    check_fractions<double>();
    check_fractions<long double>();
}

TEST_CASE("a row is cut into its fields") {
    CsvSplitter splitter(';', '\'');
    const auto cells = [&](std::string_view row) {
        Texts texts;
        const std::vector<CsvCell>* found = splitter.split(row);
        REQUIRE(found != nullptr);
        for (const CsvCell& cell : *found)
            texts.push_back((cell.quoted ? "q" : "") + std::string(cell.text));
        return texts;
    };
    REQUIRE(cells("") == Texts{""});
    REQUIRE(cells(";") == Texts{"", ""});
    REQUIRE(cells(" a ;b, c") == Texts{" a ", "b, c"});
    REQUIRE(cells("'';'';x") == Texts{"q", "q", "x"});
    REQUIRE(cells("'a;b';'c\nd'") == Texts{"qa;b", "qc\nd"});
    REQUIRE(cells("'a''b';'''';''''''") == Texts{"qa'b", "q'", "q''"});
    const auto wrong = [&](std::string_view row, const char* text, std::size_t offset) {
        REQUIRE(splitter.split(row) == nullptr);
        REQUIRE(splitter.problem().text.find(text) != std::string::npos);
        REQUIRE(splitter.problem().offset == offset);
    };
    wrong("a;b'c", "does not begin with one", 3);
    wrong("a;'bc", "never closed", 2);
    wrong("a;'b'c;d", "behind the quote", 5);
    wrong("'a' ;b", "behind the quote", 3);
}

TEST_CASE("quotes are counted by many and the sum is right everywhere") {
    const test::TemporaryFolder folder;
    std::mt19937 random(9);
    std::string text(5'000'000, 'x');
    for (int i = 0; i < 1'000; ++i) text[random() % text.size()] = '"';
    const auto file = folder.write("quotes", text);
    renoir::io::detail::QuoteParity parity(file, text.size(), '"');
    REQUIRE_FALSE(parity.at(4'000'000));
    while (parity.help(text.size())) continue;
    for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t position =
            i < 10 ? (std::size_t{1} << 20) * (i / 2) + (i % 2) : random() % (text.size() + 1);
        const auto before =
            std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), '"');
        REQUIRE(parity.at(position) == (before % 2 != 0));
    }
}

TEST_CASE("rows are right wherever the file is cut, also inside of quotes") {
    const test::TemporaryFolder folder;
    std::mt19937 random(1);
    for (int round = 0; round < 12; ++round) {
        const std::vector<Three> rows = random_rows(random, 1 + random() % 8);
        std::string text = round % 3 == 0 ? "\xef\xbb\xbf" : "";
        const bool header = round % 2 == 0;
        if (header) text += "\n\"a\nb\",\"c,d\",e\r\n";
        for (const Three& row : rows) {
            text += line_of(row, random) + (random() % 2 == 0 ? "\n" : "\r\n");
            if (random() % 4 == 0) text += random() % 2 == 0 ? "\n" : "\r\n";
        }
        // A carriage return at the end of a last field would be taken for the one of a line break.
        if (random() % 2 == 0 && text.ends_with("\n") && !text.ends_with("\r\n")) text.pop_back();
        const auto file = folder.write("rows.csv", text);
        INFO(text);
        // Up to one byte for each replica, and replicas without any.
        for (std::size_t replicas = 1; replicas <= text.size() + 3; ++replicas) {
            INFO(replicas << " replicas");
            REQUIRE(read_all<Three>({file}, {.header = header}, replicas) == rows);
        }
    }
}

TEST_CASE("large files are read in pieces without a loss") {
    const test::TemporaryFolder folder;
    std::mt19937 random(2);
    std::vector<Three> rows = random_rows(random, 60'000);
    rows[30'000].first = std::string(3'000'000, '\n');
    rows[30'001].third = std::string(100'000, ',') + std::string(100'000, '"');
    std::string text;
    for (const Three& row : rows) text += line_of(row, random) + "\n";
    const auto file = folder.write("rows.csv", text);
    for (const std::size_t replicas : {1U, 2U, 3U, 7U, 50U})
        REQUIRE(read_all<Three>({file}, {.header = false}, replicas) == rows);
}

TEST_CASE("whatever a file holds, its rows do not depend on where it is cut") {
    const test::TemporaryFolder folder;
    std::mt19937 random(6);
    constexpr std::string_view bytes = "ab,,\n\n\"\r.1";
    std::size_t malformed = 0;
    for (int round = 0; round < 60; ++round) {
        std::string text;
        for (std::size_t size = random() % 120; size > 0; --size)
            text += bytes[random() % bytes.size()];
        INFO(text);
        const auto file = folder.write("rows.csv", text);
        const bool breaks = round % 3 != 0;
        const renoir::SkippedRows skipped;
        const auto read = [&](std::size_t replicas) {
            return read_all<Three>(
                {file}, {.header = false, .quoted_line_breaks = breaks, .skip_malformed = skipped},
                replicas);
        };
        const std::vector<Three> rows = read(1);
        const std::uint64_t once = skipped.count();
        malformed += once;
        for (std::size_t replicas = 2; replicas <= text.size() + 1; ++replicas) {
            INFO(replicas << " replicas");
            REQUIRE(read(replicas) == rows);
            REQUIRE(skipped.count() == replicas * once);
        }
    }
    REQUIRE(malformed > 100);
}

TEST_CASE("rows come from a FIFO as they are written, with a header and places") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path("fifo");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::vector<Three> rows;
    std::string text = "\n\"th\nird\",other,first,second\n";
    for (int i = 0; i < 50'000; ++i) {
        rows.push_back({std::to_string(i), "line\nbreak", "t"});
        text += "t,o," + std::to_string(i) + ",\"line\nbreak\"\n";
    }
    const CsvOptions options{.columns = {"first", "second", "th\nird"}};
    std::thread writer([&] { std::ofstream(path) << text; });
    const std::vector<Three> read = read_all<Three>({path}, options, 2);
    writer.join();
    REQUIRE((read == rows));

    std::thread bad_writer([&] { std::ofstream(path) << text + "1,2,\"3\n3\"\n"; });
    const std::string error =
        test::input_error([&] { static_cast<void>(read_all<Three>({path}, options, 1)); });
    bad_writer.join();
    REQUIRE(error.find("fifo:100005:3: malformed row") != std::string::npos);
}
