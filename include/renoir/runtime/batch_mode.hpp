#pragma once

/// When a partly filled batch leaves its sender.
///
///     stream.batch_mode(renoir::BatchMode::fixed(1024)).shuffle()...

#include <chrono>
#include <cstddef>

namespace renoir {

/// How an exchange collects items before it sends them. Whatever the mode, a batch is sent when it
/// holds 16 KB, or 64 KB on its way to another rank (one larger item travels alone), and at the end
/// of the stream.
class BatchMode {
 public:
    using Duration = std::chrono::nanoseconds;

    /// The default: batches of up to 1024 items, or 4088 to another rank; what is collected is sent
    /// as soon as the worker finds nothing else to do and the receiver waits, and after a
    /// millisecond in any case. Low latency at low rates, no loss of throughput at high ones.
    [[nodiscard]] static BatchMode automatic() noexcept;

    /// Exactly `items` items, however long it takes. Throws Error(usage) for 0.
    [[nodiscard]] static BatchMode fixed(std::size_t items);

    /// `items` items, or fewer when the oldest has waited for `delay`.
    [[nodiscard]] static BatchMode adaptive(std::size_t items, Duration delay);

    /// `items` items, or what is there at each tick of `interval`.
    [[nodiscard]] static BatchMode timed(std::size_t items, Duration interval);

    /// Every item at once.
    [[nodiscard]] static BatchMode single() noexcept;

    [[nodiscard]] std::size_t most_items() const noexcept { return most_items_; }
    [[nodiscard]] bool flushes_when_idle() const noexcept { return flushes_when_idle_; }
    [[nodiscard]] bool has_deadline() const noexcept { return delay_ != Duration::max(); }
    [[nodiscard]] Duration delay() const noexcept { return delay_; }
    /// Whether the delay is counted from tick to tick instead of from the oldest item.
    [[nodiscard]] bool ticks() const noexcept { return ticks_; }

 private:
    BatchMode(std::size_t most_items, Duration delay, bool ticks, bool flushes_when_idle) noexcept
        : most_items_(most_items),
          delay_(delay),
          ticks_(ticks),
          flushes_when_idle_(flushes_when_idle) {}

    std::size_t most_items_;
    Duration delay_;
    bool ticks_;
    bool flushes_when_idle_;
};

}  // namespace renoir
