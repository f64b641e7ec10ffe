#pragma once

/// Shows what the ranks print, as it comes from their hosts.
///
///     RankOutput output(host_labels(config.hosts()));
///     output.take(1, OutputStream::standard_output, bytes);   // by any thread, cut anywhere
///     output.finish(1);
///
/// Lines of different ranks are never mixed; the lines of one stream keep their order. Whoever
/// calls waits while the reader of this process is slow, and so slows the rank down.

#include <renoir/base/error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launch/line_buffer.hpp"
#include "launch/line_writer.hpp"

namespace renoir::launch {

/// Which of its two output streams a rank wrote to.
enum class OutputStream { standard_output, standard_error };

/// How a rank has ended: its exit code, or 128 and the number of the signal that has ended it.
struct RankEnd {
    std::size_t rank = 0;
    int code = 0;
};

/// Whether the rank may have ended because another one has: mpirun sends SIGTERM and SIGKILL then,
/// and ranks of Open MPI 5 abort with code 14 when their daemon leaves first.
[[nodiscard]] bool may_be_consequence(const RankEnd& end) noexcept;

class RankOutput {
 public:
    /// One label for each rank.
    explicit RankOutput(const std::vector<std::string>& labels);

    void take(std::size_t rank, OutputStream stream, std::string_view bytes);

    /// Shows what comes behind the last end of a line of a rank.
    void finish(std::size_t rank);

    /// Prints a line of the launcher to standard error, not into a line of a rank.
    void add_message(std::string_view text);

    /// Whether nobody reads standard output any more, as behind `| head`, or it cannot be written.
    [[nodiscard]] bool is_reader_gone() const noexcept { return is_reader_gone_; }

    /// Why nothing can be written any more, as on a full disk. To be asked when nobody calls
    /// take().
    [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

    /// Whether a rank has printed a line that begins with `error:`.
    [[nodiscard]] bool has_error_line() const noexcept { return has_error_line_; }

    /// Whether a line is on its way to a reader, who may be slow.
    [[nodiscard]] bool is_writing() const noexcept { return is_writing_; }

    /// Number of ranks that have been started: a line of each (rank_start_line) says so, and is not
    /// shown.
    [[nodiscard]] std::size_t started() const noexcept { return started_; }

    /// The first rank that has ended badly: the last line of each (rank_end_line) says so, and is
    /// not shown. Those whose ends may_be_consequence() count where there is no other one: their
    /// lines may overtake that of the cause. To be asked when
    /// nobody calls take().
    [[nodiscard]] const std::optional<RankEnd>& first_bad_end() const noexcept {
        return first_bad_end_;
    }

    /// Whether there is such a rank.
    [[nodiscard]] bool has_bad_end() const noexcept { return has_bad_end_; }

    /// Number of bytes that came so far.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
    using Lines = std::array<LineBuffer, 2>;

    void add_line(std::size_t rank, OutputStream stream, std::string_view line, bool has_newline);
    void flush();

    std::mutex mutex_;
    std::vector<Lines> lines_;
    std::vector<char> has_started_;
    LineWriter output_;
    LineWriter errors_;
    std::optional<Error> failure_;
    std::optional<RankEnd> first_bad_end_;
    std::atomic<bool> is_reader_gone_ = false;
    std::atomic<bool> has_error_line_ = false;
    std::atomic<bool> has_bad_end_ = false;
    std::atomic<bool> is_writing_ = false;
    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<std::size_t> started_ = 0;
};

}  // namespace renoir::launch
