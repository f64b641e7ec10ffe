#include <renoir/base/error.hpp>
#include <renoir/stream/watermark_strategy.hpp>

#include <algorithm>
#include <string>

namespace renoir {

WatermarkStrategy WatermarkStrategy::bounded_out_of_orderness(std::chrono::milliseconds delay) {
    if (delay.count() < 0) {
        throw Error(ErrorKind::usage, "a watermark cannot run ahead of the items: the delay of " +
                                          std::to_string(delay.count()) +
                                          " ms is negative; give 0 or more");
    }
    return WatermarkStrategy(delay.count());
}

WatermarkStrategy WatermarkStrategy::idle_after(std::chrono::milliseconds silence) const {
    if (silence.count() <= 0) {
        throw Error(ErrorKind::usage, "a replica cannot be idle after " +
                                          std::to_string(silence.count()) +
                                          " ms; give a positive time");
    }
    WatermarkStrategy strategy = *this;
    // What the clock cannot say is never.
    strategy.silence_ =
        std::min(silence, std::chrono::floor<std::chrono::milliseconds>(Clock::duration::max()));
    return strategy;
}

}  // namespace renoir
