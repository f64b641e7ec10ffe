// Text is copied by wide reads and writes: nothing may be read or written that is not its own.

#include "catch.hpp"
#include "guarded_page.hpp"
#include "slabs_of.hpp"

#include <algorithm>
#include <string>

namespace {

using renoir::ArenaWriter;
using renoir::SlabReader;

std::string text_of(std::size_t length) {
    std::string text(length, '\0');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i * 7 + length);
    return text;
}

struct Person {
    std::string_view name;
    int age = 0;
    std::string_view city;
};

}  // namespace

TEST_CASE("text of any length is copied from the very end of a page") {
    GuardedPage page;
    for (std::size_t length = 0; length <= 40; ++length) {
        const std::string text = text_of(length);
        for (std::size_t before_end = 0; before_end <= 32; ++before_end) {
            alignas(64) std::array<std::byte, 128> arena{};
            ArenaWriter writer(arena.data(), 3);
            const std::string_view placed = page.place(text, before_end);
            REQUIRE(writer.append_text(placed.data(), placed.size()) == 3);
            REQUIRE(writer.used() == 3 + length);
            REQUIRE(std::string_view(reinterpret_cast<char*>(arena.data()) + 3, length) == text);
        }
    }
}

TEST_CASE("text is written no further than the slack behind it") {
    for (std::size_t length = 0; length <= 40; ++length) {
        const std::string text = text_of(length) + std::string(32, 'z');
        std::array<std::byte, 128> arena;
        arena.fill(std::byte{0x77});
        ArenaWriter writer(arena.data(), 0);
        writer.append_text(text.data(), length);
        REQUIRE(
            std::all_of(arena.begin() + static_cast<std::ptrdiff_t>(length + ArenaWriter::slack),
                        arena.end(), [](std::byte value) { return value == std::byte{0x77}; }));
    }
}

TEST_CASE("full slabs of text lose nothing where arena and fixed parts meet") {
    // Lengths that fill slabs to different remainders, the last one to the byte.
    renoir::SlabPool pool;
    for (std::size_t length = 0; length <= 64; ++length) {
        std::vector<std::string> values;
        for (std::size_t i = 0; i < 1500; ++i) values.push_back(text_of((length + i % 3) % 65));
        std::size_t next = 0;
        for (const auto& slab : slabs_of(values, pool, 100000)) {
            REQUIRE(slab->header.front_bytes + slab->header.back_bytes <= slab->capacity());
            const SlabReader<std::string> reader(*slab);
            for (std::size_t i = 0; i < reader.size(); ++i) {
                std::string decoded;
                reader.read(i, decoded);
                if (decoded != values[next++]) FAIL("text " << next - 1 << " is damaged");
            }
        }
        REQUIRE(next == values.size());
    }
}

TEST_CASE("a view without memory is an empty text") {
    const std::vector<std::string_view> values{std::string_view(), "a",
                                               std::string_view(nullptr, 0)};
    renoir::SlabPool pool;
    const auto slabs = sent_over_wire(slabs_of(values, pool), pool);
    const SlabReader<std::string_view> reader(*slabs.at(0));
    REQUIRE(reader.size() == 3);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::string_view decoded = "before";
        reader.read(i, decoded);
        REQUIRE(decoded == values[i]);
    }
}

TEST_CASE("views are decoded as views of the slab, and strings own a copy") {
    const std::vector<std::string_view> views{"seen", "in the slab"};
    renoir::SlabPool pool;
    const auto slabs = slabs_of(views, pool);
    const auto* begin = reinterpret_cast<const char*>(slabs.at(0)->payload());
    const auto* end = begin + slabs[0]->capacity();
    std::string_view view;
    SlabReader<std::string_view>(*slabs[0]).read(1, view);
    REQUIRE(view == "in the slab");
    REQUIRE(view.data() >= begin);
    REQUIRE(view.data() + view.size() <= end);

    // Both have one layout: what was written as views can be read as strings.
    std::string text;
    SlabReader<std::string>(*slabs[0]).read(1, text);
    REQUIRE(text == "in the slab");
}

TEST_CASE("aggregates with views have the layout of their texts") {
    const std::vector<Person> people{{"Ada", 36, "London"}, {"", -1, ""}, {"Emmy", 53, "Erlangen"}};
    renoir::SlabPool pool;
    const auto slabs = sent_over_wire(slabs_of(people, pool), pool);
    const SlabReader<Person> reader(*slabs.at(0));
    REQUIRE(reader.size() == people.size());
    for (std::size_t i = 0; i < people.size(); ++i) {
        Person decoded;
        reader.read(i, decoded);
        REQUIRE(decoded.name == people[i].name);
        REQUIRE(decoded.age == people[i].age);
        REQUIRE(decoded.city == people[i].city);
    }
}

TEST_CASE("an item beyond the reach of an offset is refused with a text that helps") {
    try {
        static_cast<void>(renoir::detail::checked_length(std::size_t{1} << 32));
        FAIL("a length of 4 GiB was accepted");
    } catch (const renoir::Error& error) {
        REQUIRE(error.kind() == renoir::ErrorKind::usage);
        REQUIRE_THAT(error.what(), Catch::Matchers::ContainsSubstring("4294967296"));
    }
    REQUIRE(renoir::detail::checked_length(0xffffffff) == 0xffffffff);
}
