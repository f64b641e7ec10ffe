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

/// A file that appears whole or not at all. It is opened before the work, so that a name that
/// cannot be written is known at once.
class CountsFile {
 public:
    /// Throws Failure (exit code 2) if the file cannot be made.
    explicit CountsFile(const std::string& path);
    CountsFile(const CountsFile&) = delete;
    CountsFile& operator=(const CountsFile&) = delete;
    ~CountsFile();

    /// Writes `word<TAB>count` lines sorted by word. Throws Failure (exit code 1).
    void write(const Counts& counts);

 private:
    std::string path_;
    std::string temporary_;
    int descriptor_;
};

}  // namespace baseline
