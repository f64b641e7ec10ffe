#pragma once

/// How far event time has come, judged by the items seen.

#include <renoir/runtime/parker.hpp>
#include <renoir/stream/timed.hpp>

#include <optional>

namespace renoir {

/// Derives watermarks from the highest event time seen by a replica.
///
///     WatermarkStrategy::monotonous()                                    // times never go back
///     WatermarkStrategy::bounded_out_of_orderness(std::chrono::seconds(5))  // by at most 5 s
///         .idle_after(std::chrono::seconds(30))
///
/// Each replica judges by its own items. An item that comes later than its strategy allows is late:
/// windows whose end has passed do not see it (see window()).
class WatermarkStrategy {
 public:
    /// Each item of a replica has a time not before that of the item before it.
    [[nodiscard]] static WatermarkStrategy monotonous() noexcept { return WatermarkStrategy(0); }

    /// An item's time is at most `delay` before the highest time that its replica has seen. Throws
    /// Error(usage) when it is negative.
    [[nodiscard]] static WatermarkStrategy bounded_out_of_orderness(
        std::chrono::milliseconds delay);

    /// A replica that has had no item for this long no longer holds back the event time of others,
    /// until it has one again. By default it does until it ends. Throws Error(usage) unless
    /// positive.
    [[nodiscard]] WatermarkStrategy idle_after(std::chrono::milliseconds silence) const;

    /// The watermark once `highest` is the highest time seen.
    [[nodiscard]] Timestamp watermark(Timestamp highest) const noexcept {
        // The ends of the range are times like others, and nothing is before the first.
        return highest <= timestamp_min + delay_ ? timestamp_min : highest - delay_ - 1;
    }
    [[nodiscard]] std::optional<Clock::duration> idle_after() const noexcept { return silence_; }

 private:
    explicit WatermarkStrategy(Timestamp delay) noexcept : delay_(delay) {}

    Timestamp delay_;
    std::optional<Clock::duration> silence_;
};

/// `(const T&) -> time`: a number of milliseconds, a duration since the epoch or a time point.
template <class F, class T>
concept TimestampFunction =
    std::copy_constructible<std::decay_t<F>> && std::invocable<F&, const T&> &&
    TimeLike<std::remove_cvref_t<std::invoke_result_t<F&, const T&>>>;

/// `(const T&, Timestamp) -> std::optional<time>`: a watermark to send behind this item, or none.
template <class F, class T>
concept WatermarkFunction =
    std::copy_constructible<std::decay_t<F>> && std::invocable<F&, const T&, Timestamp> &&
    requires(std::remove_cvref_t<std::invoke_result_t<F&, const T&, Timestamp>> watermark) {
        { static_cast<bool>(watermark) };
        requires TimeLike<std::remove_cvref_t<decltype(*watermark)>>;
    };

}  // namespace renoir
