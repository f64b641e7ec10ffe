#pragma once

/// Where the remote-shell agents that mpirun starts hand over what they are to do.
///
///     AgentMailbox mailbox(entries);             // before mpirun
///     start_mpirun(mailbox.hostfile(), mailbox.agent());
///     const auto words = mailbox.await_words(2, stop);   // of the daemon for entry 2
///     mailbox.answer(2, exit_code_of_daemon);
///
/// mpirun starts an agent for each host, as it would start ssh. The connections to the hosts are
/// the launcher's, so an agent is nothing but a few lines of shell: it writes its words to a pipe
/// and waits for the exit code of its daemon. Without the launcher it ends at once.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/child_process.hpp"
#include "base/descriptor.hpp"

namespace renoir::launch {

/// A folder of this process alone, removed with all that is in it. Throws Error (output) when there
/// is no place for it.
class PrivateFolder {
 public:
    PrivateFolder();
    ~PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;

    /// Without blanks and whatever else mpirun would take apart.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
    std::filesystem::path path_;
};

/// Each entry may be waited for by a thread of its own.
class AgentMailbox {
 public:
    /// Makes the hostfile, the agent and its pipes. Throws Error (output) when they cannot be made.
    explicit AgentMailbox(std::size_t entries);

    /// For files of the job on this machine. It is removed with this object, and by the agents
    /// should the launcher be killed.
    [[nodiscard]] std::string folder() const { return folder_.path().string(); }

    [[nodiscard]] std::filesystem::path hostfile() const { return folder_.path() / "hosts"; }

    /// What mpirun starts, which adds the name of a node (see node_names.hpp) and a command.
    [[nodiscard]] std::vector<std::string> agent() const;

    /// The words that mpirun gives to the agent of an entry, from the command on. Nothing once
    /// `stop` is set.
    [[nodiscard]] std::optional<std::vector<std::string>> await_words(std::size_t entry,
                                                                      const detail::WakeUp& stop);

    /// Ends the agent of an entry with this exit code.
    void answer(std::size_t entry, int exit_code) noexcept;

 private:
    struct Pipes {
        detail::Descriptor words;
        detail::Descriptor answer;
    };

    PrivateFolder folder_;
    detail::Descriptor keeper_pipe_;
    std::optional<detail::ChildProcess>
        keeper_;  ///< removes the folder when this process is killed
    std::vector<Pipes> pipes_;
};

}  // namespace renoir::launch
