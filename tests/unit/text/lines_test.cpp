#include <renoir/text/lines.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace {

using renoir::text::for_each_line;
using Lines = std::vector<std::string>;

Lines reference(std::string_view text) {
    Lines lines;
    std::string line;
    const auto finish = [&](bool strip) {
        if (strip && !line.empty() && line.back() == '\r') line.pop_back();
        lines.push_back(line);
        line.clear();
    };
    for (const char byte : text) {
        if (byte == '\n') {
            finish(true);
        } else {
            line += byte;
        }
    }
    if (!line.empty()) finish(true);
    return lines;
}

/// Memory of exactly the size of the text, so that ASan sees a read beyond it.
class Exact {
 public:
    explicit Exact(std::string_view text)
        : memory_(std::make_unique<char[]>(text.size())), size_(text.size()) {
        std::ranges::copy(text, memory_.get());
    }
    [[nodiscard]] std::string_view view() const { return {memory_.get(), size_}; }

 private:
    std::unique_ptr<char[]> memory_;
    std::size_t size_;
};

Lines all_lines(std::string_view text) {
    const Exact exact(text);
    Lines lines;
    for_each_line(exact.view(), [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

std::string random_text(std::mt19937& random, std::size_t size) {
    const std::string_view alphabet = "\n\n\r\nabcdefghijklmno\x8a\x00\x0b\xff";
    std::string text(size, ' ');
    for (char& byte : text) byte = alphabet[random() % (random() % 2 == 0 ? 4 : alphabet.size())];
    return text;
}

}  // namespace

TEST_CASE("lines lose their newline and one carriage return") {
    CHECK(all_lines("one\r\ntwo\n\nfour") == Lines{"one", "two", "", "four"});
    CHECK(all_lines("a\r\r\n\r\nb\rc\n") == Lines{"a\r", "", "b\rc"});
    CHECK(all_lines("").empty());
    CHECK(all_lines("\n") == Lines{""});
    CHECK(all_lines("a\n") == Lines{"a"});
    CHECK(all_lines("a") == Lines{"a"});
    CHECK(all_lines("a\r") == Lines{"a"});
}

TEST_CASE("lines agree with a naive reference for texts of every size") {
    std::mt19937 random(4);
    for (std::size_t size = 0; size <= 300; ++size) {
        for (int repeat = 0; repeat < 10; ++repeat) {
            const std::string text = random_text(random, size);
            if (all_lines(text) != reference(text)) FAIL("size " << size);
        }
    }
    SUCCEED();
}

TEST_CASE("lines may be done in steps") {
    std::mt19937 random(5);
    for (int repeat = 0; repeat < 200; ++repeat) {
        std::string text = random_text(random, random() % 2000);
        text.insert(text.size() / 2, std::string(random() % 1000, 'x'));
        const std::size_t limit = random() % 500;
        Lines lines;
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::size_t before = rest.size();
            rest = for_each_line(rest, limit,
                                 [&](std::string_view line) { lines.emplace_back(line); });
            const std::size_t done = before - rest.size();
            const std::size_t next_line = std::min(rest.find('\n'), rest.size()) + 1;
            if (done == 0) FAIL("no progress");
            if (!rest.empty() && done + next_line < limit) FAIL("a step too short");
        }
        if (lines != reference(text)) FAIL("limit " << limit);
    }
    SUCCEED();
}

TEST_CASE("a step ends soon after its limit") {
    std::string text;
    while (text.size() < 100'000) text += "0123456789\n";
    std::size_t lines = 0;
    const std::string_view rest =
        for_each_line(text, 1000, [&](std::string_view /*line*/) { ++lines; });
    CHECK(lines >= 90);
    CHECK(lines <= 97);
    CHECK(text.size() - rest.size() == 11 * lines);
}

TEST_CASE("the portable search for newlines finds what the fast one finds") {
    std::mt19937 random(6);
    std::string block(renoir::text::detail::line_block_size, ' ');
    for (int repeat = 0; repeat < 2000; ++repeat) {
        std::uint64_t expected = 0;
        for (std::size_t i = 0; i < block.size(); ++i) {
            // Bytes near a newline, in value and in the highest bit, are the ones to mix up.
            block[i] = static_cast<char>((random() % 4) + 0x09 + 0x80 * (random() % 2));
            if (block[i] == '\n') expected |= std::uint64_t{1} << i;
        }
        if (renoir::text::detail::newlines_portable(block.data()) != expected) FAIL("portable");
        if (renoir::text::detail::newlines(block.data()) != expected) FAIL("fast");
    }
    SUCCEED();
}
