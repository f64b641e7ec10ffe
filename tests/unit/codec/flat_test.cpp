// Which types travel as they lie in memory, and how large the others become.

#include "catch.hpp"

#include <renoir/transport/slab_writer.hpp>

#include <chrono>
#include <map>
#include <string>

namespace {

using renoir::Encodable;
using renoir::is_flat;

enum class Colour { red };

struct Small {
    double number;
    std::array<char, 3> letters;
};
struct Flat {
    int number;
    Small rest;
};
struct HoldsText {
    int number;
    std::string text;
};
struct HoldsView {
    std::string_view view;
};
struct HoldsPointer {
    int number;
    int* pointer;
};
struct HoldsPointerAndText {
    std::string text;
    const char* pointer;
};
class Closed {
 public:
    explicit Closed(int number) : number_(number) {}
    [[nodiscard]] int number() const { return number_; }

 private:
    int number_;
};

static_assert(is_flat<bool> && is_flat<double> && is_flat<Colour> && is_flat<Flat>);
static_assert(is_flat<std::tuple<int, std::pair<char, Flat>>> && is_flat<std::array<Flat, 2>>);
static_assert(is_flat<std::chrono::milliseconds> && is_flat<std::chrono::system_clock::time_point>);
static_assert(!is_flat<std::string> && !is_flat<std::string_view> && !is_flat<HoldsText>);
// Pointers mean nothing to another process, whatever they hide behind.
static_assert(!is_flat<int*> && !is_flat<HoldsPointer> && !is_flat<HoldsView>);
static_assert(!is_flat<std::pair<int, int*>> && !is_flat<Closed>);

static_assert(Encodable<Flat> && Encodable<HoldsText> && Encodable<HoldsView>);
static_assert(Encodable<std::vector<HoldsText>> && Encodable<std::map<int, HoldsText>>);
static_assert(!Encodable<int*> && !Encodable<Closed> && !Encodable<std::vector<int*>>);
static_assert(!Encodable<HoldsPointer> && !Encodable<HoldsPointerAndText>);
static_assert(!Encodable<std::vector<HoldsPointerAndText>> && !Encodable<std::array<int*, 2>>);
static_assert(!Encodable<std::pair<int, Closed>> && !Encodable<std::optional<Closed>>);

template <class T>
constexpr std::size_t fixed_size = sizeof(typename renoir::Codec<T>::Fixed);

}  // namespace

TEST_CASE("the fixed part of an item has no more bytes than its members need") {
    REQUIRE(fixed_size<int> == 4);
    REQUIRE(fixed_size<std::string> == 8);
    REQUIRE(fixed_size<std::vector<std::string>> == 8);
    REQUIRE(fixed_size<std::pair<std::string, std::uint64_t>> == 16);
    REQUIRE(fixed_size<std::tuple<std::string, int, int>> == 16);
    REQUIRE(fixed_size<HoldsText> == 12);
    REQUIRE(fixed_size<std::optional<std::string>> == 12);
}

TEST_CASE("the room asked for an item is enough for it") {
    using Rows = std::map<std::string, std::vector<std::pair<double, std::string>>>;
    const Rows rows{{"", {}}, {"one", {{1.5, "x"}}}, {"two", {{2.5, ""}, {3.5, "a long text"}}}};
    const std::size_t promised = renoir::Codec<Rows>::arena_bytes(rows);
    std::vector<std::byte> arena(promised + renoir::ArenaWriter::slack + 64);
    for (std::size_t used = 0; used < 16; ++used) {
        renoir::ArenaWriter writer(arena.data(), used);
        renoir::Codec<Rows>::Fixed fixed{};
        renoir::Codec<Rows>::write(rows, fixed, writer);
        REQUIRE(writer.used() - used <= promised);
    }
}
