#include "launch/launch_trace.hpp"

#include "text/quoted_string.hpp"

#include <renoir/base/error.hpp>

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

Error cannot_write(const fs::path& path, const std::error_code& code) {
    return {ErrorKind::output, "the trace cannot be written to '" + path.string() + "': " +
                                   code.message() + "; correct 'tracing_dir', or make room there"};
}

std::error_code last_error() {
    return {errno, std::generic_category()};
}

fs::path new_file_in(const fs::path& folder) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    return folder /
           ("renoir-trace-" + std::to_string(seconds) + "-" + std::to_string(getpid()) + ".json");
}

std::string microseconds(LaunchTrace::Clock::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

LaunchTrace::LaunchTrace(const std::optional<fs::path>& folder, std::vector<std::string> tracks)
    : tracks_(std::move(tracks)) {
    if (!folder) return;
    std::error_code code;
    fs::create_directories(*folder, code);
    if (code) throw cannot_write(*folder, code);
    // Better told now than behind the job.
    if (access(folder->c_str(), W_OK | X_OK) != 0) throw cannot_write(*folder, last_error());
    file_ = new_file_in(*folder);
}

void LaunchTrace::add(std::size_t track, std::string name, Clock::time_point begin) noexcept {
    if (!file_) return;
    const std::scoped_lock lock(mutex_);
    events_.push_back({track, std::move(name), begin, Clock::now()});
}

void LaunchTrace::write() const {
    if (!file_) return;
    fs::path part = *file_;
    part += ".part";
    std::ofstream stream(part, std::ios::binary);
    stream << text() << std::flush;
    std::error_code code = stream ? std::error_code() : last_error();
    if (!code) fs::rename(part, *file_, code);
    if (!code) return;
    std::error_code ignored;
    fs::remove(part, ignored);
    throw cannot_write(*file_, code);
}

std::string LaunchTrace::text() const {
    const std::scoped_lock lock(mutex_);
    std::string text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
    const char* separator = "\n";
    for (std::size_t track = 0; track < tracks_.size(); ++track) {
        text.append(std::exchange(separator, ",\n"));
        text.append(R"({"ph":"M","name":"thread_name","pid":1,"tid":)");
        text.append(std::to_string(track)).append(R"(,"args":{"name":)");
        text.append(detail::quoted_string(tracks_[track])).append("}}");
    }
    for (const Event& event : events_) {
        text.append(std::exchange(separator, ",\n"));
        text.append(R"({"ph":"X","pid":1,"tid":)").append(std::to_string(event.track));
        text.append(R"(,"name":)").append(detail::quoted_string(event.name));
        text.append(R"(,"ts":)").append(microseconds(event.begin - start_));
        text.append(R"(,"dur":)").append(microseconds(event.end - event.begin)).append("}");
    }
    return text + "\n]}\n";
}

}  // namespace renoir::launch
