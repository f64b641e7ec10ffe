#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <renoir/base/error.hpp>

#include "bids.hpp"
#include "catch.hpp"
#include "graph.hpp"
#include "kinds.hpp"
#include "points.hpp"
#include "sizes.hpp"

using program_test::contents;
using program_test::is_near;
using program_test::lines_of;

namespace {

template <typename Number>
std::vector<Number> numbers_of(const std::string& line) {
    std::vector<Number> numbers;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) {
        Number number{};
        const char* const end = field.data() + field.size();
        const auto [rest, problem] = std::from_chars(field.data(), end, number);
        REQUIRE(problem == std::errc{});
        REQUIRE(rest == end);
        numbers.push_back(number);
    }
    return numbers;
}

/// How many rows have the most frequent value of a column.
template <typename Rows>
std::size_t largest_count(const Rows& rows, std::size_t column) {
    std::map<std::uint64_t, std::size_t> counts;
    std::size_t largest = 0;
    for (const auto& row : rows) largest = std::max(largest, ++counts[row[column]]);
    return largest;
}

}  // namespace

TEST_CASE("points lie around their centres") {
    constexpr std::uint64_t rows = 50'000;
    const generate::Points source({.points = rows, .clusters = 7});
    const auto lines = lines_of(contents(source));
    REQUIRE(lines.size() == rows);
    REQUIRE(source.centres().size() == 7);

    std::map<std::size_t, std::uint64_t> sizes;
    double squares = 0;
    for (const std::string& line : lines) {
        const auto point = numbers_of<double>(line);
        REQUIRE(point.size() == 2);
        std::size_t nearest = 0;
        double best = std::numeric_limits<double>::max();
        for (std::size_t i = 0; i < source.centres().size(); ++i) {
            const double x = point[0] - static_cast<double>(source.centres()[i].x) * 1e-6;
            const double y = point[1] - static_cast<double>(source.centres()[i].y) * 1e-6;
            if (x * x + y * y < best) {
                best = x * x + y * y;
                nearest = i;
            }
        }
        ++sizes[nearest];
        squares += best;
    }
    CHECK(is_near(std::sqrt(squares / (2 * rows)), 10, 0.02));
    REQUIRE(sizes.size() == 7);
    for (const auto& [cluster, size] : sizes) {
        CHECK(is_near(static_cast<double>(size), rows / 7.0, 0.1));
    }
}

TEST_CASE("coordinates have six decimals, negative ones too") {
    const std::string text = contents(generate::Points({.points = 50'000, .clusters = 50'000}));
    CHECK(text.find("\n-0.0") != std::string::npos);
    for (const std::string& line : lines_of(text)) {
        const std::size_t comma = line.find(',');
        REQUIRE(line.find('.') + 7 == comma);
        REQUIRE(line.rfind('.') + 7 == line.size());
    }
}

TEST_CASE("edges join vertices of the graph by a power law") {
    constexpr std::uint64_t vertices = 10'000;
    constexpr std::uint64_t rows = 200'000;
    std::vector<std::vector<std::uint64_t>> edges;
    for (const auto& line : lines_of(contents(generate::Graph({vertices, rows})))) {
        edges.push_back(numbers_of<std::uint64_t>(line));
        REQUIRE(edges.back().size() == 2);
        REQUIRE(edges.back()[0] < vertices);
        REQUIRE(edges.back()[1] < vertices);
    }
    CHECK(edges.size() == rows);
    // The first of n vertices has a share of n^(-1/3).
    const double hub = static_cast<double>(rows) * std::pow(vertices, -1.0 / 3);
    CHECK(is_near(static_cast<double>(largest_count(edges, 0)), hub, 0.1));
    CHECK(is_near(static_cast<double>(largest_count(edges, 1)), hub, 0.1));
}

TEST_CASE("any number of vertices is renumbered without loss") {
    const std::uint64_t vertices =
        GENERATE(as<std::uint64_t>(), 1, 2, 3, 6, 30, 210, 2'654'435'769, 1ULL << 32);
    std::map<std::uint64_t, int> seen;
    for (const auto& line : lines_of(contents(generate::Graph({vertices, 20'000})))) {
        for (const std::uint64_t vertex : numbers_of<std::uint64_t>(line)) {
            REQUIRE(vertex < vertices);
            ++seen[vertex];
        }
    }
    CAPTURE(vertices);
    CHECK(seen.size() >= std::min<std::uint64_t>(vertices, 10'000));
}

TEST_CASE("bids follow the formula") {
    struct Row {
        std::uint64_t index;
        std::string line;
    };
    // From an independent implementation in another language.
    const auto row = GENERATE(values<Row>({{0, "0,72348,3684,0"},
                                           {1, "0,2808,6148,0"},
                                           {6, "8995,66256,4853,0"},
                                           {4096, "1,3013,3323,40"},
                                           {4097, "1,86969,4672,40"},
                                           {123456, "30,61316,6077,1234"}}));
    const auto lines = lines_of(contents(generate::Bids(123457)));
    REQUIRE(lines.size() == 123457);
    CHECK(lines.at(row.index) == row.line);
}

TEST_CASE("a bid far out follows the formula") {
    const generate::Bid bid = generate::bid_at(99'999'999);
    CHECK(bid.auction == 486);
    CHECK(bid.bidder == 10152);
    CHECK(bid.price == 5918);
    CHECK(bid.time_ms == 999'999);
}

TEST_CASE("rows at the border of a chunk are neither lost nor doubled") {
    const std::uint64_t rows = GENERATE(1U, 16'383U, 16'384U, 16'385U, 32'768U);
    CHECK(lines_of(contents(generate::Bids(rows))).size() == rows);
    CHECK(lines_of(contents(generate::Points({.points = rows, .clusters = 2}))).size() == rows);
    CHECK(lines_of(contents(generate::Graph({10, rows}))).size() == rows);
}

TEST_CASE("sizes are read with their suffixes") {
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    CHECK(generate::parse_size("--bytes", "1", most) == 1);
    CHECK(generate::parse_size("--bytes", "500M", most) == 500'000'000);
    CHECK(generate::parse_size("--bytes", "2G", most) == 2'000'000'000);
    CHECK(generate::parse_size("--bytes", "3k", most) == 3'000);
    CHECK(generate::parse_size("--bytes", "100", 100) == 100);
}

TEST_CASE("a size that is none says which option to change") {
    const std::string text = GENERATE(as<std::string>(), "", "0", "0M", "-1", "M", "5X", "1.5M",
                                      " 7", "7 ", "18446744073709551616", "2K");
    CAPTURE(text);
    try {
        static_cast<void>(generate::parse_size("--bytes", text, 1999));
        FAIL("accepted");
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        CHECK(std::string(error.what()).find("--bytes is '" + text + "'") == 0);
    }
}
