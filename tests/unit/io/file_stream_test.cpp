#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "io/byte_stream.hpp"
#include "text_files.hpp"

namespace {

using renoir::io::detail::ByteRange;
using renoir::io::detail::open_lines;

std::string read_all(const std::string& path, ByteRange range, std::uint64_t size,
                     std::size_t room) {
    const auto stream = open_lines(path, range, size);
    std::string text;
    std::vector<char> buffer(room);
    for (;;) {
        const std::size_t count = stream->read(buffer.data(), room);
        if (count == 0) break;
        text.append(buffer.data(), count);
    }
    if (stream->read(buffer.data(), room) != 0) text += "<behind the end>";
    return text;
}

/// The lines that start in the range, by definition.
std::string reference(std::string_view text, ByteRange range) {
    std::string lines;
    std::size_t start = 0;
    while (start < text.size()) {
        const std::size_t stop = std::min(text.find('\n', start), text.size() - 1) + 1;
        if (start >= range.begin && start < range.end) lines += text.substr(start, stop - start);
        start = stop;
    }
    return lines;
}

}  // namespace

TEST_CASE("a range of bytes gives the lines that start in it, wherever reads happen to end") {
    const test::TemporaryFolder folder;
    for (const std::string text :
         {"a\nbc\n\n\ndefgh\r\ni\nj", "\n\nabcdefghij\n", "abcdef", "\n"}) {
        const std::string path = folder.write("file", text);
        for (std::uint64_t begin = 0; begin < text.size(); ++begin) {
            for (std::uint64_t end = begin + 1; end <= text.size(); ++end) {
                for (std::size_t room = 1; room <= text.size() + 1; ++room) {
                    const ByteRange range = {begin, end};
                    if (read_all(path, range, text.size(), room) != reference(text, range)) {
                        FAIL(text << ": " << begin << " to " << end << ", room " << room);
                    }
                }
            }
        }
    }
    SUCCEED();
}

TEST_CASE("a line may go on far behind its range") {
    const test::TemporaryFolder folder;
    const std::string line = std::string(100'000, 'x') + '\n';
    const std::string path = folder.write("file", line + "end\n");
    // A hundred thousand reads: what a read takes may grow, but not without end.
    CHECK((read_all(path, {0, 10}, line.size() + 4, 1) == line));
    CHECK((read_all(path, {0, 10}, line.size() + 4, 1000) == line));
}

TEST_CASE("offsets have 64 bits") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path("sparse");
    constexpr std::uint64_t far = 5'000'000'000;
    {
        std::ofstream file(path, std::ios::binary);
        file.seekp(static_cast<std::streamoff>(far));
        file << "\nover the hills\nand far away\n";
    }
    const std::uint64_t size = std::filesystem::file_size(path);
    CHECK(read_all(path, {far, size}, size, 1000) == "over the hills\nand far away\n");
}
