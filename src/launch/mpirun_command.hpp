#pragma once

/// How mpirun is asked to start one rank for each entry of a host file.
///
/// The rank is the entry: each entry is a node of its own with one slot (see node_names.hpp), in
/// the order of the file.

#include "launch/mpirun_version.hpp"

#include <renoir/config/runtime_config.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace renoir::launch {

/// The first line of the standard output of each rank, by which it is known to have been started.
inline constexpr std::string_view rank_start_line = "renoir: this rank starts";

/// The last line of its standard error is this and its exit code, or 128 and the number of the
/// signal that has ended it.
inline constexpr std::string_view rank_end_line = "renoir: this rank ends with ";

struct MpirunRequest {
    MpirunVersion version;
    std::size_t entries = 0;
    std::filesystem::path hostfile;
    std::vector<std::string> agent;  ///< the program that takes the place of ssh, and its arguments
    std::string program;             ///< a name that is found in PATH on the hosts
    std::vector<std::string> arguments;
    std::vector<std::string> extra_words;  ///< of mpirun, put behind those of the launcher
    std::vector<std::pair<std::string, std::string>> environment;  ///< for the ranks
    bool is_root = false;  ///< whether mpirun would refuse to start
    /// Networks or interfaces, "10.0.0.0/24" or "eth0", on which mpirun waits for the hosts; all of
    /// them if empty.
    std::string interfaces;
};

struct MpirunCommand {
    std::vector<std::string> words;
    /// What mpirun's environment has to have beyond that of this process. Values of the user travel
    /// here because everybody can read the words.
    std::vector<std::pair<std::string, std::string>> environment;
};

/// The lines of a hostfile for so many entries.
[[nodiscard]] std::string hostfile_text(std::size_t entries);

/// Throws Error (configuration) when a word of the agent has a blank, a colon or a quote, which
/// mpirun would take apart, or when a name of the environment is none.
[[nodiscard]] MpirunCommand mpirun_command(const MpirunRequest& request);

/// What --dry-run prints: the hostfile, with the addresses as comments, and the command as one can
/// give it to a shell. Values of the user's environment are left out, they may be secret.
[[nodiscard]] std::string dry_run_text(const MpirunRequest& request,
                                       const std::vector<HostConfig>& hosts);

}  // namespace renoir::launch
