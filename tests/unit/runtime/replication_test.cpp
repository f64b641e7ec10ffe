#include "catch.hpp"

#include <renoir/base/error.hpp>
#include <renoir/runtime/replication.hpp>

#include <algorithm>

namespace {

using renoir::place;
using renoir::Replication;
using Addresses = std::vector<renoir::ReplicaAddress>;

const renoir::ClusterLayout uneven{2, 1, 3};
const Addresses everywhere{{0, 0}, {0, 1}, {1, 0}, {2, 0}, {2, 1}, {2, 2}};

}  // namespace

TEST_CASE("without a limit a block runs on every worker, rank by rank") {
    REQUIRE(place(Replication::unlimited(), uneven) == everywhere);
    REQUIRE(place(Replication::unlimited(), {1}) == Addresses{{0, 0}});
}

TEST_CASE("a limit takes the first workers of the first ranks") {
    for (std::size_t limit = 1; limit <= 10; ++limit) {
        const std::size_t expected = std::min(limit, everywhere.size());
        REQUIRE(place(Replication::limited(limit), uneven) ==
                Addresses(everywhere.begin(),
                          everywhere.begin() + static_cast<std::ptrdiff_t>(expected)));
    }
}

TEST_CASE("one replica runs on the first worker of all, host replicas on the first of each rank") {
    REQUIRE(place(Replication::one(), uneven) == Addresses{{0, 0}});
    REQUIRE(place(Replication::host(), uneven) == Addresses{{0, 0}, {1, 0}, {2, 0}});
}

TEST_CASE("no replica at all is refused with a text that says what to give") {
    try {
        static_cast<void>(Replication::limited(0));
        FAIL("0 replicas were accepted");
    } catch (const renoir::Error& error) {
        REQUIRE(error.kind() == renoir::ErrorKind::usage);
        REQUIRE_THAT(error.what(), Catch::Matchers::ContainsSubstring("at least 1"));
    }
}

TEST_CASE("replications are equal when they place alike") {
    REQUIRE(Replication::limited(2) == Replication::limited(2));
    REQUIRE(Replication::limited(2) != Replication::limited(3));
    REQUIRE(Replication::one() != Replication::host());
}
