#include "launch/copy_progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace renoir::launch {

CopyProgress::CopyProgress(std::uint64_t size_of_copy)
    : size_(size_of_copy), is_terminal_(isatty(STDERR_FILENO) != 0) {}

std::chrono::milliseconds CopyProgress::interval() const noexcept {
    return std::chrono::milliseconds(is_terminal_ ? 100 : -1);
}

void CopyProgress::show(std::size_t bytes, std::size_t copies) {
    if (!is_terminal_ || copies == 0) return;
    constexpr std::size_t width = 20;
    constexpr double megabyte = 1e6;
    const double all = static_cast<double>(size_) * static_cast<double>(copies);
    const double part = all == 0 ? 1 : std::min(1.0, static_cast<double>(bytes) / all);
    const auto filled = static_cast<std::size_t>(part * width);
    std::cerr << "\r\x1b[Kcopying the program to " << copies
              << (copies == 1 ? " host [" : " hosts [") << std::string(filled, '#')
              << std::string(width - filled, '.') << "] " << static_cast<int>(part * 100)
              << " % of " << static_cast<int>(all / megabyte + 0.5) << " MB" << std::flush;
    is_shown_ = true;
}

void CopyProgress::clear() {
    if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
    is_shown_ = false;
}

}  // namespace renoir::launch
