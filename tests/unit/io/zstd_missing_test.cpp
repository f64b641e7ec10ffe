#include <string>
#include <string_view>

#include <renoir/io/text_input.hpp>

#include "catch.hpp"
#include "text_files.hpp"

TEST_CASE("a zstd file is refused by a build without libzstd") {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("file", std::string_view("\x28\xb5\x2f\xfd", 4));
    CHECK(test::input_error([&] { return renoir::io::TextInput::file(path); }) ==
          "cannot read '" + path +
              "': it is compressed with zstd, and this build of renoir has no libzstd; decompress "
              "it first "
              "or build renoir with libzstd");
}
