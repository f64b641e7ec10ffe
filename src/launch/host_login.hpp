#pragma once

/// The work of the launcher for one login: it prepares the host, and starts the ranks there when
/// mpirun asks for them.

#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "launch/agent_mailbox.hpp"
#include "launch/launch_trace.hpp"
#include "launch/machine.hpp"
#include "launch/mpirun_version.hpp"
#include "launch/prompt.hpp"
#include "launch/rank_output.hpp"
#include "launch/remote_program.hpp"
#include "launch/ssh_session.hpp"

namespace renoir::launch {

/// What is the same for all logins of a job.
struct JobPlan {
    ProgramCopy copy;
    MpirunVersion mpirun;
    ReachTarget launcher;  ///< but for its address, which depends on the login
};

/// What threads of logins tell the one that waits for them.
struct LoginNews {
    std::atomic<std::size_t> copied_bytes = 0;
    std::atomic<std::size_t> copies = 0;  ///< number of logins that copy the program
    detail::WakeUp changed;               ///< set whenever something has happened
    detail::WakeUp stop;                  ///< set by the launcher: mpirun will ask for nothing more
};

class HostLogin {
 public:
    /// `track` is its number in the trace.
    HostLogin(const RuntimeConfig& config, Machine machine, LoginNews& news, TerminalPrompt& prompt,
              LaunchTrace& trace, std::size_t track);

    /// Logs in, and prepares the host as soon as the plan is known. In a thread of its own, whose
    /// end failure() and is_idle() tell.
    void prepare(std::shared_future<JobPlan> plan);

    /// Starts the ranks when mpirun asks for them, and shows their output until they have ended;
    /// then removes the program if that is wished. In a thread of its own.
    void run(AgentMailbox& mailbox, RankOutput& output);

    /// Whether the thread has nothing to do any more.
    [[nodiscard]] bool is_idle() const noexcept { return is_idle_; }

    /// Why it could not do what it should. To be asked when it is idle.
    [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

    /// What a daemon says by its exit code, if it ended badly; the first of them.
    [[nodiscard]] const std::optional<Error>& daemon_failure() const noexcept {
        return daemon_failure_;
    }

    /// The address of this machine by which the host is reached; empty if it is not one of IPv4.
    [[nodiscard]] std::string local_address() const { return session_->local_address(); }

    /// The address of the host by which it is reached, as it sees it itself; empty where it does
    /// not tell. Once the host is prepared.
    [[nodiscard]] const std::string& own_address() const noexcept { return view_.own_address; }

    /// The first of its entries.
    [[nodiscard]] HostEntry first_entry() const { return entry_of(machine_.entries.front()); }

    /// Whether the host cannot connect to this machine, so that mpirun is reached through the
    /// login. Once the host is prepared.
    [[nodiscard]] bool is_forwarding() const noexcept { return forwarded_port_.has_value(); }

    /// Ends what the thread does with the host.
    void interrupt() noexcept;

    /// Ends the preparation soon, as the job will not be; that is no failure.
    void give_up() noexcept;

 private:
    template <typename Work>
    void start(Work work);
    void log_in_and_prepare(const std::shared_future<JobPlan>& plan);
    void log_in();
    [[nodiscard]] HostView prepared_host();
    void run_ranks(AgentMailbox& mailbox, RankOutput& output);
    [[nodiscard]] static RemoteCommand watch();
    [[nodiscard]] RemoteCommand command_for(std::size_t entry,
                                            const std::vector<std::string>& words,
                                            AgentMailbox& mailbox, RankOutput& output);
    void end_of_daemon(std::size_t entry, const RemoteResult& result, AgentMailbox& mailbox);
    [[nodiscard]] HostEntry entry_of(std::size_t entry) const;
    [[nodiscard]] SshOptions ssh_options() const;

    const RuntimeConfig& config_;
    Machine machine_;
    LoginNews& news_;
    TerminalPrompt& prompt_;
    LaunchTrace& trace_;
    std::size_t track_;
    std::optional<JobPlan> plan_;
    std::optional<SshSession> session_;
    std::mutex session_mutex_;  ///< while session_ comes into being
    HostView view_;
    std::optional<std::uint16_t> forwarded_port_;  ///< of the host, that leads to mpirun
    std::vector<bool> is_answered_;                ///< by entry
    std::optional<Error> failure_;
    std::optional<Error> daemon_failure_;
    std::atomic<bool> is_given_up_ = false;
    std::atomic<bool> is_idle_ = true;
    std::jthread thread_;
};

}  // namespace renoir::launch
