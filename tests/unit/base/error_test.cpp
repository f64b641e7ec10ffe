#include "catch.hpp"

#include <renoir/base/error.hpp>

using renoir::Error;
using renoir::ErrorKind;

TEST_CASE("an error carries its kind and its text") {
    const Error error(ErrorKind::input, "no such file");
    REQUIRE(error.kind() == ErrorKind::input);
    REQUIRE(std::string(error.what()) == "no such file");
}

TEST_CASE("the exit code is 2 where the caller must ask for something else, and 1 otherwise") {
    for (const ErrorKind kind : {ErrorKind::usage, ErrorKind::configuration, ErrorKind::input}) {
        REQUIRE(Error(kind, "").exit_code() == 2);
    }
    for (const ErrorKind kind :
         {ErrorKind::output, ErrorKind::user_function, ErrorKind::cancelled, ErrorKind::internal}) {
        REQUIRE(Error(kind, "").exit_code() == 1);
    }
}
