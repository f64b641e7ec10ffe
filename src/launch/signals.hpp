#pragma once

/// The signals of this process, as something to wait for with poll().

#include <sys/signalfd.h>

#include <csignal>
#include <optional>

#include "base/descriptor.hpp"

namespace renoir::launch {

/// While it lives the signals that concern a job (to end: INT, TERM, HUP, QUIT; USR1, USR2, CHLD)
/// are kept back for next(), and SIGPIPE is ignored. To be made before any other thread.
class SignalWatch {
 public:
    SignalWatch();
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_.number(); }

    struct Signal {
        int number = 0;
        bool is_of_terminal = false;  ///< so that all processes in its foreground have got it

        [[nodiscard]] bool ends_job() const noexcept {
            return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
        }
    };

    /// The next one that has come, if any.
    [[nodiscard]] std::optional<Signal> next() noexcept;

 private:
    sigset_t before_{};
    struct sigaction pipe_before_ {};
    detail::Descriptor descriptor_;
};

}  // namespace renoir::launch
