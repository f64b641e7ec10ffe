#include "launch/remote_program.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "catch.hpp"
#include "folder.hpp"

using namespace renoir::launch;

namespace {

std::string name_of(const std::string& file, const std::string& content) {
    const Folder folder;
    return copy_name(LocalFile(folder.write(file, content)));
}

}  // namespace

TEST_CASE("the name of a copy holds the name of the file and the sum of its content", "[launch]") {
    // SHA-256 of "abc" and of nothing, as its standard says.
    CHECK(name_of("wordcount", "abc") == "wordcount-ba7816bf8f01cfea");
    CHECK(name_of("wordcount", "") == "wordcount-e3b0c44298fc1c14");
    CHECK(name_of("Word_count-2", "abc") == "Word_count-2-ba7816bf8f01cfea");
}

TEST_CASE("the name of a copy means nothing to a shell", "[launch]") {
    CHECK(name_of("my program.exe", "abc") == "my_program_exe-ba7816bf8f01cfea");
    const std::string name = name_of("a b\t\n'\"$`\\;&|<>()*?[]{}~#!=%^,:.\x01\xff", "abc");
    CHECK(name.ends_with("-ba7816bf8f01cfea"));
    CHECK(std::ranges::all_of(name, [](unsigned char character) {
        return character < 128 &&
               (std::isalnum(character) != 0 || character == '_' || character == '-');
    }));
}
