#pragma once

/// Programs that this process starts on its own machine.

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"

namespace renoir::detail {

struct ChildOptions {
    /// Added to the environment of this process.
    std::vector<std::pair<std::string, std::string>> environment;
    /// Whether it has this process's standard input, or none.
    bool has_input = false;
    /// Whether standard error comes through a pipe of its own, or is that of this process.
    bool catches_errors = false;
    /// Whether it goes on when the thread that started it ends, in a session of its own that no
    /// signal of the terminal comes to, or is sent SIGTERM.
    bool outlives_owner = false;
};

/// A program with its output in pipes.
class ChildProcess {
 public:
    /// Looks in PATH. Throws Error (configuration), whose text begins with the name of the program,
    /// when it cannot be started.
    ChildProcess(const std::vector<std::string>& words, const ChildOptions& options);

    /// Kills it if it still runs, and waits for that.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] int output() const noexcept { return output_.number(); }
    [[nodiscard]] int errors() const noexcept { return errors_.number(); }

    void send(int signal) noexcept;

    /// The exit code, 128 and the number of the signal that has ended it, or nothing while it runs.
    [[nodiscard]] std::optional<int> exit_code() noexcept;

    /// Waits for its end.
    int wait() noexcept;

    /// The signal that has ended it, if one has.
    [[nodiscard]] std::optional<int> ending_signal() const noexcept { return ending_signal_; }

 private:
    void take(int status) noexcept;

    pid_t pid_ = -1;
    std::optional<int> exit_code_;
    std::optional<int> ending_signal_;
    Descriptor output_;
    Descriptor errors_;
};

/// What a short program prints, at most 1 MiB; `exit_code` is something else than 0 if it fails.
struct CapturedOutput {
    std::string text;
    std::string errors;  ///< of standard error, where it is caught
    int exit_code = 0;
};
[[nodiscard]] CapturedOutput capture_output(const std::vector<std::string>& words,
                                            const ChildOptions& options);

/// The same with standard error and input those of this process.
[[nodiscard]] CapturedOutput capture_output(const std::vector<std::string>& words);

}  // namespace renoir::detail
