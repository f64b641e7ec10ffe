#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <renoir/text/words.hpp>

#include "catch.hpp"

namespace {

using renoir::text::words;
using renoir::text::Words;

static_assert(std::ranges::input_range<Words>);
static_assert(std::is_same_v<std::ranges::range_value_t<Words>, std::string_view>);
static_assert(!std::is_copy_constructible_v<Words> && !std::is_move_constructible_v<Words>);

bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

std::vector<std::string> reference(std::string_view line) {
    std::vector<std::string> found;
    std::string word;
    for (const char byte : line) {
        if (is_letter(byte)) {
            word += byte >= 'a' ? byte : static_cast<char>(byte - 'A' + 'a');
        } else if (!word.empty()) {
            found.push_back(word);
            word.clear();
        }
    }
    if (!word.empty()) found.push_back(word);
    return found;
}

/// The words of a copy that ends where its memory ends, so that ASan sees a read beyond the line.
std::vector<std::string> collect(std::string_view line) {
    const auto exact = std::make_unique<char[]>(line.size());
    std::ranges::copy(line, exact.get());
    std::vector<std::string> found;
    for (const std::string_view word : words({exact.get(), line.size()})) {
        // Only read: what is there does not matter.
        char wide[Words::readable_after];
        std::memcpy(wide, word.data() + word.size(), sizeof wide);
        found.emplace_back(word);
    }
    return found;
}

std::string random_line(std::mt19937& random, std::size_t size, std::string_view alphabet) {
    std::string line(size, ' ');
    for (char& byte : line) {
        byte =
            alphabet.empty() ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    }
    return line;
}

}  // namespace

TEST_CASE("words are the lower-cased runs of letters") {
    CHECK(collect("Call me Ishmael.") == std::vector<std::string>{"call", "me", "ishmael"});
    CHECK(collect("it's 2nd-hand") == std::vector<std::string>{"it", "s", "nd", "hand"});
    CHECK(collect("a@b[c`d{e") == std::vector<std::string>{"a", "b", "c", "d", "e"});
    CHECK(collect(std::string_view("x\0y\x80z\xc1", 6)) == std::vector<std::string>{"x", "y", "z"});
}

TEST_CASE("a line may have no words") {
    CHECK(collect("").empty());
    CHECK(collect(std::string_view()).empty());
    CHECK(collect(" 0123456789 ,.-").empty());
    CHECK(collect(std::string(1000, ' ')).empty());
}

TEST_CASE("words agree with a naive reference for lines of every size") {
    std::mt19937 random(1);
    const std::string_view alphabet =
        GENERATE("", "a ", "abcXYZ ", "abcdefghijklmnopqrstuvwxyz,", "aZ");
    // Short lines, and such as end near the borders of what is looked at together.
    for (const std::size_t first : {0U, 2000U, 4000U, 6050U}) {
        for (std::size_t size = first; size <= first + 300; ++size) {
            for (int repeat = 0; repeat < (first == 0 ? 8 : 1); ++repeat) {
                const std::string line = random_line(random, size, alphabet);
                const std::vector<std::string> found = collect(line);
                if (found != reference(line)) FAIL("size " << size << ": " << line);
            }
        }
    }
    SUCCEED();
}

TEST_CASE("a word of any size may lie anywhere") {
    for (std::size_t before = 0; before <= 2100; before += before < 130 ? 3 : 131) {
        for (std::size_t size = 1; size <= 4500; size += size < 300 ? 7 : 301) {
            const std::string line = std::string(before, ' ') + std::string(size, 'Q') + "; End";
            const std::vector<std::string> expected = {std::string(size, 'q'), "end"};
            if (collect(line) != expected) FAIL(before << " spaces, " << size << " letters");
        }
    }
    SUCCEED();
}

TEST_CASE("long words of changing size follow each other") {
    std::mt19937 random(2);
    std::string line;
    for (int word = 0; word < 200; ++word) {
        line += std::string(random() % 5000, static_cast<char>('A' + word % 26)) + ' ';
    }
    CHECK(collect(line) == reference(line));
}

TEST_CASE("a word may have ten million letters") {
    const std::string line = "one " + std::string(10'000'000, 'W') + " two";
    const std::vector<std::string> found = collect(line);
    REQUIRE(found.size() == 3);
    CHECK(found[0] == "one");
    CHECK(found[1] == std::string(10'000'000, 'w'));
    CHECK(found[2] == "two");
}

TEST_CASE("a range returned by a function is used in place") {
    const auto split = [](std::string_view line) { return words(line); };
    std::size_t letters = 0;
    auto&& range = split("one two three");
    for (const auto word : range) letters += word.size();
    CHECK(letters == 11);

    auto line = words("one two three");
    std::vector<std::string> short_words;
    for (const auto word : line | std::views::filter([](auto w) { return w.size() == 3; })) {
        short_words.emplace_back(word);
    }
    CHECK(short_words == std::vector<std::string>{"one", "two"});
}
