// What durations and time points mean as event times.

#include "catch.hpp"

#include <renoir/operators/interval_join.hpp>
#include <renoir/stream/timed.hpp>

namespace {

using renoir::timestamp_max;
using renoir::timestamp_min;
using renoir::to_timestamp;
using renoir::detail::interval_bound;
using namespace std::chrono_literals;

template <class Duration>
constexpr auto point(Duration since_epoch) {
    return std::chrono::sys_time<Duration>(since_epoch);
}

}  // namespace

TEST_CASE("durations and time points become milliseconds, rounded down") {
    CHECK(to_timestamp(2s) == 2000);
    CHECK(to_timestamp(-3min) == -180'000);
    CHECK(to_timestamp(1999us) == 1);
    CHECK(to_timestamp(-1ns) == -1);
    CHECK(to_timestamp(std::chrono::nanoseconds::min()) == -9'223'372'036'855);
    CHECK(to_timestamp(1.5s) == 1500);
    CHECK(to_timestamp(point(-1us)) == -1);
    CHECK(to_timestamp(point(std::chrono::days(2))) == 172'800'000);
    CHECK(to_timestamp(std::chrono::duration<std::uint64_t>(3)) == 3000);
}

TEST_CASE("durations and time points that no time can say become the nearest one") {
    CHECK(to_timestamp(std::chrono::hours::max()) == timestamp_max);
    CHECK(to_timestamp(std::chrono::hours::min()) == timestamp_min);
    CHECK(to_timestamp(point(std::chrono::seconds::max())) == timestamp_max);
    CHECK(to_timestamp(point(std::chrono::seconds::min())) == timestamp_min);
    CHECK(to_timestamp(std::chrono::duration<std::uint64_t>::max()) == timestamp_max);
    CHECK(to_timestamp(std::chrono::milliseconds::max()) == timestamp_max);
    CHECK(to_timestamp(std::chrono::milliseconds::min()) == timestamp_min);
}

TEST_CASE("the interval of a join is cut to whole milliseconds") {
    CHECK(interval_bound(-1500us, false) == -1);
    CHECK(interval_bound(-1500us, true) == -2);
    CHECK(interval_bound(1500us, false) == 2);
    CHECK(interval_bound(1500us, true) == 1);
    CHECK(interval_bound(-2s, false) == -2000);
    CHECK(interval_bound(std::chrono::hours::min(), false) == timestamp_min);
    CHECK(interval_bound(std::chrono::hours::max(), true) == timestamp_max);
    CHECK(interval_bound(std::chrono::nanoseconds::min(), false) == -9'223'372'036'854);
    CHECK(interval_bound(std::chrono::nanoseconds::max(), true) == 9'223'372'036'854);
}
