#pragma once

// What holds for compressed files of every format.

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include <renoir/io/text_input.hpp>

#include "catch.hpp"
#include "text_files.hpp"

namespace test {

inline Lines lines_of(std::string_view text) {
    Lines lines;
    append_lines(text, lines);
    return lines;
}

inline std::string error_of_reading(const std::string& path) {
    return input_error([&] { return read_lines(renoir::io::TextInput::file(path), 1); });
}

/// `compress` makes a complete file of the format out of a text.
template <typename Compress>
void check_contents(const Compress& compress) {
    const TemporaryFolder folder;
    std::mt19937 random(11);
    for (const std::size_t size : {0U, 1U, 1000U, 300'000U, 3'000'000U}) {
        const std::string text = random_text(random, size);
        // Not recognised by its name.
        const std::string path = folder.write("file.txt", compress(text));
        CHECK((read_lines(renoir::io::TextInput::file(path), 3) == lines_of(text)));
    }
}

/// Parts one after the other are one text, also where a line goes on in the next part.
template <typename Compress>
void check_concatenation(const Compress& compress) {
    const TemporaryFolder folder;
    const std::string path = folder.write(
        "file", compress("one\ntw") + compress("") + compress("o\nthree") + compress("\n"));
    CHECK(read_lines(renoir::io::TextInput::file(path), 2) == Lines{"one", "two", "three"});
}

/// A file that stops anywhere inside is an error that tells where.
template <typename Compress>
void check_truncation(const Compress& compress, const std::string& format) {
    const TemporaryFolder folder;
    std::mt19937 random(12);
    const std::string whole = compress(random_text(random, 100'000));
    for (const std::size_t size :
         {std::size_t{4}, std::size_t{11}, whole.size() / 2, whole.size() - 5, whole.size() - 1}) {
        const std::string path = folder.write("file", whole.substr(0, size));
        CHECK(error_of_reading(path) ==
              "cannot read '" + path + "': its " + format + " data ends too early, at byte " +
                  std::to_string(size) + "; the file is not complete, make or copy it again");
    }
}

/// A changed byte is an error that tells where.
template <typename Compress>
void check_corruption(const Compress& compress, const std::string& format) {
    const TemporaryFolder folder;
    std::mt19937 random(13);
    std::string whole = compress(random_text(random, 100'000));
    for (std::size_t i = 0; i < 100; ++i) whole[whole.size() / 2 + i] = '\xff';
    const std::string path = folder.write("file", whole);
    CHECK_THAT(error_of_reading(path),
               Catch::Matchers::StartsWith("cannot read '" + path + "': its " + format +
                                           " data is corrupt near byte "));
}

/// Whole files go to the replicas, the biggest first to the one that has least.
template <typename Compress>
void check_sharing(const Compress& compress) {
    const TemporaryFolder folder;
    std::mt19937 random(14);
    const auto noise = [&](const std::string& first, std::size_t size) {
        return compress(first + '\n' + random_text(random, size));
    };
    const auto input = renoir::io::TextInput::files(
        {folder.write("a", noise("small", 1000)), folder.write("b", noise("big", 40'000)),
         folder.write("c", noise("middle", 25'000)), folder.write("d", noise("second", 20'000)),
         folder.write("e", "plain 1\nplain 2\n")});
    const auto named = [&](std::size_t replica) {
        Lines lines = read_lines(input, replica, 2);
        std::erase_if(lines, [](const std::string& line) {
            return line != "small" && line != "big" && line != "middle" && line != "second" &&
                   !line.starts_with("plain ");
        });
        return lines;
    };
    CHECK(named(0) == Lines{"small", "big", "plain 1"});
    CHECK(named(1) == Lines{"middle", "second", "plain 2"});
}

}  // namespace test
