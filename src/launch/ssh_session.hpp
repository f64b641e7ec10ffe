#pragma once

/// A login on one host: commands are run there and files copied to it.
///
///     SshSession session({2, host.address}, host.ssh.port, credentials_of(host.ssh), options);
///     const RemoteResult result = session.run("uname -m", {.limit = 10s});
///     session.upload(LocalFile(program), ".renoir/app-1234");
///
/// Each failure is one Error whose text begins with the entry of the host, "host 2 (host2.lan): ",
/// and ends with what to do; no text holds a secret. A session is for one thread at a time; several
/// sessions are independent of each other.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "launch/credentials.hpp"
#include "launch/host_entry.hpp"
#include "launch/known_hosts.hpp"

namespace renoir::launch {

struct SshOptions {
    std::vector<std::filesystem::path> known_hosts = KnownHosts::usual_files();
    bool accept_new_host_keys = false;                ///< add unknown keys to the first file
    std::chrono::milliseconds connect_timeout{8000};  ///< up to the login, and for each answer
};

struct RunOptions {
    std::string_view input = {};  ///< standard input of the command
    /// What can be read here is the standard input behind that. A terminal is read while this
    /// process is in its foreground.
    int input_descriptor = -1;
    bool is_input_open = false;               ///< whether there is no end of the input
    std::chrono::milliseconds limit{10'000};  ///< for all of it; zero: there is none
    /// Take the output as it comes instead of keeping it for the result; they may throw.
    std::function<void(std::string_view)> on_output = {};
    std::function<void(std::string_view)> on_error = {};
};

struct RemoteResult {
    int exit_status = 0;
    std::string signal;  ///< "KILL" when a signal has ended the command
    std::string output;
    std::string error;

    [[nodiscard]] bool is_success() const { return exit_status == 0 && signal.empty(); }
};

/// One of several commands that run at the same time, without a limit.
struct RemoteCommand {
    std::string command;
    int input_descriptor = -1;  ///< see RunOptions
    std::function<void(std::string_view)> on_output;
    std::function<void(std::string_view)> on_error;
    std::function<void(const RemoteResult&)> on_end;  ///< after the last of the output
    /// It gets no end of its input before the others have ended, and is ended with them.
    bool is_companion = false;
};

/// A file to copy, read once for all hosts, so that all get the same. Throws Error (input) when it
/// cannot be read.
class LocalFile {
 public:
    explicit LocalFile(std::filesystem::path path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string_view content() const { return content_; }
    [[nodiscard]] std::uint64_t size() const { return content_.size(); }
    [[nodiscard]] const std::string& sha256() const { return sha256_; }  ///< in hexadecimal

 private:
    std::filesystem::path path_;
    std::string content_;
    std::string sha256_;
};

enum class UploadResult { copied, present };

class SshSession {
 public:
    /// Connects, checks the key of the host, and only then logs in. Throws Error (configuration).
    SshSession(HostEntry entry, std::uint16_t port, const Credentials& credentials,
               const SshOptions& options);
    ~SshSession();
    SshSession(SshSession&&) noexcept;
    SshSession& operator=(SshSession&&) noexcept;

    /// Runs a command in the user's shell and home. Its exit status is a result, not an error;
    /// throws Error (cancelled) when the connection is lost or the command does not end in time (it
    /// may run on then).
    [[nodiscard]] RemoteResult run(const std::string& command, const RunOptions& options = {});

    /// Opens a port on the loopback interface of the host and returns its number. Throws Error
    /// (configuration) when the host does not do that.
    [[nodiscard]] std::uint16_t forward_port();

    /// Runs the commands at the same time until all but companions have ended. A host lets some ten
    /// of them run in one session. What connects to a port of forward_port() meanwhile comes to
    /// `local_port` here. Throws like run(), and then not all of them have been told their end.
    void run_all(const std::vector<RemoteCommand>& commands, std::uint16_t local_port = 0);

    /// Ends the connection: what runs in this session throws Error (cancelled). The one function
    /// that another thread may call.
    void interrupt() noexcept;

    /// The address of this machine that the session uses; empty if it is not one of IPv4.
    [[nodiscard]] std::string local_address() const;

    /// Copies a file to a path (relative to the home there) with mode 700, in a folder that is made
    /// (mode 700) where there is none. What lies there with the same content stays. The copy
    /// appears under its name only when it is complete and has been verified; `on_progress` is told
    /// how many bytes are there. Throws Error (output) for lack of space or permission.
    UploadResult upload(const LocalFile& file, const std::string& remote_path,
                        const std::function<void(std::uint64_t)>& on_progress = {});

 private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace renoir::launch
