#pragma once

/// Prints the lines of several ranks to a descriptor and says whose they are.
///
///     LineWriter out(STDOUT_FILENO, host_labels(config.hosts()), {});
///     out.add(1, "a line");
///     if (!out.flush()) stop_job();  // nobody reads any more
///
/// Lines are never mixed: each is written in one piece together with its end.

#include <renoir/config/runtime_config.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace renoir::launch {

/// Short names of the entries: "host2" for host2.lan where no other entry begins like that, else
/// the address; with the base port behind it, "host2:9500", where entries share the address.
[[nodiscard]] std::vector<std::string> host_labels(const std::vector<HostConfig>& hosts);

enum class LabelMode {
    when_several,  ///< from the first line of a second rank on
    always,
    never,
};

struct LineStyle {
    LabelMode labels = LabelMode::when_several;
    bool has_colours = false;  ///< each rank's label has a colour of its own
};

/// Collects lines and writes them. The descriptor stays the caller's; it may be one that does not
/// block.
class LineWriter {
 public:
    LineWriter(int descriptor, std::vector<std::string> labels, LineStyle style);

    /// Adds a line of a rank. One without a newline is completed when another line follows it.
    void add(std::size_t rank, std::string_view text, bool has_newline = true);

    /// Adds a line that has no label.
    void add(std::string_view text);

    /// Writes what was added; waits while the reader is slow. False once the reader is gone: what
    /// is added from then on is dropped. Throws Error (output) when it cannot be written otherwise.
    [[nodiscard]] bool flush();

    /// Number of bytes that wait for flush().
    [[nodiscard]] std::size_t pending() const noexcept { return text_.size(); }

 private:
    void begin_line();
    void add_label(std::size_t rank);
    [[nodiscard]] bool needs_label(std::size_t rank);

    int descriptor_;
    std::vector<std::string> labels_;
    LineStyle style_;
    std::string text_;
    std::optional<std::size_t> first_rank_;
    bool has_several_ranks_ = false;
    bool is_in_line_ = false;  ///< the last line had no newline
    bool is_reader_gone_ = false;
};

}  // namespace renoir::launch
