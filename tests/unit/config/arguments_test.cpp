#include <renoir/base/error.hpp>
#include <renoir/config/arguments.hpp>

#include <string>
#include <vector>

#include "catch.hpp"

namespace {

const std::vector<std::string> words{"count", "a.txt", "b.txt"};

std::string message_of_missing(const renoir::Arguments& args, std::size_t index) {
    try {
        (void)args.at(index);
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::usage);
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("arguments are read by position, the program first", "[config]") {
    const renoir::Arguments args(words);
    CHECK(args.size() == 3);
    CHECK_FALSE(args.empty());
    CHECK(args.at(0) == "count");
    CHECK(args[2] == "b.txt");
    CHECK(std::vector<std::string>(args.begin(), args.end()) == words);
    const std::vector<std::string> copy = args;
    CHECK(copy == words);
}

TEST_CASE("a missing argument names itself and the help", "[config]") {
    const renoir::Arguments args(words);
    CHECK(message_of_missing(args, 3) == "missing argument 3 of count; run count --help");
    CHECK_THROWS_AS(args[3], renoir::Error);
    CHECK(message_of_missing(renoir::Arguments({}), 1) ==
          "missing argument 1 of the program; run the program --help");
}
