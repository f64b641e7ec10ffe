#pragma once

// Windows as plain loops would make them, for comparison.

#include "expectations.hpp"

#include <map>

namespace stream_test {

using renoir::EventTimeWindow;
using renoir::Timestamp;
using renoir::timestamp_max;
using renoir::timestamp_min;
using renoir::TimeWindow;
using renoir::WatermarkStrategy;
using renoir::Windowed;

/// Times that go up, down and below zero, never twice the same, never back by more than 40.
inline Timestamp time_of(int n) {
    return 3 * (n ^ 11) - 700;
}

inline int key_of(int n) {
    return n % 7;
}

/// A window kind by its numbers.
struct Shape {
    int size;
    int slide;
    int offset;

    [[nodiscard]] auto tumbling() const {
        return EventTimeWindow::tumbling(std::chrono::milliseconds(size))
            .offset(std::chrono::milliseconds(offset));
    }
    [[nodiscard]] auto sliding() const {
        return EventTimeWindow::sliding(std::chrono::milliseconds(size),
                                        std::chrono::milliseconds(slide))
            .offset(std::chrono::milliseconds(offset));
    }
    /// All windows that hold this time, found by trying.
    [[nodiscard]] std::vector<TimeWindow> windows_of(Timestamp time) const {
        std::vector<TimeWindow> windows;
        for (Timestamp start = offset - 1000 * slide; start <= time; start += slide) {
            if (start + size > time) windows.push_back({start, start + size});
        }
        return windows;
    }
};

inline std::vector<Shape> tumbling_shapes() {
    return {{100, 100, 0}, {1, 1, 0}, {70, 70, 33}, {64, 64, -5}, {1000, 1000, 0}};
}
inline std::vector<Shape> sliding_shapes() {
    return {{100, 50, 0}, {100, 30, -7}, {100, 10, 0}, {20, 1, 3}, {100, 100, 0}};
}

/// The items of each key and window, by time.
using Contents = std::map<std::pair<int, TimeWindow>, std::vector<int>>;

inline Contents contents_of(const std::vector<int>& items, const Shape& shape) {
    Contents contents;
    for (const int n : items) {
        for (const TimeWindow& window : shape.windows_of(time_of(n)))
            contents[{key_of(n), window}].push_back(n);
    }
    for (auto& [window, members] : contents) {
        std::sort(members.begin(), members.end(),
                  [](int a, int b) { return time_of(a) < time_of(b); });
    }
    return contents;
}

/// `result(items)` for each key and window.
template <class F>
auto results_in(const Contents& contents, F result) {
    using R = std::decay_t<decltype(result(std::vector<int>()))>;
    std::vector<std::pair<int, Windowed<R>>> results;
    for (const auto& [key_and_window, items] : contents) {
        const auto& [key, window] = key_and_window;
        results.push_back({key, {window, result(items)}});
    }
    return results;
}

/// The numbers from 0 to `count`, with times; nothing is late.
inline auto timed_numbers(StreamContext& ctx, int count) {
    return ctx.stream_par_iter(0, count).add_timestamps(
        time_of, WatermarkStrategy::bounded_out_of_orderness(std::chrono::milliseconds(45)));
}

}  // namespace stream_test
