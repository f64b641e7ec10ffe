#pragma once

/// Where secrets come from that do not stand in the host file.

#include <renoir/config/runtime_config.hpp>

#include <memory>
#include <mutex>
#include <optional>

#include "base/descriptor.hpp"
#include "launch/credentials.hpp"

namespace renoir::launch {

/// Asks at the terminal of this process, one question at a time, without showing the answer.
class TerminalPrompt {
 public:
    TerminalPrompt();
    ~TerminalPrompt();
    TerminalPrompt(const TerminalPrompt&) = delete;
    TerminalPrompt& operator=(const TerminalPrompt&) = delete;

    /// Nothing where there is no terminal, at the end of its input, or after give_up(). For any
    /// thread.
    [[nodiscard]] std::optional<Secret> ask(const SecretQuestion& question);

    /// Ends the question that waits for its answer, and all later ones: nobody needs them any more.
    /// For any thread.
    void give_up() noexcept { given_up_.set(); }

    /// Shows what is typed again, for a process that ends while it asks.
    void restore() noexcept;

 private:
    struct Terminal;

    [[nodiscard]] bool is_given_up() const noexcept;

    std::unique_ptr<Terminal> terminal_;
    std::mutex one_at_a_time_;
    detail::WakeUp given_up_;
};

/// The credentials of a host: what its table says, what the commands in it print, and what `ask`
/// answers. Throws Error (configuration) when a command fails or prints nothing.
[[nodiscard]] Credentials resolved_credentials(const HostEntry& entry, const SshConfig& ssh,
                                               SecretSource ask);

}  // namespace renoir::launch
