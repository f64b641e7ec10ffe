#pragma once

/// The names under which mpirun knows the entries of a host file.
///
/// They are addresses of a block that nobody uses (240.0.0.0/4): mpirun never asks a name server
/// for one, never takes one for this machine and keeps two entries with one address apart. Entry 0
/// is 240.0.0.1. What connects to a host translates the name back.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace renoir::launch {

/// The most entries there can be.
inline constexpr std::size_t max_entries = 65535;

/// The name of an entry, counted from 0. Throws Error (configuration) from `max_entries` on.
[[nodiscard]] std::string node_name(std::size_t entry);

/// The entry with that name, or nothing when it is no name of an entry.
[[nodiscard]] std::optional<std::size_t> entry_of_node(std::string_view name);

/// `text` with every name of an entry written as users know it: "host2.lan (host 2)". Names beyond
/// `addresses` are left as they are.
[[nodiscard]] std::string with_addresses(std::string_view text,
                                         const std::vector<std::string>& addresses);

}  // namespace renoir::launch
