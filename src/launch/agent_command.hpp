#pragma once

/// What is run on a host when mpirun asks for its daemon there.
///
/// mpirun gives the words of a command to its remote-shell agent, as it would give them to ssh.
/// They are changed (see agent_command()) and put into the environment of the entry.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace renoir::launch {

/// What the daemon and the rank of an entry have to know.
struct AgentEntry {
    std::size_t index = 0;  ///< from 0; RENOIR_HOST_INDEX, and the rank
    std::uint16_t base_port = 0;
    /// The host's own IPv4 address at which it was reached: its interface is the one that is used.
    /// Nothing where it was reached over IPv6.
    std::optional<std::string> address;
    std::string remote_directory;  ///< of the program; relative: to the home directory
    /// The port of the host's loopback interface at which its daemon finds mpirun. Nothing where it
    /// can connect to mpirun itself.
    std::optional<std::uint16_t> forwarded_port;
};

/// The port at which daemons find mpirun, by its words; nothing where they do not tell.
[[nodiscard]] std::optional<std::uint16_t> mpirun_port(std::span<const std::string> words);

/// One line for the login shell of the host. In it
/// - the agent of mpirun is replaced by one that exists on every host, as the daemon looks for it,
/// - the daemon stays in the foreground, so that its end is seen,
/// - the ports and the interface are those of the entry, whatever mpirun's own are,
/// - the files of the daemon are in a folder that is removed when it has ended, however it did,
/// - the daemon finds mpirun at the forwarded port, if there is one,
/// - the standard input and output of the line are the rank's,
/// - its standard error is the rank's and the daemon's,
/// - it ends when both have closed their output, with the exit code of the daemon.
///
/// `words` are mpirun's, quoted for a shell already.
[[nodiscard]] std::string agent_command(const AgentEntry& entry,
                                        std::span<const std::string> words);

/// One line for the login shell of a host that reaches the launcher through its login only. It ends
/// the login, and all that belongs to it, when the network between has been cut in silence: else
/// neither the daemon would learn that, whose connection is one within the host, nor would sshd for
/// a long time. It prints an empty line every three seconds, and asks the system how often that had
/// to be sent again; a launcher that is only slow to read does not count. It ends with its input.
[[nodiscard]] std::string watch_command();

}  // namespace renoir::launch
