// The borders of windows against a search through all windows near an item.

#include "catch.hpp"

#include <renoir/base/error.hpp>
#include <renoir/stream/window_types.hpp>

#include <vector>

using namespace std::chrono_literals;
using renoir::CountWindow;
using renoir::EventTimeWindow;
using renoir::PeriodicWindows;
using renoir::Timestamp;
using renoir::timestamp_max;
using renoir::timestamp_min;
using renoir::TimeWindow;

namespace {

/// Starts of the windows that hold `time`, found by trying.
std::vector<Timestamp> starts_around(Timestamp time, Timestamp size, Timestamp slide,
                                     Timestamp offset) {
    std::vector<Timestamp> starts;
    for (Timestamp start = offset - 2000 * slide; start <= time; start += slide) {
        if (start + size > time) starts.push_back(start);
    }
    return starts;
}

}  // namespace

TEST_CASE("an item is in every window that begins before it and ends behind it") {
    struct Shape {
        int size;
        int slide;
        int offset;
    };
    for (const Shape& shape : {Shape{1, 1, 0}, Shape{10, 10, 0}, Shape{10, 10, 3}, Shape{10, 3, 0},
                               Shape{10, 3, -7}, Shape{7, 7, 100}, Shape{100, 1, 0}}) {
        const auto windows = EventTimeWindow::sliding(std::chrono::milliseconds(shape.size),
                                                      std::chrono::milliseconds(shape.slide))
                                 .offset(std::chrono::milliseconds(shape.offset));
        for (Timestamp time = -250; time < 250; ++time) {
            std::vector<Timestamp> starts;
            for (auto index = windows.first_index(time); index <= windows.last_index(time); ++index)
                starts.push_back(windows.start(index));
            INFO(shape.size << ' ' << shape.slide << ' ' << shape.offset << " at " << time);
            REQUIRE(starts == starts_around(time, shape.size, shape.slide, shape.offset));
        }
    }
}

TEST_CASE("every window begins and ends with a pane") {
    for (int size = 1; size < 30; ++size) {
        for (int slide = 1; slide <= size; ++slide) {
            const auto windows = EventTimeWindow::sliding(std::chrono::milliseconds(size),
                                                          std::chrono::milliseconds(slide))
                                     .offset(5ms);
            const PeriodicWindows panes = windows.panes();
            REQUIRE(panes.size() == panes.slide());
            for (std::int64_t index = -3; index < 3; ++index) {
                const TimeWindow window = windows.bounds(index);
                REQUIRE(panes.start(panes.last_index(window.start)) == window.start);
                REQUIRE(panes.last(panes.last_index(window.end - 1)) == window.end - 1);
            }
        }
    }
}

TEST_CASE("windows stop at the ends of time") {
    for (const auto& windows :
         {EventTimeWindow::sliding(1000ms, 300ms), EventTimeWindow::sliding(1h, 1h).offset(7ms),
          EventTimeWindow::sliding(1ms, 1ms)}) {
        for (const Timestamp time :
             {timestamp_min, timestamp_min + 1, timestamp_max - 1, timestamp_max}) {
            const std::int64_t last = windows.last_index(time);
            REQUIRE(windows.first_index(time) <= last);
            REQUIRE(windows.start(last) <= time);
            REQUIRE(windows.last(last) >= time);
        }
    }
    const auto session = EventTimeWindow::session(10s);
    CHECK(session.last(timestamp_max) == timestamp_max);
    CHECK(session.last(timestamp_min) == timestamp_min + 9999);
}

TEST_CASE("an item is late when its last window and the lateness have passed") {
    const auto windows = EventTimeWindow::sliding(10ms, 5ms).allowed_lateness(3ms);
    // The last window of 7 is [5, 15): it fires at 14 and is gone at 17.
    CHECK_FALSE(windows.is_late(7, 16));
    CHECK(windows.is_late(7, 17));
    CHECK_FALSE(windows.is_late(18, 17));
    const auto session = EventTimeWindow::session(10ms);
    CHECK_FALSE(session.is_late(7, 15));
    CHECK(session.is_late(7, 16));
    // It fires at 16 and is gone at 19.
    const auto patient = session.allowed_lateness(3ms);
    CHECK(patient.last(7) == 16);
    CHECK_FALSE(patient.is_late(7, 18));
    CHECK(patient.is_late(7, 19));
    CHECK(patient.gone_at(timestamp_max) == timestamp_max);
}

TEST_CASE("windows that make no sense are refused") {
    using renoir::Error;
    CHECK_THROWS_AS(EventTimeWindow::tumbling(0ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::tumbling(-1ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::sliding(10ms, 0ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::sliding(10ms, -5ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::sliding(10ms, 11ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::session(0ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::tumbling(10ms).allowed_lateness(-1ms), Error);
    CHECK_THROWS_AS(EventTimeWindow::session(10ms).allowed_lateness(-1ms), Error);
    CHECK_THROWS_AS(CountWindow::tumbling(0), Error);
    CHECK_THROWS_AS(CountWindow::sliding(0, 0), Error);
    CHECK_THROWS_AS(CountWindow::sliding(10, 0), Error);
    CHECK_THROWS_AS(CountWindow::sliding(10, 11), Error);
}
