#include <renoir/config/suggestion.hpp>

#include <array>
#include <string_view>

#include "catch.hpp"

using renoir::detail::did_you_mean;

TEST_CASE("the closest word is suggested", "[config]") {
    constexpr std::array<std::string_view, 4> keys{"address", "base_port", "num_cores", "ssh"};
    CHECK(did_you_mean("num_core", keys) == "did you mean 'num_cores'?");
    CHECK(did_you_mean("adress", keys) == "did you mean 'address'?");
    CHECK(did_you_mean("base_prot", keys) == "did you mean 'base_port'?");
    CHECK(did_you_mean("shh", keys) == "did you mean 'ssh'?");
}

TEST_CASE("a word that resembles nothing gets no suggestion", "[config]") {
    constexpr std::array<std::string_view, 2> keys{"ssh", "address"};
    CHECK(did_you_mean("perf_path", keys).empty());
    CHECK(did_you_mean("foo", keys).empty());
    CHECK(did_you_mean("", keys).empty());
    CHECK(did_you_mean("ssh", {}).empty());
}

TEST_CASE("of several close words the nearest one wins", "[config]") {
    constexpr std::array<std::string_view, 3> keys{"hosted", "host", "hosts"};
    CHECK(did_you_mean("hest", keys) == "did you mean 'host'?");
    CHECK(did_you_mean("hostss", keys) == "did you mean 'hosts'?");
}
