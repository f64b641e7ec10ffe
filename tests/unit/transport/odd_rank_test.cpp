#include "catch.hpp"

#include "transport/odd_rank.hpp"

namespace {

using renoir::find_odd_rank;
using renoir::OddRank;

}  // namespace

TEST_CASE("no rank is odd where all are alike") {
    REQUIRE_FALSE(find_odd_rank<int>({7}));
    REQUIRE_FALSE(find_odd_rank<int>({7, 7, 7}));
}

TEST_CASE("the odd rank is the one that most are not like") {
    REQUIRE(find_odd_rank<int>({7, 7, 8}) == OddRank{2, 0});
    REQUIRE(find_odd_rank<int>({7, 8, 7, 7}) == OddRank{1, 0});
    REQUIRE(find_odd_rank<int>({8, 7, 7}) == OddRank{0, 1});
    REQUIRE(find_odd_rank<int>({8, 9, 7, 7}) == OddRank{0, 2});
}

TEST_CASE("where as many are like one as like another, those like the lowest rank are usual") {
    REQUIRE(find_odd_rank<int>({7, 8}) == OddRank{1, 0});
    REQUIRE(find_odd_rank<int>({7, 8, 8, 7}) == OddRank{1, 0});
    REQUIRE(find_odd_rank<int>({7, 8, 9}) == OddRank{1, 0});
}
