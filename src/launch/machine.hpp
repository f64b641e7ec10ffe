#pragma once

/// Which entries of a host file are reached by the same connection.

#include <renoir/config/runtime_config.hpp>

#include <cstddef>
#include <vector>

namespace renoir::launch {

/// One login, with the entries whose ranks it starts.
struct Machine {
    std::vector<std::size_t> entries;  ///< from 0; never empty
    /// Whether the program is copied by this login; another one to the same place does it else.
    bool is_copied_to = true;
};

/// Entries that log in to the same account in the same way share a login, up to what a server lets
/// one login run at the same time. In the order of the first entries.
[[nodiscard]] std::vector<Machine> machines_of(const std::vector<HostConfig>& hosts);

}  // namespace renoir::launch
