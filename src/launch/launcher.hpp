#pragma once

/// Runs a job on the hosts of a configuration.
///
/// It logs in to all of them, copies the program there, and starts mpirun, whose remote-shell
/// agents hand their work back to the launcher (see agent_mailbox.hpp): the ranks run within the
/// logins that are open already. docs/remote.md tells users about it.

#include <renoir/config/runtime_config.hpp>

namespace renoir::launch {

/// Starts one rank of this program for each entry and waits for the end of the job; returns its
/// exit code. Whatever goes wrong is told in one line on standard error. To be called in a process
/// without other threads; signals are for the job until it returns. Throws Error (configuration,
/// input or output) when the job cannot be started.
[[nodiscard]] int run_on_hosts(const RuntimeConfig& config);

}  // namespace renoir::launch
