#pragma once

/// How far the copying of the program is, on a terminal.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace renoir::launch {

/// A line of standard error that is written again and again; nothing where that is no terminal.
class CopyProgress {
 public:
    explicit CopyProgress(std::uint64_t size_of_copy);

    /// How often to show it; negative: there is nothing to show.
    [[nodiscard]] std::chrono::milliseconds interval() const noexcept;

    /// So many bytes of so many copies are there.
    void show(std::size_t bytes, std::size_t copies);

    void clear();

 private:
    std::uint64_t size_;
    bool is_terminal_;
    bool is_shown_ = false;
};

}  // namespace renoir::launch
