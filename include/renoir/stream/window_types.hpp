#pragma once

/// Kinds of windows, as values: what `window(...)` and `window_all(...)` take.
///
///     using namespace std::chrono_literals;
///     EventTimeWindow::tumbling(1s)
///     EventTimeWindow::sliding(10s, 1s).offset(500ms).allowed_lateness(1min)
///     EventTimeWindow::session(30s)
///     CountWindow::tumbling(100)
///     CountWindow::sliding(100, 10)
///
/// A size, slide, gap or number that is not positive, and a slide larger than its size (which would
/// skip items), throw Error(usage).

#include <renoir/stream/timed.hpp>

#include <chrono>
#include <cstdint>

namespace renoir {

/// Bounds of a window: the times t with start <= t < end, in milliseconds. At the ends of what a
/// Timestamp can say they stop there.
struct TimeWindow {
    Timestamp start = 0;
    Timestamp end = 0;

    friend auto operator<=>(const TimeWindow&, const TimeWindow&) = default;
};

/// A result with the bounds of its window, see WindowedStream::with_window.
template <class R>
struct Windowed {
    TimeWindow window;
    R value{};

    friend auto operator<=>(const Windowed&, const Windowed&) = default;
};

/// Windows [offset + i * slide, offset + i * slide + size) for every integer i: aligned to the
/// epoch, whatever items come.
class PeriodicWindows {
 public:
    PeriodicWindows(std::chrono::milliseconds size, std::chrono::milliseconds slide);

    [[nodiscard]] Timestamp size() const noexcept { return size_; }
    [[nodiscard]] Timestamp slide() const noexcept { return slide_; }
    [[nodiscard]] Timestamp lateness() const noexcept { return lateness_; }

    /// Index of the last window that holds `time`; the first one is first_index(). Windows that
    /// begin every millisecond have no index before the first Timestamp, so none begins there.
    [[nodiscard]] std::int64_t last_index(Timestamp time) const noexcept {
        std::int64_t index = time / slide_;
        std::int64_t into = time % slide_;
        if (into < 0) {
            into += slide_;
            --index;
        }
        return into < offset_ ? index - 1 : index;
    }
    [[nodiscard]] std::int64_t first_index(Timestamp time) const noexcept {
        return saturating_add(last_index(time), -((size_ - 1 - since_start(time)) / slide_));
    }
    [[nodiscard]] Timestamp start(std::int64_t index) const noexcept {
        // Counted towards zero, so that only a start that no Timestamp can say overflows.
        const bool negative = index < 0;
        Timestamp start = 0;
        if (__builtin_mul_overflow(negative ? index + 1 : index, slide_, &start))
            return negative ? timestamp_min : timestamp_max;
        return saturating_add(start, negative ? offset_ - slide_ : offset_);
    }
    /// The last time that the window holds; it fires when the watermark reaches it.
    [[nodiscard]] Timestamp last(std::int64_t index) const noexcept {
        return saturating_add(start(index), size_ - 1);
    }
    [[nodiscard]] TimeWindow bounds(std::int64_t index) const noexcept {
        return {start(index), saturating_add(start(index), size_)};
    }
    /// From this watermark on nothing is kept for the window, and its items are late.
    [[nodiscard]] Timestamp gone_at(std::int64_t index) const noexcept {
        return saturating_add(last(index), lateness_);
    }
    /// Whether an item of this time comes too late for every window that holds it.
    [[nodiscard]] bool is_late(Timestamp time, Timestamp watermark) const noexcept {
        return time <= watermark && gone_at(last_index(time)) <= watermark;
    }

    /// The longest pieces of time of which every window is made: tumbling windows.
    [[nodiscard]] PeriodicWindows panes() const noexcept;

    void set_offset(std::chrono::milliseconds offset) noexcept;
    void set_lateness(std::chrono::milliseconds lateness);

 private:
    /// How long before `time` the last window that holds it has begun: in [0, slide).
    [[nodiscard]] Timestamp since_start(Timestamp time) const noexcept {
        Timestamp since = time % slide_;
        if (since < 0) since += slide_;
        since -= offset_;
        return since < 0 ? since + slide_ : since;
    }
    [[nodiscard]] static Timestamp saturating_add(Timestamp a, Timestamp b) noexcept {
        Timestamp sum = 0;
        if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? timestamp_min : timestamp_max;
        return sum;
    }

    Timestamp size_;
    Timestamp slide_;
    Timestamp offset_ = 0;  // within [0, slide)
    Timestamp lateness_ = 0;
};

/// Options that all periodic windows share.
template <class Derived>
class PeriodicWindowOptions : public PeriodicWindows {
 public:
    using PeriodicWindows::PeriodicWindows;

    /// Moves every window by this much, in either direction.
    [[nodiscard]] Derived offset(std::chrono::milliseconds offset) const {
        Derived moved = static_cast<const Derived&>(*this);
        moved.set_offset(offset);
        return moved;
    }

    /// Keeps a window for this long, in event time, after it has fired: an item that comes for it
    /// in that time makes it fire again, for the key of the item, with the new result. That one
    /// has the same time as the first, which is behind the watermark by then. Throws Error(usage)
    /// when the lateness is negative.
    [[nodiscard]] Derived allowed_lateness(std::chrono::milliseconds lateness) const {
        Derived patient = static_cast<const Derived&>(*this);
        patient.set_lateness(lateness);
        return patient;
    }
};

class TumblingWindow : public PeriodicWindowOptions<TumblingWindow> {
 public:
    explicit TumblingWindow(std::chrono::milliseconds size) : PeriodicWindowOptions(size, size) {}
};

class SlidingWindow : public PeriodicWindowOptions<SlidingWindow> {
 public:
    using PeriodicWindowOptions::PeriodicWindowOptions;
};

/// Items of a key that follow each other by less than `gap`. An item is late when a session of it
/// alone would be gone.
class SessionWindow {
 public:
    explicit SessionWindow(std::chrono::milliseconds gap);

    /// Keeps a session for this long, in event time, after it has fired: an item that comes for it
    /// in that time makes it fire again with the new result, or grow and fire when it is over anew.
    /// The time of a result is always that of the end of its session, which may be behind the
    /// watermark. Throws Error(usage) when the lateness is negative.
    [[nodiscard]] SessionWindow allowed_lateness(std::chrono::milliseconds lateness) const;

    [[nodiscard]] Timestamp gap() const noexcept { return gap_; }
    [[nodiscard]] Timestamp lateness() const noexcept { return lateness_; }

    /// The last time of a session whose last item has this time; it fires there.
    [[nodiscard]] Timestamp last(Timestamp last_item) const noexcept {
        return last_item > timestamp_max - gap_ ? timestamp_max : last_item + gap_ - 1;
    }
    /// From this watermark on nothing is kept for such a session.
    [[nodiscard]] Timestamp gone_at(Timestamp last_item) const noexcept {
        const Timestamp last_time = last(last_item);
        return last_time > timestamp_max - lateness_ ? timestamp_max : last_time + lateness_;
    }
    [[nodiscard]] bool is_late(Timestamp time, Timestamp watermark) const noexcept {
        return gone_at(time) <= watermark;
    }

 private:
    Timestamp gap_;
    Timestamp lateness_ = 0;
};

/// Windows in event time; they need a stream with event times.
struct EventTimeWindow {
    /// Each item is in one window of `size`.
    [[nodiscard]] static TumblingWindow tumbling(std::chrono::milliseconds size) {
        return TumblingWindow(size);
    }
    /// A window of `size` begins every `slide`, so an item is in size / slide of them.
    [[nodiscard]] static SlidingWindow sliding(std::chrono::milliseconds size,
                                               std::chrono::milliseconds slide) {
        return {size, slide};
    }
    /// A window for each run of items of a key that follow each other by less than `gap`; it ends
    /// `gap` after the last of them.
    [[nodiscard]] static SessionWindow session(std::chrono::milliseconds gap) {
        return SessionWindow(gap);
    }
};

/// Windows by the number of items of a key, in the order in which they arrive at the replica of the
/// key. They need no event times; windows that are not full at the end of the stream give nothing.
class CountWindow {
 public:
    [[nodiscard]] static CountWindow tumbling(std::uint64_t size) { return {size, size}; }
    /// A window of `size` items begins every `slide` items.
    [[nodiscard]] static CountWindow sliding(std::uint64_t size, std::uint64_t slide) {
        return {size, slide};
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t slide() const noexcept { return slide_; }

 private:
    CountWindow(std::uint64_t size, std::uint64_t slide);
    std::uint64_t size_;
    std::uint64_t slide_;
};

template <class W>
concept WindowKind = std::same_as<W, TumblingWindow> || std::same_as<W, SlidingWindow> ||
                     std::same_as<W, SessionWindow> || std::same_as<W, CountWindow>;

}  // namespace renoir
