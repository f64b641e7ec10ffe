#pragma once

/// How a job runs: on how many workers, on which hosts, and how they are bound to cores.
///
///     int main(int argc, char** argv) {
///         auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
///         renoir::StreamContext ctx(config);
///         ...
///     }
///
/// A program with options of its own reads them with CLI11 and adds the runtime's options to them:
/// see renoir/config/cli.hpp.

#include <renoir/config/arguments.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace renoir {

/// Where the workers of a job live.
enum class ExecutionMode {
    automatic,  ///< in the ranks that a launcher (mpirun, srun) has started, else in this process
    embedded,   ///< in the ranks of an MPI program
    local,      ///< all of them are threads of this process
    remote,     ///< on the hosts of a configuration file
};

/// How workers are bound to the cores that this process may use.
enum class PinMode {
    automatic,  ///< one core each when the workers use all cores of the process, else no binding
    none,       ///< no binding
    core,       ///< one core each, in turn when there are more workers than cores
    numa,       ///< all cores of one NUMA node each, the nodes in turn
};

/// How to log in to a host. With neither password nor key file the SSH agent is asked.
struct SshConfig {
    std::uint16_t port = 22;
    std::optional<std::string> username;  ///< the local user's name if absent
    std::optional<std::string> password;  ///< secret: never to be printed
    std::optional<std::filesystem::path> key_file;
    std::optional<std::string> key_passphrase;  ///< secret: never to be printed
};

/// One `[[host]]` of a configuration file.
struct HostConfig {
    std::string address;          ///< name or IP address
    std::uint16_t base_port = 0;  ///< first port that the job uses on this host
    std::size_t num_cores = 0;    ///< number of workers on this host
    SshConfig ssh;
};

struct CommandLine;
class MpiRanks;

/// Immutable description of how a job runs; a value, cheap to copy.
///
///     auto config = renoir::RuntimeConfig::local(4).with_pinning(renoir::PinMode::core);
class RuntimeConfig {
 public:
    /// `workers` workers in this process. Throws Error (configuration) for zero.
    [[nodiscard]] static RuntimeConfig local(std::size_t workers);

    /// One worker for every core of the affinity mask that this process inherited. Under a launcher
    /// every rank has its workers, and the ranks of a host divide its cores.
    [[nodiscard]] static RuntimeConfig all_cores();

    /// The hosts of a TOML file:
    ///
    ///     tracing_dir = "traces"         # optional
    ///     cleanup_executable = true      # optional, false if absent
    ///
    ///     [[host]]
    ///     address = "node1"
    ///     base_port = 9500
    ///     num_cores = 8
    ///     ssh = { ssh_port = 22, username = "me", key_file = "~/.ssh/id_ed25519" }
    ///
    /// In `ssh` everything is optional: ssh_port, username, and password or key_file with
    /// key_passphrase. A relative path is relative to the current directory, `~` is the home
    /// directory. The file is read and checked completely; the first mistake is an Error
    /// (configuration) `FILE:LINE:COLUMN: what; what to do`, and no text contains a secret.
    [[nodiscard]] static RuntimeConfig remote(const std::filesystem::path& file);

    /// Takes the runtime's options out of a command line and leaves the rest to the program:
    /// `--local N`/`-l N`, `--remote FILE`/`-r FILE`, `--workers-per-rank N`, `--pin
    /// none|core|numa`, `--report-bindings`, `--comm-thread`, `--peer-timeout SECONDS`, `--help`.
    /// They may stand anywhere before `--`; whatever follows `--` belongs to the program. With
    /// neither `--local` nor `--remote` the job uses all cores.
    ///
    /// Prints the help and exits with 0 if asked to; on a mistake prints one line `error: ...` on
    /// standard error and exits with 2. Also calls report_uncaught_errors().
    [[nodiscard]] static CommandLine from_args(int argc, const char* const* argv);

    /// A job on the ranks of a communicator; see renoir/mpi.hpp.
    [[nodiscard]] static RuntimeConfig on_ranks(std::shared_ptr<MpiRanks> ranks,
                                                std::size_t workers_per_rank);

    /// The same configuration with another way to bind workers to cores.
    [[nodiscard]] RuntimeConfig with_pinning(PinMode pinning) const;

    /// The same configuration with so many workers on each rank, whatever the number of cores;
    /// without a launcher in this process. Throws Error (configuration) for zero.
    [[nodiscard]] RuntimeConfig with_workers_per_rank(std::size_t workers) const;

    /// The same configuration, where a thread of its own on each rank sends and receives, or the
    /// workers do it in passing (the default). It pays where a core is free for it.
    [[nodiscard]] RuntimeConfig with_communication_thread(bool own_thread) const;

    /// The same configuration, where a rank that hears nothing of another one for so long gives the
    /// job up; 0: never, for instance under a debugger. 60 s are the default.
    [[nodiscard]] RuntimeConfig with_peer_timeout(std::chrono::seconds timeout) const;

    /// The same configuration, which prints or does not print where its workers run.
    [[nodiscard]] RuntimeConfig with_report_bindings(bool report) const;

    [[nodiscard]] ExecutionMode mode() const noexcept { return mode_; }

    /// Number of workers that are asked for: of the whole job, on all its hosts, or of this process
    /// where the launcher decides on the ranks. StreamContext::workers() is what the job has.
    [[nodiscard]] std::size_t workers() const noexcept { return workers_; }

    /// Number of workers of each rank; nothing: one for each of its cores.
    [[nodiscard]] std::optional<std::size_t> workers_per_rank() const noexcept {
        return workers_per_rank_;
    }

    [[nodiscard]] PinMode pinning() const noexcept { return pinning_; }
    [[nodiscard]] bool communication_thread() const noexcept { return communication_thread_; }
    [[nodiscard]] std::chrono::seconds peer_timeout() const noexcept { return peer_timeout_; }
    [[nodiscard]] bool report_bindings() const noexcept { return report_bindings_; }

    /// The file given to remote(); empty for a local job.
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

    /// The ranks given to on_ranks(); null for other jobs.
    [[nodiscard]] const std::shared_ptr<MpiRanks>& ranks() const noexcept { return ranks_; }

    /// The hosts in the order of the file; empty for a local job.
    [[nodiscard]] const std::vector<HostConfig>& hosts() const noexcept { return hosts_; }

    /// Where traces of a remote job are written.
    [[nodiscard]] const std::optional<std::filesystem::path>& tracing_dir() const noexcept {
        return tracing_dir_;
    }

    /// Whether the copies of the program on the hosts are removed after a remote job.
    [[nodiscard]] bool cleanup_executable() const noexcept { return cleanup_executable_; }

 private:
    RuntimeConfig() = default;

    ExecutionMode mode_ = ExecutionMode::local;
    std::size_t workers_ = 1;
    std::optional<std::size_t> workers_per_rank_;
    bool communication_thread_ = false;
    std::chrono::seconds peer_timeout_{60};
    PinMode pinning_ = PinMode::automatic;
    bool report_bindings_ = false;
    bool cleanup_executable_ = false;
    std::filesystem::path file_;
    std::shared_ptr<MpiRanks> ranks_;
    std::vector<HostConfig> hosts_;
    std::optional<std::filesystem::path> tracing_dir_;
};

/// What RuntimeConfig::from_args() makes of a command line.
struct CommandLine {
    RuntimeConfig config;
    Arguments args;
};

}  // namespace renoir
