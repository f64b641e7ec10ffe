#pragma once

/// How a program ends that does not catch its errors: one line and the right exit code.
///
///     int main(int argc, char** argv) {
///         renoir::report_uncaught_errors();  // from_args() and parse() do this by themselves
///         ...                                // a thrown renoir::Error ends as "error: ...", exit
///         2
///     }

#include <renoir/base/error.hpp>

#include <string_view>

namespace renoir {

/// Makes an exception that nobody catches end the process in an orderly way: one line
/// `error: <text>` on standard error, standard output flushed, and Error::exit_code() as the exit
/// code (1 for any other std::exception). Whatever else ends in std::terminate goes on to the
/// handler that was installed before.
///
/// Among several ranks an error that all of them have is reported once, by rank 0 if it comes to
/// it; an error of another rank alone begins with that rank and its host.
///
/// Programs that catch their errors see no difference. Destructors of the objects that are alive do
/// not run, as always when an exception leaves main(). Calling it again changes nothing.
void report_uncaught_errors() noexcept;

namespace detail {

/// Writes `error: <text>` to standard error as exactly one line: line breaks and other control
/// characters inside the text become blanks. For errors that end the process: a rank other than 0
/// names itself, and waits first, since the launcher ends all ranks where rank 0 fails alike.
void print_error_line(std::string_view text);

/// Ends the process as an uncaught error does.
[[noreturn]] void end_process(const Error& error);

/// Ends all ranks at once, which a launcher may take a second for.
using EndOfAll = void (*)(int exit_code);

/// From now on an error that ends this process ends all ranks by `function`; null: it does not.
void end_all_by(EndOfAll function) noexcept;

/// Whether this process prints what is the same on all ranks: it is rank 0, or alone.
[[nodiscard]] bool is_printing_rank();

}  // namespace detail
}  // namespace renoir
