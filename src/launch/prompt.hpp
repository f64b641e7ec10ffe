#pragma once

/// Where secrets come from that do not stand in the host file.

#include <renoir/config/runtime_config.hpp>

#include <memory>
#include <mutex>
#include <optional>

#include "launch/credentials.hpp"

namespace renoir::launch {

/// Asks at the terminal of this process, one question at a time, without showing the answer.
class TerminalPrompt {
 public:
    TerminalPrompt();
    ~TerminalPrompt();
    TerminalPrompt(const TerminalPrompt&) = delete;
    TerminalPrompt& operator=(const TerminalPrompt&) = delete;

    /// Nothing where there is no terminal, or at the end of its input. For any thread.
    [[nodiscard]] std::optional<Secret> ask(const SecretQuestion& question);

    /// Shows what is typed again, for a process that ends while it asks.
    void restore() noexcept;

 private:
    struct Terminal;
    std::unique_ptr<Terminal> terminal_;
    std::mutex one_at_a_time_;
};

/// The credentials of a host: what its table says, what the commands in it print, and what `ask`
/// answers. Throws Error (configuration) when a command fails or prints nothing.
[[nodiscard]] Credentials resolved_credentials(const HostEntry& entry, const SshConfig& ssh,
                                               SecretSource ask);

}  // namespace renoir::launch
