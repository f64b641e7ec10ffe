#include <zstd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "compressed_cases.hpp"

namespace {

std::string zstd_file(std::string_view text) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                       ZSTD_freeCCtx);
    // With a checksum, as the program zstd makes them.
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string output(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(context.get(), output.data(), output.size(), text.data(), text.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error("ZSTD_compress2 failed");
    output.resize(size);
    return output;
}

}  // namespace

TEST_CASE("zstd files are read") {
    test::check_contents(zstd_file);
}
TEST_CASE("zstd files may have several frames") {
    test::check_concatenation(zstd_file);
}
TEST_CASE("a truncated zstd file is an error") {
    test::check_truncation(zstd_file, "zstd");
}
TEST_CASE("a corrupt zstd file is an error") {
    test::check_corruption(zstd_file, "zstd");
}
TEST_CASE("zstd files are shared out whole") {
    test::check_sharing(zstd_file);
}

TEST_CASE("a zstd file with something else behind it is an error") {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("file", zstd_file("one\n") + "and more");
    CHECK_THAT(test::error_of_reading(path),
               Catch::Matchers::ContainsSubstring("its zstd data is corrupt near byte 1"));
}
