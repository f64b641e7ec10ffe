#pragma once

// What every program reports in the same way.

#include <renoir/stream/context.hpp>

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

/// For rank 0: the one line that `--json` ends standard output with; `result` is what to compare,
/// where a program has it in short.
inline void print_json(std::string_view app, double seconds, std::uint64_t items,
                       const renoir::StreamContext& ctx, std::string_view result = {}) {
    std::cout << R"({"app":")" << app << R"(","seconds":)" << seconds << R"(,"items":)" << items
              << R"(,"ranks":)" << ctx.ranks() << R"(,"workers":)" << ctx.workers();
    if (!result.empty()) std::cout << R"(,"result":")" << result << '"';
    std::cout << "}\n";
}

}  // namespace apps
