#include <renoir/base/error.hpp>
#include <renoir/runtime/batch_mode.hpp>
#include <renoir/transport/slab.hpp>

namespace renoir {

namespace {

void require_items(std::size_t items) {
    if (items == 0)
        throw Error(ErrorKind::usage, "a batch of 0 items never leaves; give at least 1");
}

void require_positive(BatchMode::Duration delay) {
    if (delay <= BatchMode::Duration::zero()) {
        throw Error(
            ErrorKind::usage,
            "the delay of a batch must be positive; BatchMode::single() sends every item at once");
    }
}

}  // namespace

BatchMode BatchMode::automatic() noexcept {
    return {ordinary_slab_items, std::chrono::milliseconds(1), false, true};
}

BatchMode BatchMode::fixed(std::size_t items) {
    require_items(items);
    return {items, Duration::max(), false, false};
}

BatchMode BatchMode::adaptive(std::size_t items, Duration delay) {
    require_items(items);
    require_positive(delay);
    return {items, delay, false, false};
}

BatchMode BatchMode::timed(std::size_t items, Duration interval) {
    require_items(items);
    require_positive(interval);
    return {items, interval, true, false};
}

BatchMode BatchMode::single() noexcept {
    return {1, Duration::max(), false, false};
}

}  // namespace renoir
