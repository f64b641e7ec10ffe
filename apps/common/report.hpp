#pragma once

// What every program reports in the same way.

#include <renoir/config/runtime_config.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string_view>

namespace apps {

/// Calls `run()` and returns the seconds that it took.
template <class Run>
[[nodiscard]] double seconds_of(Run&& run) {
    const auto began = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// The one line that `--json` ends standard output with; `result` is what to compare, where a
/// program has it in short.
inline void print_json(std::string_view app, double seconds, std::uint64_t items,
                       const renoir::RuntimeConfig& config, std::string_view result = {}) {
    std::cout << R"({"app":")" << app << R"(","seconds":)" << seconds << R"(,"items":)" << items
              << R"(,"ranks":1,"workers":)" << config.workers();
    if (!result.empty()) std::cout << R"(,"result":")" << result << '"';
    std::cout << "}\n";
}

}  // namespace apps
