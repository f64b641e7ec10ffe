#pragma once

/// The program on the hosts: copied there, and able to run.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "launch/host_entry.hpp"
#include "launch/mpirun_version.hpp"
#include "launch/ssh_session.hpp"

namespace renoir::launch {

/// What every host gets. The name holds the sum of the content: another content has another name.
struct ProgramCopy {
    const LocalFile& file;
    std::string name;
    std::string directory;  ///< there; relative: to the home directory

    [[nodiscard]] std::string path() const { return directory + "/" + name; }
};

/// The name of a copy: "wordcount-1f2e3d4c5b6a7988" for a program file ".../wordcount".
[[nodiscard]] std::string copy_name(const LocalFile& file);

/// A port of this machine at which a host gets a line with the token, if it comes to that.
struct ReachTarget {
    std::string address;  ///< empty: nobody knows one
    std::uint16_t port = 0;
    std::string token;
};

/// How the host sees the network.
struct HostView {
    std::string own_address;  ///< where the login came to; empty where it does not tell
    /// Whether it can connect to this machine; nothing where it cannot be asked.
    std::optional<bool> reaches_launcher;
};

/// Copies the program where it is not there yet (on_copy is told how many bytes are there), and
/// checks that mpirun can start it: that the host has this version of Open MPI and the libraries of
/// the program, is of the same kind as this machine, and may run programs in that folder. Throws
/// Error (configuration or output).
HostView prepare_host(SshSession& session, const HostEntry& entry, const ProgramCopy& copy,
                      const MpirunVersion& mpirun, const ReachTarget& launcher,
                      const std::function<void(std::uint64_t)>& on_copy);

/// For a login to a host that another one prepares.
[[nodiscard]] HostView look_at_host(SshSession& session, const HostEntry& entry,
                                    const ReachTarget& launcher);

/// Removes the copy, as well as it goes.
void remove_program(SshSession& session, const ProgramCopy& copy) noexcept;

}  // namespace renoir::launch
