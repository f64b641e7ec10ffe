#pragma once

/// Runs commands on a host, each on a channel of its own of one connection; see SshSession.

#include <vector>

#include "launch/connection.hpp"
#include "launch/ssh_session.hpp"

namespace renoir::launch {

[[nodiscard]] RemoteResult run_command(Connection& connection, const std::string& command,
                                       const RunOptions& options);

void run_commands(Connection& connection, const std::vector<RemoteCommand>& commands);

}  // namespace renoir::launch
