#include <string>
#include <string_view>

#include <renoir/io/text_input.hpp>

#include "catch.hpp"
#include "text_files.hpp"

TEST_CASE("a gzip file is refused by a build without zlib") {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("file", std::string_view("\x1f\x8b\x08\x00", 4));
    CHECK(test::input_error([&] { return renoir::io::TextInput::file(path); }) ==
          "cannot read '" + path +
              "': it is compressed with gzip, and this build of renoir has no zlib; decompress it "
              "first "
              "or build renoir with zlib");
}
