#include "launch/host_login.hpp"

#include "launch/agent_command.hpp"

#include <unistd.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace renoir::launch {
namespace {

/// What an agent ends with when its host is lost.
constexpr int lost_host = 255;

/// Exit codes of what starts the daemon; see agent_command().
constexpr int no_folder = 250;
constexpr int no_command = 127;

}  // namespace

HostLogin::HostLogin(const RuntimeConfig& config, Machine machine, LoginNews& news,
                     TerminalPrompt& prompt, LaunchTrace& trace, std::size_t track)
    : config_(config),
      machine_(std::move(machine)),
      news_(news),
      prompt_(prompt),
      trace_(trace),
      track_(track),
      is_answered_(config.hosts().size()) {}

/// Runs the work in a thread, and keeps what it throws.
template <typename Work>
void HostLogin::start(Work work) {
    is_idle_ = false;
    thread_ = std::jthread([this, work] {
        try {
            work();
        } catch (const Error& error) {
            if (!is_given_up_) failure_ = error;
        } catch (const std::exception& error) {
            failure_ = first_entry().error(std::string("the launcher fails: ") + error.what(),
                                           ErrorKind::internal);
        }
        is_idle_ = true;
        news_.changed.set();
    });
}

HostEntry HostLogin::entry_of(std::size_t entry) const {
    return {entry + 1, config_.hosts()[entry].address};
}

SshOptions HostLogin::ssh_options() const {
    SshOptions options;
    if (config_.launch().known_hosts) options.known_hosts = {*config_.launch().known_hosts};
    options.accept_new_host_keys = config_.accepts_new_host_keys();
    options.connect_timeout = config_.launch().connect_timeout;
    return options;
}

void HostLogin::prepare(std::shared_future<JobPlan> plan) {
    start([this, plan = std::move(plan)] { log_in_and_prepare(plan); });
}

void HostLogin::log_in_and_prepare(const std::shared_future<JobPlan>& plan) {
    log_in();
    if (is_given_up_) return;
    plan_.emplace(plan.get());
    const auto span = trace_.span(track_, "look at the host, copy the program");
    plan_->launcher.address = session_->local_address();
    view_ = prepared_host();
    if (view_.reaches_launcher == false) forwarded_port_ = session_->forward_port();
}

void HostLogin::log_in() {
    const auto span = trace_.span(track_, "log in");
    const HostEntry entry = first_entry();
    const SshConfig& ssh = config_.hosts()[machine_.entries.front()].ssh;
    const Credentials credentials = resolved_credentials(
        entry, ssh, [this](const SecretQuestion& question) { return prompt_.ask(question); });
    SshSession session(entry, ssh.port, credentials, ssh_options());
    const std::scoped_lock lock(session_mutex_);
    session_.emplace(std::move(session));
}

HostView HostLogin::prepared_host() {
    const HostEntry entry = first_entry();
    if (!machine_.is_copied_to) return look_at_host(*session_, entry, plan_->launcher);
    std::uint64_t copied = 0;
    return prepare_host(*session_, entry, plan_->copy, plan_->mpirun, plan_->launcher,
                        [&](std::uint64_t bytes) {
                            if (copied == 0) ++news_.copies;
                            news_.copied_bytes += bytes - std::exchange(copied, bytes);
                            news_.changed.set();
                        });
}

void HostLogin::run(AgentMailbox& mailbox, RankOutput& output) {
    thread_.join();
    start([this, &mailbox, &output] { run_ranks(mailbox, output); });
}

void HostLogin::run_ranks(AgentMailbox& mailbox, RankOutput& output) {
    std::vector<RemoteCommand> commands;
    std::optional<std::uint16_t> port;
    for (const std::size_t entry : machine_.entries) {
        const auto words = mailbox.await_words(entry, news_.stop);
        if (!words) return;
        commands.push_back(command_for(entry, *words, mailbox, output));
        port = mpirun_port(*words);
    }
    if (forwarded_port_) commands.push_back(watch());
    try {
        session_->run_all(commands, port.value_or(0));
    } catch (const Error&) {
        for (const std::size_t entry : machine_.entries) {
            if (!is_answered_[entry]) mailbox.answer(entry, lost_host);
            output.finish(entry);
        }
        throw;
    }
    if (config_.cleanup_executable() && machine_.is_copied_to) {
        remove_program(*session_, plan_->copy);
    }
}

RemoteCommand HostLogin::watch() {
    RemoteCommand command;
    command.command = watch_command();
    command.on_output = [](std::string_view) {};
    command.on_error = [](std::string_view) {};
    command.on_end = [](const RemoteResult&) {};
    command.is_companion = true;
    return command;
}

RemoteCommand HostLogin::command_for(std::size_t entry, const std::vector<std::string>& words,
                                     AgentMailbox& mailbox, RankOutput& output) {
    AgentEntry agent;
    agent.index = entry;
    agent.base_port = config_.hosts()[entry].base_port;
    if (!view_.own_address.empty()) agent.address = view_.own_address;
    agent.remote_directory = plan_->copy.directory;
    agent.forwarded_port = forwarded_port_;
    const auto take = [this, entry, &output](OutputStream stream, std::string_view bytes) {
        const auto news_of = [&output] {
            return std::tuple(output.is_reader_gone(), output.has_bad_end(), output.started());
        };
        const auto before = news_of();
        output.take(entry, stream, bytes);
        if (before != news_of()) news_.changed.set();
    };
    RemoteCommand command;
    command.command = agent_command(agent, words);
    if (entry == 0) command.input_descriptor = STDIN_FILENO;
    command.on_output = [take](std::string_view bytes) {
        take(OutputStream::standard_output, bytes);
    };
    command.on_error = [take](std::string_view bytes) {
        take(OutputStream::standard_error, bytes);
    };
    const auto begin = LaunchTrace::Clock::now();
    command.on_end = [this, entry, begin, &mailbox, &output](const RemoteResult& result) {
        output.finish(entry);
        trace_.add(track_, "rank " + std::to_string(entry) + " and its daemon", begin);
        end_of_daemon(entry, result, mailbox);
    };
    return command;
}

void HostLogin::end_of_daemon(std::size_t entry, const RemoteResult& result,
                              AgentMailbox& mailbox) {
    const int code = result.signal.empty() ? result.exit_status : lost_host;
    is_answered_[entry] = true;
    if (code != 0 && !daemon_failure_) {
        const HostEntry host = entry_of(entry);
        const std::string what =
            code == no_folder ? "there is no room for the files of mpirun's daemon; free some in "
                                "its temporary folder (TMPDIR, /tmp)"
            : code == no_command ? "mpirun's daemon is not found there; install Open MPI"
            : code > 128         ? "mpirun's daemon there was ended by signal " +
                               std::to_string(code - 128) + "; look for who or what has sent it"
                         : "mpirun's daemon there ended with exit code " + std::to_string(code) +
                               "; see what it printed before";
        daemon_failure_ = host.error(what, ErrorKind::cancelled);
    }
    mailbox.answer(entry, code);
    news_.changed.set();
}

void HostLogin::give_up() noexcept {
    is_given_up_ = true;
    interrupt();
}

void HostLogin::interrupt() noexcept {
    const std::scoped_lock lock(session_mutex_);
    if (session_) session_->interrupt();
}

}  // namespace renoir::launch
