#include <renoir/base/error.hpp>
#include <renoir/stream/window_types.hpp>

#include <numeric>
#include <string>

namespace renoir {

namespace {

void require_size_and_slide(const char* unit, std::int64_t size, std::int64_t slide) {
    const auto text = [&](std::int64_t value) { return std::to_string(value) + unit; };
    if (size <= 0) {
        throw Error(ErrorKind::usage,
                    "a window of size " + text(size) + " holds nothing; give a positive size");
    }
    if (slide <= 0) {
        throw Error(ErrorKind::usage, "windows that begin every " + text(slide) +
                                          " make no progress; give a positive slide");
    }
    if (slide > size) {
        throw Error(ErrorKind::usage, "windows of size " + text(size) + " that begin every " +
                                          text(slide) +
                                          " would skip the items between them; give a slide of at "
                                          "most the size");
    }
}

Timestamp checked_lateness(std::chrono::milliseconds lateness) {
    if (lateness.count() < 0) {
        throw Error(ErrorKind::usage, "a lateness of " + std::to_string(lateness.count()) +
                                          " ms would end windows before they are full; give 0 or "
                                          "more");
    }
    return lateness.count();
}

}  // namespace

PeriodicWindows::PeriodicWindows(std::chrono::milliseconds size, std::chrono::milliseconds slide)
    : size_(size.count()), slide_(slide.count()) {
    require_size_and_slide(" ms", size_, slide_);
}

PeriodicWindows PeriodicWindows::panes() const noexcept {
    PeriodicWindows panes = *this;
    panes.size_ = panes.slide_ = std::gcd(size_, slide_);
    panes.offset_ = offset_ % panes.slide_;
    return panes;
}

void PeriodicWindows::set_offset(std::chrono::milliseconds offset) noexcept {
    offset_ = offset.count() % slide_;
    if (offset_ < 0) offset_ += slide_;
}

void PeriodicWindows::set_lateness(std::chrono::milliseconds lateness) {
    lateness_ = checked_lateness(lateness);
}

SessionWindow::SessionWindow(std::chrono::milliseconds gap) : gap_(gap.count()) {
    if (gap_ <= 0) {
        throw Error(ErrorKind::usage, "sessions with a gap of " + std::to_string(gap_) +
                                          " ms never hold two items; give a positive gap");
    }
}

SessionWindow SessionWindow::allowed_lateness(std::chrono::milliseconds lateness) const {
    SessionWindow patient = *this;
    patient.lateness_ = checked_lateness(lateness);
    return patient;
}

CountWindow::CountWindow(std::uint64_t size, std::uint64_t slide) : size_(size), slide_(slide) {
    require_size_and_slide(" items", static_cast<std::int64_t>(size),
                           static_cast<std::int64_t>(slide));
}

}  // namespace renoir
