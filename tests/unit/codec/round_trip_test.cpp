// Every kind of item survives the way through a slab, on a local edge and over the wire.

#include "catch.hpp"
#include "random_value.hpp"
#include "slabs_of.hpp"

#include <renoir/base/huge_memory.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace {

struct Point {
    double x = 0;
    float y = 0;
    friend bool operator==(const Point&, const Point&) = default;
};

struct Order {
    std::uint64_t id = 0;
    std::string customer;
    Point place;
    std::vector<std::pair<std::string, int>> lines;
    std::optional<std::string> note;
    bool paid = false;
    friend bool operator==(const Order&, const Order&) = default;
};

struct Wrapped {
    std::vector<Order> orders;
    char kind = 0;
    friend bool operator==(const Wrapped&, const Wrapped&) = default;
};

/// Not an aggregate, but its bytes are its value.
class Pixel {
 public:
    Pixel() = default;
    explicit Pixel(std::uint32_t colour) : colour_(colour) {}
    friend bool operator==(const Pixel& a, const Pixel& b) { return a.colour_ == b.colour_; }

 private:
    std::uint32_t colour_ = 0;
};

/// A class that only its own codec knows how to take apart.
class Matrix {
 public:
    Matrix() = default;
    Matrix(std::size_t rows, std::vector<double> cells) : rows_(rows), cells_(std::move(cells)) {}
    [[nodiscard]] std::size_t rows() const { return rows_; }
    [[nodiscard]] const std::vector<double>& cells() const { return cells_; }
    friend bool operator==(const Matrix&, const Matrix&) = default;

 private:
    std::size_t rows_ = 0;
    std::vector<double> cells_;
};

struct alignas(64) CacheLine {
    std::int64_t value = 0;
    friend bool operator==(const CacheLine&, const CacheLine&) = default;
};

struct AlignedAndText {
    std::string text;
    CacheLine line;
    std::vector<CacheLine> lines;
    friend bool operator==(const AlignedAndText&, const AlignedAndText&) = default;
};

void randomise(Point& point, RandomValues& random) {
    point = {random.make<double>(), random.make<float>()};
}

void randomise(Order& order, RandomValues& random) {
    order = {random.make<std::uint64_t>(),
             random.make<std::string>(),
             random.make<Point>(),
             random.make<std::vector<std::pair<std::string, int>>>(),
             random.make<std::optional<std::string>>(),
             random.make<int>() % 2 == 0};
}

void randomise(Wrapped& wrapped, RandomValues& random) {
    wrapped = {random.make<std::vector<Order>>(), random.make<char>()};
}

void randomise(Pixel& pixel, RandomValues& random) {
    pixel = Pixel(random.make<std::uint32_t>());
}

void randomise(Matrix& matrix, RandomValues& random) {
    matrix = Matrix(random.make<std::uint8_t>(), random.make<std::vector<double>>());
}

void randomise(CacheLine& line, RandomValues& random) {
    line.value = random.make<std::int64_t>();
}

void randomise(AlignedAndText& value, RandomValues& random) {
    value = {random.make<std::string>(), random.make<CacheLine>(),
             random.make<std::vector<CacheLine>>()};
}

}  // namespace

template <>
inline constexpr bool renoir::enable_flat<Pixel> = true;

template <>
struct renoir::Codec<Matrix>
    : renoir::CodecBy<Matrix, std::pair<std::size_t, std::vector<double>>> {
    using Form = std::pair<std::size_t, std::vector<double>>;
    static Form to(const Matrix& matrix) { return {matrix.rows(), matrix.cells()}; }
    static Matrix from(Form&& form) { return {form.first, std::move(form.second)}; }
};

namespace {

/// Reads all items into one object, as a receiver does, so that traces of the item before would
/// show.
template <class T>
void require_items(const std::vector<renoir::SlabPointer>& slabs, const std::vector<T>& expected) {
    std::size_t next = 0;
    const auto decoded = std::make_unique<T>();
    for (const renoir::SlabPointer& slab : slabs) {
        const renoir::SlabReader<T> reader(*slab);
        for (std::size_t i = 0; i < reader.size(); ++i) {
            reader.read(i, *decoded);
            REQUIRE(next < expected.size());
            if (!(*decoded == expected[next])) FAIL("item " << next << " changed on its way");
            ++next;
        }
    }
    REQUIRE(next == expected.size());
}

using Nested = std::vector<std::pair<std::string, std::vector<std::optional<int>>>>;
using Choice = std::variant<std::monostate, int, std::string, std::vector<std::string>, Order>;

}  // namespace

TEMPLATE_TEST_CASE("random items survive the way through slabs and over the wire", "", bool, char,
                   std::int8_t, int, std::uint64_t, double, long double, std::string, Point,
                   (std::pair<int, double>), (std::pair<std::string, std::uint64_t>),
                   (std::tuple<int, double, char>), (std::tuple<std::string, int, std::string>),
                   std::tuple<>, (std::array<int, 3>), (std::array<std::string, 3>),
                   std::optional<int>, std::optional<std::string>,
                   std::optional<std::optional<int>>, std::vector<int>, std::vector<bool>,
                   std::vector<std::string>, std::vector<std::vector<std::vector<char>>>,
                   renoir::HugeVector<double>, std::deque<std::string>, std::list<Point>,
                   std::wstring, std::set<std::string>, std::multiset<int>,
                   std::unordered_set<std::int16_t>, (std::map<std::string, std::vector<int>>),
                   (std::map<int, double>), (std::unordered_map<int, std::string>),
                   (std::multimap<char, std::string>), std::vector<Pixel>, Nested, Choice,
                   std::vector<Choice>, Order, Wrapped, Pixel, Matrix, std::optional<Matrix>,
                   CacheLine, AlignedAndText) {
    using T = TestType;
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        RandomValues random(seed);
        std::vector<T> values;
        for (std::size_t i = 0; i < 500; ++i) values.push_back(random.make<T>());
        renoir::SlabPool pool;
        for (const std::size_t most_items : {std::size_t{1}, std::size_t{7}, std::size_t{1024}}) {
            std::vector<renoir::SlabPointer> slabs = slabs_of(values, pool, most_items);
            for (const auto& slab : slabs) REQUIRE(slab->header.count <= most_items);
            require_items(slabs, values);
            slabs = sent_over_wire(std::move(slabs), pool);
            require_items(slabs, values);
            for (auto& slab : slabs) pool.give(std::move(slab));
        }
    }
}

TEST_CASE("flat items lie in the slab aligned and may be moved out in place") {
    RandomValues random(5);
    std::vector<CacheLine> values;
    for (std::size_t i = 0; i < 600; ++i) values.push_back(random.make<CacheLine>());
    renoir::SlabPool pool;
    std::size_t next = 0;
    for (const auto& slab : sent_over_wire(slabs_of(values, pool), pool)) {
        const std::span<CacheLine> items = renoir::SlabReader<CacheLine>(*slab).items();
        REQUIRE(reinterpret_cast<std::uintptr_t>(items.data()) % alignof(CacheLine) == 0);
        for (CacheLine& item : items) {
            REQUIRE(item == values[next++]);
            item.value = 0;
        }
    }
    REQUIRE(next == values.size());
}

TEST_CASE("numbers keep every bit") {
    const std::vector<double> values{0.0, -0.0, std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::denorm_min(), std::nan("42")};
    renoir::SlabPool pool;
    const auto slabs = sent_over_wire(slabs_of(values, pool), pool);
    const renoir::SlabReader<double> reader(*slabs.at(0));
    REQUIRE(reader.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        double decoded = 0;
        reader.read(i, decoded);
        REQUIRE(std::memcmp(&decoded, &values[i], sizeof(double)) == 0);
    }
}

TEST_CASE("decoding uses the memory of the item before") {
    const std::vector<std::vector<int>> values{std::vector<int>(100, 1), std::vector<int>(60, 2)};
    renoir::SlabPool pool;
    const auto slabs = slabs_of(values, pool);
    const renoir::SlabReader<std::vector<int>> reader(*slabs.at(0));
    std::vector<int> decoded;
    reader.read(0, decoded);
    const int* memory = decoded.data();
    reader.read(1, decoded);
    REQUIRE(decoded == values[1]);
    REQUIRE(decoded.data() == memory);
}

TEST_CASE("an item larger than an ordinary slab travels like any other") {
    const std::vector<Nested> values{
        {}, {{std::string(100000, 'x'), std::vector<std::optional<int>>(50000, 3)}}, {{"", {}}}};
    renoir::SlabPool pool;
    auto slabs = slabs_of(values, pool);
    require_items(slabs, values);
    require_items(sent_over_wire(std::move(slabs), pool), values);

    using Large = std::array<std::uint64_t, 5000>;
    std::vector<Large> flat(3);
    for (std::size_t i = 0; i < flat.size(); ++i) flat[i].fill(i + 1);
    auto flat_slabs = slabs_of(flat, pool);
    require_items(flat_slabs, flat);
    require_items(sent_over_wire(std::move(flat_slabs), pool), flat);
}

TEST_CASE("a slab of small items holds as many as its count allows") {
    const std::vector<int> values(3000, 1);
    renoir::SlabPool pool;
    const auto slabs = slabs_of(values, pool);
    REQUIRE(slabs.size() == 3);
    REQUIRE(slabs[0]->header.count == 1024);
    REQUIRE(slabs[2]->header.count == 3000 - 2048);
}
