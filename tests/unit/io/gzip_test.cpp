#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "compressed_cases.hpp"

namespace {

std::string gzipped(std::string_view text) {
    z_stream deflater = {};
    if (::deflateInit2(&deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2 failed");
    }
    std::string input(text);
    std::string output(::deflateBound(&deflater, static_cast<uLong>(text.size())), '\0');
    deflater.next_in = reinterpret_cast<Bytef*>(input.data());
    deflater.avail_in = static_cast<uInt>(input.size());
    deflater.next_out = reinterpret_cast<Bytef*>(output.data());
    deflater.avail_out = static_cast<uInt>(output.size());
    const int code = ::deflate(&deflater, Z_FINISH);
    output.resize(output.size() - deflater.avail_out);
    ::deflateEnd(&deflater);
    if (code != Z_STREAM_END) throw std::runtime_error("deflate failed");
    return output;
}

}  // namespace

TEST_CASE("gzip files are read") {
    test::check_contents(gzipped);
}
TEST_CASE("gzip files may have several members") {
    test::check_concatenation(gzipped);
}
TEST_CASE("a truncated gzip file is an error") {
    test::check_truncation(gzipped, "gzip");
}
TEST_CASE("a corrupt gzip file is an error") {
    test::check_corruption(gzipped, "gzip");
}
TEST_CASE("gzip files are shared out whole") {
    test::check_sharing(gzipped);
}

TEST_CASE("a gzip file with something else behind it is an error") {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("file", gzipped("one\n") + "and more");
    CHECK_THAT(test::error_of_reading(path),
               Catch::Matchers::ContainsSubstring("its gzip data is corrupt near byte 2"));
}
