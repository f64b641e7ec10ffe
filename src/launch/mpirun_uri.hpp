#pragma once

/// Where daemons find mpirun, as it tells them: the name of the job, then the addresses and the
/// port of each family, then (Open MPI 5) the lengths of the networks' masks.
///
///     port_of_mpirun("\"1889796096.0;tcp://10.0.0.5,192.168.1.7:43979\"")     // 43979
///     with_loopback("\"prterun-vm-77@0.0;tcp://10.0.0.5:50193:24\"", 40001)
///         // "prterun-vm-77@0.0;tcp://127.0.0.1:40001:8"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace renoir::launch {

/// The port that mpirun listens on for connections over IPv4; nothing where the text names none.
[[nodiscard]] std::optional<std::uint16_t> port_of_mpirun(std::string_view uri);

/// The same mpirun, but to be found at a port of the loopback interface, and nowhere else. A text
/// for which port_of_mpirun() finds nothing stays as it is.
[[nodiscard]] std::string with_loopback(std::string_view uri, std::uint16_t port);

}  // namespace renoir::launch
