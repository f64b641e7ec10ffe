#pragma once

/// Runs commands on a host, each on a channel of its own of one connection; see SshSession.

#include <cstdint>
#include <vector>

#include "launch/connection.hpp"
#include "launch/forwarded_port.hpp"
#include "launch/ssh_session.hpp"

namespace renoir::launch {

[[nodiscard]] RemoteResult run_command(Connection& connection, const std::string& command,
                                       const RunOptions& options);

/// Serves a port besides, if there is one, whose connections come to `local_port`.
void run_commands(Connection& connection, const std::vector<RemoteCommand>& commands,
                  ForwardedPort* port, std::uint16_t local_port);

}  // namespace renoir::launch
