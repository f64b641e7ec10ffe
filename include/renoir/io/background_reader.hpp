#pragma once

/// Lines of standard input, or of anything else that may keep a reader waiting.
///
///     auto input = renoir::io::BackgroundReader::standard_input();
///     input.set_wakeup([&] { worker.wake(); });
///     if (auto block = input.try_next()) {
///         if (block->empty()) return;  // the end
///         renoir::io::for_each_line(*block, [](std::string_view line) { std::cout << line; });
///     }

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace renoir::io {

/// Reads a file descriptor in a thread of its own, some blocks ahead, so that who uses the lines
/// never waits for them.
class BackgroundReader {
 public:
    /// Reads `descriptor`, which stays the caller's and must stay open; `name` is for errors. A
    /// FIFO is best opened with O_NONBLOCK: otherwise opening it waits for a writer. Throws `Error`
    /// (input) when it is not open.
    BackgroundReader(int descriptor, std::string name);

    /// Reads descriptor 0.
    [[nodiscard]] static BackgroundReader standard_input() { return {0, "standard input"}; }

    BackgroundReader(const BackgroundReader&) = delete;
    BackgroundReader& operator=(const BackgroundReader&) = delete;

    /// Stops reading, also in the middle of waiting, and ends the thread.
    ~BackgroundReader();

    /// The next lines, with their newlines (only the last one may lack it), as soon as they are
    /// there; nothing when there are none yet, and an empty view at the end. Never waits.
    ///
    /// The view is valid until the next call; 16 bytes past its end can be read. When reading
    /// failed it throws that `Error` (input) after the lines before it. One thread at a time calls
    /// it.
    [[nodiscard]] std::optional<std::string_view> try_next();

    /// From now on `wakeup` is called when a block becomes available or the end is reached, from
    /// the reading thread; and once at once if there is something already. It must not throw, wait
    /// or call this object. When this function returns, the former `wakeup` is not running any
    /// more; an empty function just ends that one.
    void set_wakeup(std::function<void()> wakeup);

 private:
    class State;

    std::unique_ptr<State> state_;
};

}  // namespace renoir::io
