#include "catch.hpp"

#include <renoir/stream/watermark_strategy.hpp>

using renoir::WatermarkStrategy;

TEST_CASE("silence that the clock cannot measure is the longest that it can") {
    const auto strategy =
        WatermarkStrategy::monotonous().idle_after(std::chrono::milliseconds::max());
    CHECK(strategy.idle_after() > std::chrono::hours(24 * 365 * 290));
}
