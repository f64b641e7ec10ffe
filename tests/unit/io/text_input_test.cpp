#include <renoir/io/text_input.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "text_files.hpp"

using renoir::io::TextInput;
using test::input_error;
using test::Lines;
using test::read_lines;
using test::TemporaryFolder;

TEST_CASE("any number of replicas reads each line once and in order") {
    const TemporaryFolder folder;
    std::mt19937 random(1);
    for (int round = 0; round < 40; ++round) {
        std::vector<std::string> paths;
        Lines expected;
        for (std::size_t file = 0; file < 1 + random() % 4; ++file) {
            const std::size_t longest = random() % 2 == 0 ? 30 : 20'000;
            const std::string text = test::random_text(random, random() % longest);
            test::append_lines(text, expected);
            paths.push_back(folder.write(std::to_string(file), text));
        }
        const TextInput input = TextInput::files(paths);
        for (std::size_t replicas = 1; replicas <= 17; ++replicas) {
            if (read_lines(input, replicas) != expected) {
                FAIL("round " << round << ", " << replicas << " replicas");
            }
        }
    }
    SUCCEED();
}

TEST_CASE("each replica has the lines that start in its share") {
    const TemporaryFolder folder;
    // The shares of two: bytes 0 to 5 and 6 to 11.
    const auto two = [&](const std::string& text) {
        const TextInput input = TextInput::file(folder.write("file", text));
        return std::vector<Lines>{read_lines(input, 0, 2), read_lines(input, 1, 2)};
    };
    CHECK(two("abcde\nfghij\n") == std::vector<Lines>{{"abcde"}, {"fghij"}});
    CHECK(two("abcd\nfghijk\n") == std::vector<Lines>{{"abcd", "fghijk"}, {}});
    CHECK(two("abcdef\nhijk\n") == std::vector<Lines>{{"abcdef"}, {"hijk"}});
    CHECK(two("\n\n\n\n\n\n\n\n\n\n\n\n") == std::vector<Lines>{Lines(6), Lines(6)});
}

TEST_CASE("there may be more replicas than bytes") {
    const TemporaryFolder folder;
    const TextInput input = TextInput::file(folder.write("file", "a\n\nb"));
    CHECK(read_lines(input, 100) == Lines{"a", "", "b"});
}

TEST_CASE("blocks keep carriage returns and a missing last newline") {
    const TemporaryFolder folder;
    const TextInput input = TextInput::files(
        {folder.write("a", "one\r\ntwo"), folder.write("b", ""), folder.write("c", "three\n")});
    const auto blocks = input.read(0, 1);
    CHECK(blocks->next() == "one\r\n");
    CHECK(blocks->next() == "two");
    CHECK(blocks->next() == "three\n");
    CHECK(blocks->next().empty());
}

TEST_CASE("lines may be much longer than a block") {
    const TemporaryFolder folder;
    const Lines expected = {"first", std::string(3'000'000, 'x'), "", std::string(700'000, 'y'),
                            "last"};
    std::string text;
    for (const std::string& line : expected) text += line + '\n';
    const TextInput input = TextInput::file(folder.write("file", text));
    for (const std::size_t replicas : {1U, 2U, 3U, 16U}) {
        CHECK((read_lines(input, replicas) == expected));
    }
}

TEST_CASE("an empty file and an empty share have no lines") {
    const TemporaryFolder folder;
    CHECK(read_lines(TextInput::file(folder.write("file", "")), 3).empty());
    CHECK(read_lines(TextInput::file("/dev/null"), 2).empty());
}

TEST_CASE("a file that grows is read as it was") {
    const TemporaryFolder folder;
    const std::string path = folder.write("file", "one\ntw");
    const TextInput input = TextInput::file(path);
    std::ofstream(path, std::ios::app) << "o\nthree\n";
    CHECK(read_lines(input, 1) == Lines{"one", "tw"});
    CHECK(read_lines(input, 3) == Lines{"one", "tw"});
}

TEST_CASE("a file that shrinks while it is read is an error") {
    const TemporaryFolder folder;
    const std::string path = folder.write("file", std::string(2'000'000, '\n'));
    const TextInput input = TextInput::file(path);
    const auto blocks = input.read(0, 1);
    REQUIRE(!blocks->next().empty());
    std::filesystem::resize_file(path, 1'000'000);
    CHECK(input_error([&] {
              while (!blocks->next().empty()) {
              }
          }) == "cannot read '" + path +
                    "': it was truncated while it was read, at byte 1000000 of 2000000");
}

TEST_CASE("a file that vanishes before it is read is an error") {
    const TemporaryFolder folder;
    const std::string path = folder.write("file", "one\n");
    const auto blocks = TextInput::file(path).read(0, 1);
    std::filesystem::remove(path);
    CHECK(input_error([&] { return blocks->next(); }) ==
          "cannot read '" + path + "': No such file or directory");
}

TEST_CASE("what cannot be read is an error when the input is described") {
    const TemporaryFolder folder;
    const std::string missing = folder.path("missing");
    const std::string good = folder.write("good", "one\n");
    CHECK(input_error([&] { return TextInput::file(missing); }) ==
          "cannot read '" + missing + "': No such file or directory");
    CHECK(input_error([&] {
              return TextInput::files({good, missing});
          }) == "cannot read '" + missing + "': No such file or directory");
    CHECK(input_error([&] { return TextInput::files({}); }) ==
          "no input files were given; name at least one");
    CHECK(input_error([&] { return TextInput::file(folder.path()); }) ==
          "cannot read '" + folder.path() +
              "': it is a folder; name the files in it, for example by the pattern '" +
              folder.path() + "/*'");
    CHECK(input_error([&] { return TextInput::file(good + "/file"); }) ==
          "cannot read '" + good + "/file': Not a directory");
}

TEST_CASE("a file without permission is an error") {
    if (test::is_superuser()) {
        SUCCEED("the superuser may read everything");
        return;
    }
    const TemporaryFolder folder;
    const std::string path = folder.write("file", "one\n");
    std::filesystem::permissions(path, std::filesystem::perms::none);
    CHECK(input_error([&] { return TextInput::file(path); }) ==
          "cannot read '" + path + "': Permission denied");
}

TEST_CASE("a replica that cannot be is an error") {
    const TemporaryFolder folder;
    const TextInput input = TextInput::file(folder.write("file", "one\n"));
    CHECK_THROWS_AS(input.read(2, 2), renoir::Error);
    CHECK_THROWS_AS(input.read(0, 0), renoir::Error);
}

TEST_CASE("a folder gives its files by name, but no hidden ones and no folders") {
    const TemporaryFolder folder;
    CHECK(input_error([&] { return TextInput::folder(folder.path()); }) ==
          "cannot read '" + folder.path() +
              "': the folder has no files; hidden ones and those of folders inside do not count");
    folder.write("c", "3\n");
    folder.write("a", "1\n");
    folder.write("b", "2");
    folder.write(".hidden", "0\n");
    std::filesystem::create_directory(folder.path("aa"));
    folder.write("aa/inside", "0\n");
    CHECK(read_lines(TextInput::folder(folder.path()), 1) == Lines{"1", "2", "3"});
    CHECK(input_error([&] { return TextInput::folder(folder.path("a")); }) ==
          "cannot read '" + folder.path("a") + "': Not a directory");
    CHECK(input_error([&] { return TextInput::folder(folder.path("none")); }) ==
          "cannot read '" + folder.path("none") + "': No such file or directory");
}

TEST_CASE("a pattern gives the files that match, by name") {
    const TemporaryFolder folder;
    folder.write("b.txt", "2\n");
    folder.write("a.txt", "1\n");
    folder.write("c.csv", "3\n");
    std::filesystem::create_directory(folder.path("d.txt"));
    std::filesystem::create_directory(folder.path("e.log"));
    CHECK(read_lines(TextInput::glob(folder.path("*.txt")), 1) == Lines{"1", "2"});
    CHECK(read_lines(TextInput::glob(folder.path("[bc].*")), 2) == Lines{"2", "3"});
    CHECK(input_error([&] { return TextInput::glob(folder.path("*.none")); }) ==
          "cannot read '" + folder.path("*.none") + "': no file matches the pattern");
    CHECK(input_error([&] { return TextInput::glob(folder.path("*.log")); }) ==
          "cannot read '" + folder.path("*.log") + "': only folders match the pattern");
}

TEST_CASE("inputs have a fingerprint by which replicas on two hosts know that they cut alike") {
    const TemporaryFolder folder;
    const auto fingerprint = [&](const std::vector<std::string>& texts) {
        std::vector<std::string> paths;
        for (const std::string& text : texts)
            paths.push_back(folder.write(std::to_string(paths.size()), text));
        return TextInput::files(paths).fingerprint();
    };
    CHECK(fingerprint({"abc", "d"}) == fingerprint({"xyz", "w"}));
    CHECK(fingerprint({"abc", "d"}) != fingerprint({"d", "abc"}));
    CHECK(fingerprint({"abc", "d"}) != fingerprint({"abcd"}));
    CHECK(fingerprint({"abc"}) != fingerprint({"\x1f\x8b\x08"}));  // gzip's first bytes
}

TEST_CASE("a FIFO is read whole by one replica") {
    const TemporaryFolder folder;
    const std::string path = folder.path("fifo");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const TextInput input = TextInput::files({path, folder.write("file", "x\ny\n")});
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + '\n';
    std::thread writer([&] { std::ofstream(path) << text; });
    Lines expected;
    test::append_lines(text, expected);
    expected.emplace_back("x");
    const Lines first = read_lines(input, 0, 2);
    writer.join();
    CHECK((first == expected));
    CHECK(read_lines(input, 1, 2) == Lines{"y"});
}

TEST_CASE("files that do not tell their size are read") {
    const Lines lines = read_lines(TextInput::file("/proc/self/status"), 3);
    CHECK(std::ranges::any_of(
        lines, [](const std::string& line) { return line.starts_with("Name:\ttest_io"); }));
}

TEST_CASE("the licence texts of the system are read as they are") {
    const std::filesystem::path licences = "/usr/share/common-licenses";
    if (!std::filesystem::is_directory(licences)) {
        SUCCEED("this system has none");
        return;
    }
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(licences)) {
        if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    Lines expected;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        test::append_lines(std::string(std::istreambuf_iterator<char>(file), {}), expected);
    }
    CHECK((read_lines(TextInput::folder(licences), 5) == expected));
}
