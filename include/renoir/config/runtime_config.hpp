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
#include <utility>
#include <vector>

namespace renoir {

/// Where the workers of a job live.
enum class ExecutionMode {
    automatic,  ///< in the ranks that a launcher (mpirun, srun) has started, else in this process
    embedded,   ///< in the ranks of an MPI program
    local,      ///< all of them are threads of this process
    remote,     ///< on the hosts of a configuration file or of an allocation
};

/// How workers are bound to the cores that this process may use.
enum class PinMode {
    automatic,  ///< one core each when the workers use all cores of the process, else no binding
    none,       ///< no binding
    core,       ///< one core each, in turn when there are more workers than cores
    numa,       ///< all cores of one NUMA node each, the nodes in turn
};

/// How to log in to a host: with a password or with a key file; with neither of them the SSH agent
/// is asked, then the usual key files are tried. A secret that is to stand in no file comes from a
/// command of the local shell, whose first line of output it is.
struct SshConfig {
    std::uint16_t port = 22;
    std::optional<std::string> username;          ///< the local user's name if absent
    std::optional<std::string> password;          ///< secret: never to be printed
    std::optional<std::string> password_command;  ///< a command that prints the password
    std::optional<std::filesystem::path> key_file;
    std::optional<std::string> key_passphrase;          ///< secret: never to be printed
    std::optional<std::string> key_passphrase_command;  ///< a command that prints the passphrase
};

/// One `[[host]]` of a configuration file.
struct HostConfig {
    std::string address;          ///< name or IP address
    std::uint16_t base_port = 0;  ///< first port that the job uses on this host
    std::size_t num_cores = 0;    ///< number of workers on this host
    SshConfig ssh;
};

/// The table `[launch]` of a configuration file: how the ranks of a remote job are started.
struct LaunchConfig {
    /// Where the program is copied to on the hosts; relative: to the home directory there.
    std::string remote_directory = ".renoir";
    std::vector<std::string> mpirun_arguments;  ///< further ones, behind those of the launcher
    /// Name and value of variables that the ranks get.
    std::vector<std::pair<std::string, std::string>> environment;
    /// The keys by which hosts are recognised; the usual files of OpenSSH if absent.
    std::optional<std::filesystem::path> known_hosts;
    std::chrono::milliseconds connect_timeout{8000};  ///< for each host, until it has answered
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
    ///     [launch]                       # optional, and so is everything in it
    ///     remote_directory = ".renoir"   # for the program, in the home directory of each host
    ///     mpirun_arguments = ["--mca", "btl_tcp_links", "2"]
    ///     environment = { TZ = "UTC" }
    ///     known_hosts = "~/.ssh/known_hosts"
    ///     connect_timeout = 8            # seconds
    ///
    /// In `ssh` everything is optional: ssh_port, username, and either password, password_command
    /// or key_file with key_passphrase or key_passphrase_command. Each entry uses 100 ports, from
    /// base_port on; entries of one address have base ports at least 100 apart. A relative path is
    /// relative to the current directory, `~` is the home directory. The file is read and checked
    /// completely; the first mistake is an Error (configuration) `FILE:LINE:COLUMN: what; what to
    /// do`, and no text contains a secret.
    ///
    /// `slurm` and `pbs` stand for the hosts of the allocation in which the program was started,
    /// each with the cores that it has there and the base port 9500; a file of such a name is given
    /// as `./slurm`. Outside an allocation they are an Error (configuration).
    ///
    /// In the ranks of a remote job the hosts come from the launcher, and no file is read.
    [[nodiscard]] static RuntimeConfig remote(const std::filesystem::path& file);

    /// Takes the runtime's options out of a command line and leaves the rest to the program:
    /// `--local N`/`-l N`, `--remote FILE`/`-r FILE`, `--workers-per-rank N`, `--pin
    /// none|core|numa`, `--report-bindings`, `--comm-thread`, `--peer-timeout SECONDS`,
    /// `--dry-run`, `--accept-new-host-keys`, `--help`. They may stand anywhere before `--`;
    /// whatever follows `--` belongs to the program. With neither `--local` nor `--remote` the job
    /// uses all cores.
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

    /// The same configuration, which only prints how the ranks of a remote job would be started.
    [[nodiscard]] RuntimeConfig with_dry_run(bool dry_run) const;

    /// The same configuration, where the key of a host that is not known yet is added to the known
    /// ones, or is refused (the default). A key other than the known one is refused in any case.
    [[nodiscard]] RuntimeConfig with_new_host_keys_accepted(bool accepted) const;

    /// Starts the workers of a remote job: in the process that the user started, copies the program
    /// to the hosts, starts one rank for each `[[host]]`, shows their output, passes signals and
    /// standard input on, and ends this process with the exit code of the job: it does not return.
    /// What goes wrong is told in one line `error: ...` on standard error. In the ranks on the
    /// hosts, and for other jobs, it returns at once. A StreamContext calls it by itself.
    ///
    /// To be called from the main thread, and before the program has started others.
    void spawn_remote_workers() const;

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

    /// Whether a remote job only prints how it would be started.
    [[nodiscard]] bool dry_run() const noexcept { return dry_run_; }

    /// Whether the keys of hosts that are not known yet are added to the known ones.
    [[nodiscard]] bool accepts_new_host_keys() const noexcept { return accepts_new_host_keys_; }

    /// The file or the word given to remote(); empty for a local job.
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

    /// The ranks given to on_ranks(); null for other jobs.
    [[nodiscard]] const std::shared_ptr<MpiRanks>& ranks() const noexcept { return ranks_; }

    /// The hosts in the order of the file, or of the allocation; empty for a local job.
    [[nodiscard]] const std::vector<HostConfig>& hosts() const noexcept { return hosts_; }

    /// How the ranks of a remote job are started.
    [[nodiscard]] const LaunchConfig& launch() const noexcept { return launch_; }

    /// Where a trace of the start and the end of a remote job is written, by the process that
    /// starts it.
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
    bool dry_run_ = false;
    bool accepts_new_host_keys_ = false;
    bool cleanup_executable_ = false;
    std::filesystem::path file_;
    std::shared_ptr<MpiRanks> ranks_;
    std::vector<HostConfig> hosts_;
    LaunchConfig launch_;
    std::optional<std::filesystem::path> tracing_dir_;
};

/// What RuntimeConfig::from_args() makes of a command line.
struct CommandLine {
    RuntimeConfig config;
    Arguments args;
};

}  // namespace renoir
