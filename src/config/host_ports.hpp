#pragma once

/// Which ports an entry of a host file uses.

#include <cstdint>

namespace renoir::detail {

/// Ports of an entry: base_port and the next 99. The rank listens on the first free one of the
/// first 92, the daemon of mpirun on one of the last 8. The system keeps the port of a rank closed
/// for a minute after a job (and Open MPI does not ask to have it all the same): so many jobs can
/// follow each other in that time.
inline constexpr std::uint16_t rank_ports = 92;
inline constexpr std::uint16_t daemon_ports = 8;
inline constexpr std::uint16_t entry_ports = rank_ports + daemon_ports;

/// The largest base_port whose range ends at port 65535.
inline constexpr std::uint16_t largest_base_port = 65535 - (entry_ports - 1);

}  // namespace renoir::detail
