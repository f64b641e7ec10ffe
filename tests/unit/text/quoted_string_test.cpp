#include "text/quoted_string.hpp"

#include <string>

#include "catch.hpp"

using renoir::detail::quoted_string;

TEST_CASE("a text as a string of JSON means the same text", "[text]") {
    CHECK(quoted_string("") == "\"\"");
    CHECK(quoted_string("plain 'text' äß") == "\"plain 'text' äß\"");
    CHECK(quoted_string("a\"b\\c") == R"("a\"b\\c")");
    CHECK(quoted_string("\n\x01\x1f\x7f") == R"("\u000a\u0001\u001f\u007f")");
    CHECK(quoted_string(std::string("\0", 1)) == R"("\u0000")");
}
