#include "launch/rank_output.hpp"

#include "launch/mpirun_command.hpp"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace renoir::launch {
namespace {

/// Colours are for terminals, and for users who want them (https://no-color.org).
LineStyle style_of(int descriptor) {
    const char* const terminal = std::getenv("TERM");
    const char* const no_colour = std::getenv("NO_COLOR");
    const bool is_plain = (no_colour != nullptr && *no_colour != '\0') || terminal == nullptr ||
                          std::string_view(terminal) == "dumb";
    LineStyle style;
    style.has_colours = !is_plain && isatty(descriptor) != 0;
    return style;
}

std::size_t index_of(OutputStream stream) {
    return stream == OutputStream::standard_output ? 0 : 1;
}

struct EndInLine {
    std::size_t begin = 0;
    int code = 0;
};

/// What a line says of the end of its rank. It may say so behind what the rank has printed without
/// an end of line.
std::optional<EndInLine> end_in(std::string_view line) {
    EndInLine end{line.rfind(rank_end_line)};
    if (end.begin == line.npos) return std::nullopt;
    const std::string_view number = line.substr(end.begin + rank_end_line.size());
    const char* const last = number.data() + number.size();
    const auto [rest, error] = std::from_chars(number.data(), last, end.code);
    if (error != std::errc{} || rest != last) return std::nullopt;
    return end;
}

}  // namespace

bool may_be_consequence(const RankEnd& end) noexcept {
    constexpr int lost_daemon = 14;
    return end.code == 128 + SIGTERM || end.code == 128 + SIGKILL || end.code == lost_daemon;
}

RankOutput::RankOutput(const std::vector<std::string>& labels)
    : lines_(labels.size()),
      has_started_(labels.size()),
      output_(STDOUT_FILENO, labels, style_of(STDOUT_FILENO)),
      errors_(STDERR_FILENO, labels, style_of(STDERR_FILENO)) {}

void RankOutput::take(std::size_t rank, OutputStream stream, std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    bytes_ += bytes.size();
    lines_[rank][index_of(stream)].add(
        bytes, [&](std::string_view line) { add_line(rank, stream, line, true); });
    flush();
}

void RankOutput::finish(std::size_t rank) {
    const std::scoped_lock lock(mutex_);
    for (const auto stream : {OutputStream::standard_output, OutputStream::standard_error}) {
        lines_[rank][index_of(stream)].finish(
            [&](std::string_view line) { add_line(rank, stream, line, false); });
    }
    flush();
}

void RankOutput::add_message(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    errors_.add(text);
    flush();
}

void RankOutput::add_line(std::size_t rank, OutputStream stream, std::string_view line,
                          bool has_newline) {
    const bool is_output = stream == OutputStream::standard_output;
    // A login may have printed something before, even without an end of line.
    if (is_output && line.ends_with(rank_start_line) &&
        !std::exchange(has_started_[rank], char{1})) {
        ++started_;
        return;
    }
    if (const auto end = is_output ? std::nullopt : end_in(line)) {
        const RankEnd now{rank, end->code};
        const bool is_better =
            !first_bad_end_ || (may_be_consequence(*first_bad_end_) && !may_be_consequence(now));
        if (now.code != 0 && is_better) first_bad_end_ = now;
        has_bad_end_ = first_bad_end_.has_value();
        line = line.substr(0, end->begin);
        has_newline = false;
        if (line.empty()) return;
    }
    if (!is_output && line.starts_with("error:")) {
        // The line of an error says itself which rank and host it is about.
        has_error_line_ = true;
        errors_.add(line);
        return;
    }
    LineWriter& writer = is_output ? output_ : errors_;
    writer.add(rank, line, has_newline);
}

void RankOutput::flush() {
    if (failure_) return;
    is_writing_ = true;
    try {
        // What nobody wants to read as an error is no reason to stop the job.
        (void)errors_.flush();
        if (!output_.flush()) is_reader_gone_ = true;
    } catch (const Error& error) {
        failure_ = error;
        is_reader_gone_ = true;
    }
    is_writing_ = false;
}

}  // namespace renoir::launch
