#pragma once

/// The one exception hierarchy of the library.
///
///     try {
///         ctx.execute_blocking();
///     } catch (const renoir::Error& error) {
///         std::cerr << "error: " << error.what() << '\n';
///         return error.exit_code();
///     }

#include <stdexcept>
#include <string>

namespace renoir {

/// What went wrong, as a closed set. The text says what happened, where, and what to do.
enum class ErrorKind {
    usage,          ///< the program used the library in a way it does not allow
    configuration,  ///< a command line option or a configuration file is wrong
    input,          ///< a file or another input is missing, unreadable or malformed
    output,         ///< a result could not be written
    user_function,  ///< a function given by the user threw an exception
    cancelled,      ///< the job was cancelled before it ended
    internal,       ///< a defect of the library itself
};

/// Base of every exception that the library throws.
class Error : public std::runtime_error {
 public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

    /// The exit code a program should end with: 2 where the caller must change what was asked
    /// (usage, configuration, input), 1 where the job itself failed.
    [[nodiscard]] int exit_code() const noexcept;

    /// Whether rank 0 of a job has this error as well and reports it for all ranks. A program that
    /// prints its errors itself skips those.
    [[nodiscard]] bool is_reported_by_root() const noexcept { return is_reported_by_root_; }

    /// The same error, which rank 0 reports.
    [[nodiscard]] Error reported_by_root() const {
        Error error = *this;
        error.is_reported_by_root_ = true;
        return error;
    }

 private:
    ErrorKind kind_;
    bool is_reported_by_root_ = false;
};

}  // namespace renoir
