#pragma once

/// The ssh-agent of the user.

#include <chrono>

namespace renoir::launch {

/// Whether the agent that SSH_AUTH_SOCK names answers in time. The one behind a connection that is
/// dead, as of a terminal that was left open, never does, and libssh2 would wait for it without
/// end.
[[nodiscard]] bool does_agent_answer(std::chrono::milliseconds patience);

}  // namespace renoir::launch
