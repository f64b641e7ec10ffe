#pragma once

/// Logging in over a connection whose host is known already.

#include <chrono>

#include "launch/connection.hpp"
#include "launch/credentials.hpp"

namespace renoir::launch {

/// Throws Error (configuration) that tells which of the credentials was refused and what to do.
/// Each answer of the host may take `patience`; people who are asked may take their time.
void log_in(Connection& connection, const Credentials& credentials,
            std::chrono::milliseconds patience);

}  // namespace renoir::launch
