#include "catch.hpp"

#include <renoir/base/error.hpp>
#include <renoir/runtime/batch_mode.hpp>

using renoir::BatchMode;
using std::chrono::milliseconds;

TEST_CASE("a batch mode that could never send is refused") {
    REQUIRE_THROWS_AS(BatchMode::fixed(0), renoir::Error);
    REQUIRE_THROWS_AS(BatchMode::adaptive(0, milliseconds(1)), renoir::Error);
    REQUIRE_THROWS_AS(BatchMode::timed(0, milliseconds(1)), renoir::Error);
    for (const auto delay : {milliseconds(0), milliseconds(-1)}) {
        REQUIRE_THROWS_AS(BatchMode::adaptive(1, delay), renoir::Error);
        REQUIRE_THROWS_AS(BatchMode::timed(1, delay), renoir::Error);
    }
}

TEST_CASE("the error of a batch mode says what to do") {
    try {
        static_cast<void>(BatchMode::adaptive(10, milliseconds(0)));
        FAIL("a delay of 0 was accepted");
    } catch (const renoir::Error& error) {
        REQUIRE(error.kind() == renoir::ErrorKind::usage);
        REQUIRE_THAT(error.what(), Catch::Matchers::ContainsSubstring("single()"));
    }
}
