#pragma once

/// What a launcher does when, for those who want to know where the time of a start goes.
///
///     LaunchTrace trace("traces", {"launcher", "host1"});
///     {
///         const auto span = trace.span(1, "log in");
///         ...
///     }
///     trace.write();   // traces/renoir-trace-1796000000-4711.json
///
/// The file is of the format of Chrome's tracing, which https://ui.perfetto.dev shows.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace renoir::launch {

class LaunchTrace {
 public:
    using Clock = std::chrono::steady_clock;

    /// For a folder, which is made where there is none. Without a folder nothing is kept. `tracks`
    /// are the names of those that do something. Throws Error (output) when the folder cannot be
    /// made or written to.
    LaunchTrace(const std::optional<std::filesystem::path>& folder,
                std::vector<std::string> tracks);

    /// From its making to its end.
    class Span {
     public:
        Span(LaunchTrace& trace, std::size_t track, std::string name)
            : trace_(trace), track_(track), name_(std::move(name)) {}
        ~Span() { trace_.add(track_, std::move(name_), begin_); }
        Span(const Span&) = delete;
        Span& operator=(const Span&) = delete;

     private:
        LaunchTrace& trace_;
        std::size_t track_;
        std::string name_;
        Clock::time_point begin_ = Clock::now();
    };

    /// For any thread.
    [[nodiscard]] Span span(std::size_t track, std::string name) {
        return {*this, track, std::move(name)};
    }

    /// Something that has begun then, and ends now. For any thread.
    void add(std::size_t track, std::string name, Clock::time_point begin) noexcept;

    /// Writes what has ended so far, to a file that is whole or not there. Throws Error (output).
    void write() const;

 private:
    struct Event {
        std::size_t track = 0;
        std::string name;
        Clock::time_point begin;
        Clock::time_point end;
    };

    [[nodiscard]] std::string text() const;

    std::optional<std::filesystem::path> file_;
    std::vector<std::string> tracks_;
    Clock::time_point start_ = Clock::now();
    mutable std::mutex mutex_;
    std::vector<Event> events_;
};

}  // namespace renoir::launch
