#pragma once

/// What the program says about its counts.

#include <string>

#include "counting.hpp"

namespace baseline {

struct Totals {
    std::uint64_t words = 0;
    std::uint64_t distinct = 0;
};

[[nodiscard]] Totals totals_of(const Counts& counts);

/// `word<TAB>count` lines sorted by word.
[[nodiscard]] std::string lines_of(const Counts& counts);

}  // namespace baseline
