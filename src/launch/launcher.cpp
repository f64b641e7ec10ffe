#include "launch/launcher.hpp"

#include "base/child_process.hpp"
#include "config/host_file.hpp"
#include "launch/copy_progress.hpp"
#include "launch/host_login.hpp"
#include "launch/job_failure.hpp"
#include "launch/launch_trace.hpp"
#include "launch/mpirun_command.hpp"
#include "launch/node_names.hpp"
#include "launch/reach_listener.hpp"
#include "launch/signals.hpp"

#include <renoir/base/uncaught.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

/// From the failure of one host to the end of what is done on the others.
constexpr milliseconds patience_for_failures{500};
/// Ranks start when the daemons of all hosts have reached mpirun.
constexpr seconds patience_for_start{20};
/// From a signal or the end of the job to that of mpirun, which gives ranks a second for theirs.
/// Now and then it does not come to its own end (Open MPI 4.1).
constexpr seconds patience_for_end{5};
/// From the end of mpirun to that of its daemons, when nothing more comes from the hosts.
constexpr seconds patience_for_hosts{3};
/// More of what mpirun says is not kept.
constexpr std::size_t most_messages = std::size_t{1} << 16;

// ---- what is started ---------------------------------------------------------------------------

std::vector<std::string> own_arguments() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
    if (!words.empty()) words.erase(words.begin());
    return words;
}

fs::path own_program() {
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored);
}

MpirunVersion own_mpirun() {
    return mpirun_version(detail::capture_output({"mpirun", "--version"}).text);
}

bool is_set(const RuntimeConfig& config, std::string_view name) {
    const auto& wished = config.launch().environment;
    const auto is_it = [name](const auto& variable) { return variable.first == name; };
    return std::getenv(std::string(name).c_str()) != nullptr || std::ranges::any_of(wished, is_it);
}

/// The request but for what is known later.
MpirunRequest request_of(const RuntimeConfig& config) {
    MpirunRequest request;
    request.entries = config.hosts().size();
    request.arguments = own_arguments();
    request.extra_words = config.launch().mpirun_arguments;
    request.environment = config.launch().environment;
    request.environment.emplace_back(detail::hosts_variable, detail::shared_text(config));
    // Ranks speak over TCP here; to look for other networks would take as long as all the rest.
    if (!is_set(config, "OMPI_MCA_pml")) request.environment.emplace_back("OMPI_MCA_pml", "ob1");
    request.is_root = geteuid() == 0;
    return request;
}

int print_dry_run(const RuntimeConfig& config) {
    const LocalFile program(own_program());
    MpirunRequest request = request_of(config);
    request.version = own_mpirun();
    request.hostfile = "hosts";
    request.agent = {"sh", "agent"};
    request.program = copy_name(program);
    std::erase(request.arguments, "--dry-run");
    std::cout << dry_run_text(request, config.hosts()) << std::flush;
    return 0;
}

/// The launcher itself, and each login.
std::vector<std::string> track_names(const RuntimeConfig& config,
                                     const std::vector<Machine>& machines) {
    std::vector<std::string> names{"launcher"};
    for (const Machine& machine : machines) {
        const std::size_t entry = machine.entries.front();
        names.push_back(HostEntry{entry + 1, config.hosts()[entry].address}.name());
    }
    return names;
}

// ---- the launcher ------------------------------------------------------------------------------

class Launcher {
 public:
    explicit Launcher(const RuntimeConfig& config)
        : config_(config),
          machines_(machines_of(config.hosts())),
          trace_(config.tracing_dir(), track_names(config, machines_)),
          output_(host_labels(config.hosts())),
          request_(request_of(config)) {}

    int run() {
        // Other processes of this user cannot read what this one holds, nor is it ever dumped.
        prctl(PR_SET_DUMPABLE, 0);
        if (const std::string text = detail::exposed_secret_warning(config_); !text.empty()) {
            std::cerr << text << '\n';
        }
        if (prepare_hosts()) {
            require_common_addresses();
            start_mpirun();
            supervise();
            await_hosts();
        }
        const int code = end();
        write_trace(code);
        return code;
    }

 private:
    // ---- before the job ------------------------------------------------------------------------

    /// Returns whether the job can start.
    bool prepare_hosts() {
        std::promise<JobPlan> promise;
        const std::shared_future<JobPlan> plan = promise.get_future().share();
        const auto span = trace_.span(0, "prepare the hosts");
        for (const Machine& machine : machines_) {
            const std::size_t track = logins_.size() + 1;
            logins_.push_back(
                std::make_unique<HostLogin>(config_, machine, news_, prompt_, trace_, track));
            logins_.back()->prepare(plan);
        }
        try {
            make_plan();
            promise.set_value({{*program_, request_.program, config_.launch().remote_directory},
                               request_.version,
                               {{}, listener_->port(), listener_->token()}});
        } catch (const Error& error) {
            promise.set_exception(std::current_exception());
            leave_preparation(error);
            throw;
        }
        return await_preparation();
    }

    void make_plan() {
        listener_.emplace();
        std::future<MpirunVersion> version = std::async(std::launch::async, own_mpirun);
        program_.emplace(own_program());
        request_.program = copy_name(*program_);
        request_.version = version.get();
    }

    bool await_preparation() {
        CopyProgress progress(program_->size());
        std::optional<Clock::time_point> limit;
        while (!are_idle()) {
            progress.show(news_.copied_bytes, news_.copies);
            await({listener_->descriptor()}, limit ? milliseconds(100) : progress.interval());
            listener_->answer();
            if (ending_signal_) abandon_preparation(128 + *ending_signal_);
            if (!limit && has_failed_host()) limit = Clock::now() + patience_for_failures;
            if (limit && Clock::now() > *limit) leave_preparation(login_failure().value());
        }
        progress.clear();
        listener_.reset();
        return !has_failed_host();
    }

    [[nodiscard]] bool has_failed_host() const {
        return std::ranges::any_of(logins_, [](const auto& login) {
            return login->is_idle() && login->failure().has_value();
        });
    }

    /// Ends what is done on the hosts, for this reason, at the latest by ending the process.
    void leave_preparation(const Error& reason) {
        // In this order: a login without an answer is no failure then.
        for (const auto& login : logins_) login->give_up();
        prompt_.give_up();
        const auto limit = Clock::now() + patience_for_hosts;
        while (!are_idle() && Clock::now() < limit) {
            await({}, milliseconds(100));
            if (ending_signal_) abandon_preparation(128 + *ending_signal_);
        }
        if (are_idle()) return;
        detail::print_error_line(reason.what());
        abandon_preparation(reason.exit_code());
    }

    /// The threads may be waiting for a host, for a program that prints a secret, or for an agent.
    [[noreturn]] void abandon_preparation(int exit_code) {
        prompt_.restore();
        std::_Exit(exit_code);
    }

    /// A rank that listens on the loopback interface is not reached from other machines.
    void require_common_addresses() const {
        const auto is_local = [](const auto& login) { return is_loopback(login->own_address()); };
        if (std::ranges::all_of(logins_, is_local)) return;
        const auto found = std::ranges::find_if(logins_, is_local);
        if (found == logins_.end()) return;
        throw(*found)->first_entry().error(
            "the other hosts do not reach a machine by its address " + (*found)->own_address() +
            "; give one that they know as 'address'");
    }

    void start_mpirun() {
        mailbox_.emplace(config_.hosts().size());
        request_.hostfile = mailbox_->hostfile();
        request_.agent = mailbox_->agent();
        request_.interfaces = own_interfaces();
        const MpirunCommand command = mpirun_command(request_);
        for (const auto& login : logins_) login->run(*mailbox_, output_);
        detail::ChildOptions options;
        options.environment = command.environment;
        // Files of mpirun that it does not come to remove are removed with the folder.
        options.environment.emplace_back("OMPI_MCA_orte_tmpdir_base", mailbox_->folder());
        options.environment.emplace_back("PRTE_MCA_prte_tmpdir_base", mailbox_->folder());
        options.catches_errors = true;
        mpirun_.emplace(command.words, options);
        for (const int pipe : {mpirun_->output(), mpirun_->errors()}) {
            fcntl(pipe, F_SETFL, O_NONBLOCK);
        }
    }

    /// Where the hosts can reach mpirun. It tells them of no other address, but listens on all.
    /// Hosts that reach none find it through their logins.
    [[nodiscard]] std::string own_interfaces() const {
        std::set<std::string> networks;
        for (const auto& login : logins_) {
            if (login->is_forwarding()) continue;
            const std::string address = login->local_address();
            if (address.empty()) return {};
            // See agent_command(): mpirun is no other than its daemons.
            if (is_loopback(address) && request_.version.family == MpirunFamily::open_mpi_5) {
                return {};
            }
            // Open MPI 4.1 misreads a network of one address (/32) as one of all addresses.
            networks.insert(address + "/31");
        }
        std::string list;
        for (const std::string& network : networks) list += (list.empty() ? "" : ",") + network;
        return list;
    }

    // ---- during the job ------------------------------------------------------------------------

    void supervise() {
        const auto span = trace_.span(0, "mpirun");
        const auto start_limit = Clock::now() + patience_for_start;
        while (!mpirun_->exit_code()) {
            const bool has_started = output_.started() > 0;
            await({mpirun_->output(), mpirun_->errors()}, end_limit_    ? milliseconds(100)
                                                          : has_started ? milliseconds(-1)
                                                                        : milliseconds(1000));
            take_messages();
            if (output_.is_reader_gone()) end_job(SIGTERM);
            if (!has_started && Clock::now() > start_limit && output_.started() == 0) {
                is_start_too_slow_ = true;
                end_job(SIGTERM);
            }
            if (!end_limit_ && is_job_over()) end_limit_ = Clock::now() + patience_for_end;
            if (end_limit_ && Clock::now() > *end_limit_) {
                is_overdue_ = !is_ending_;
                mpirun_->send(SIGKILL);
            }
        }
        take_messages();
    }

    /// Whether mpirun has nothing to wait for any more, or learns of a failure in this moment.
    [[nodiscard]] bool is_job_over() const {
        return are_idle() || output_.has_bad_end() || has_failed_host();
    }

    void end_job(int signal) {
        if (is_ending_) return;
        is_ending_ = true;
        if (!end_limit_) end_limit_ = Clock::now() + patience_for_end;
        mpirun_->send(signal);
    }

    void take_messages() {
        for (const int pipe : {mpirun_->output(), mpirun_->errors()}) {
            std::array<char, 4096> buffer{};
            ssize_t size = 0;
            while ((size = read(pipe, buffer.data(), buffer.size())) > 0) {
                const std::size_t room = most_messages - messages_.size();
                messages_.append(buffer.data(), std::min(static_cast<std::size_t>(size), room));
            }
        }
    }

    /// Waits for descriptors, for news and for signals, which are dealt with.
    void await(std::vector<int> descriptors, milliseconds limit) {
        std::vector<pollfd> wanted{{signals_.descriptor(), POLLIN, 0},
                                   {news_.changed.descriptor(), POLLIN, 0}};
        for (const int descriptor : descriptors) wanted.push_back({descriptor, POLLIN, 0});
        (void)poll(wanted.data(), wanted.size(), static_cast<int>(limit.count()));
        (void)news_.changed.take();
        while (const auto signal = signals_.next()) deal_with(*signal);
    }

    void deal_with(const SignalWatch::Signal& signal) {
        if (signal.number == SIGCHLD) return;
        if (signal.ends_job() && !ending_signal_) ending_signal_ = signal.number;
        if (!mpirun_) return;
        if (signal.ends_job()) {
            is_ending_ = true;
            if (!end_limit_) end_limit_ = Clock::now() + patience_for_end;
        }
        if (!signal.is_of_terminal) mpirun_->send(signal.number);
    }

    // ---- after the job -------------------------------------------------------------------------

    /// The output of the ranks comes to its end, however slow its reader is; what is silent is
    /// ended.
    void await_hosts() {
        news_.stop.set();
        auto limit = Clock::now() + patience_for_hosts;
        std::size_t bytes = output_.bytes();
        while (!are_idle() && Clock::now() < limit) {
            await({}, milliseconds(100));
            const bool has_moved = output_.bytes() != std::exchange(bytes, output_.bytes());
            const bool is_waiting = output_.is_writing() && !ending_signal_;
            if (has_moved || is_waiting) limit = Clock::now() + patience_for_hosts;
        }
        interrupt_hosts();
        const auto last_limit = Clock::now() + patience_for_hosts;
        while (!are_idle() && Clock::now() < last_limit) await({}, milliseconds(100));
        // A thread that waits for the reader of its output cannot be ended otherwise.
        if (!are_idle()) end_at_once();
    }

    [[noreturn]] void end_at_once() {
        mailbox_.reset();
        std::_Exit(ending_signal_ ? 128 + *ending_signal_ : 1);
    }

    [[nodiscard]] bool are_idle() const {
        return std::ranges::all_of(logins_, [](const auto& login) { return login->is_idle(); });
    }

    void interrupt_hosts() {
        for (const auto& login : logins_) login->interrupt();
    }

    /// A failure of the job is the one to tell.
    void write_trace(int exit_code) const {
        try {
            trace_.write();
        } catch (const Error&) {
            if (exit_code == 0) throw;
        }
    }

    int end() {
        if (ending_signal_) return 128 + *ending_signal_;
        if (const auto& failure = output_.failure()) {
            detail::print_error_line(failure->what());
            return failure->exit_code();
        }
        if (output_.is_reader_gone()) return 128 + SIGPIPE;
        const int code = mpirun_ ? mpirun_->wait() : 0;
        lost_host_ = lost_host(messages_, config_.hosts());
        // That of Open MPI 5 may end well although it has lost a host.
        const bool is_well = mpirun_ && (is_overdue_ ? !login_failure() : code == 0);
        if (is_well && !host_failure() && !output_.first_bad_end()) {
            show_messages();
            return 0;
        }
        const auto reason = failure();
        if (reason) detail::print_error_line(reason->what());
        return exit_code(reason, code);
    }

    [[nodiscard]] int exit_code(const std::optional<Error>& reason, int code_of_mpirun) const {
        const bool is_of_ranks = mpirun_ && !is_mpirun_killed() && !is_start_too_slow_ &&
                                 !login_failure() && !host_failure();
        const auto end = failed_rank(messages_, output_.first_bad_end());
        if (is_of_ranks && end) return end->code;
        if (is_of_ranks && code_of_mpirun != 0) return code_of_mpirun;
        return reason ? reason->exit_code() : 1;
    }

    /// What is to be told besides what ranks have told.
    std::optional<Error> failure() {
        if (auto error = login_failure()) return error;
        if (is_start_too_slow_) return start_failure();
        if (is_mpirun_killed()) {
            return Error(ErrorKind::cancelled, "mpirun, here, was ended by signal " +
                                                   std::to_string(*mpirun_->ending_signal()) +
                                                   "; look for who or what has sent it");
        }
        if (auto error = host_failure()) return error;
        if (output_.has_error_line()) return std::nullopt;
        if (const auto text = rank_failure(messages_, output_.first_bad_end(), config_.hosts())) {
            return Error(ErrorKind::cancelled, *text);
        }
        show_messages();
        return Error(ErrorKind::cancelled, "mpirun has ended the job with exit code " +
                                               std::to_string(mpirun_->wait()) +
                                               "; see its messages above");
    }

    /// By somebody else.
    [[nodiscard]] bool is_mpirun_killed() const {
        return mpirun_->ending_signal() && !is_ending_ && !is_overdue_;
    }

    [[nodiscard]] std::optional<Error> login_failure() const {
        std::optional<Error> first;
        std::size_t others = 0;
        for (const auto& login : logins_) {
            if (!login->is_idle() || !login->failure()) continue;
            if (first) ++others;
            if (!first) first = login->failure();
        }
        if (others == 0) return first;
        return Error(first->kind(), std::string(first->what()) + " (" + std::to_string(others) +
                                        (others == 1 ? " other login" : " other logins") +
                                        " failed as well)");
    }

    /// That the daemon of a host has ended badly, or that the host is lost and nothing is known of
    /// its daemon.
    [[nodiscard]] std::optional<Error> host_failure() const {
        std::optional<Error> first;
        // What becomes of daemons when mpirun is killed is no failure of theirs.
        if (is_overdue_) return lost_host_ ? std::optional(lost_host_->lost()) : std::nullopt;
        for (const auto& login : logins_) {
            const auto& failure = login->daemon_failure();
            if (failure && lost_host_ && is_about(*failure, *lost_host_)) return failure;
            if (failure && !first) first = failure;
        }
        return lost_host_ ? lost_host_->lost() : first;
    }

    static bool is_about(const Error& error, const HostEntry& host) {
        return std::string_view(error.what()).starts_with(host.name() + ":");
    }

    [[nodiscard]] Error start_failure() const {
        return {ErrorKind::configuration,
                "the job has not started within " + std::to_string(patience_for_start.count()) +
                    " s: not every host reaches mpirun on this machine" +
                    (request_.interfaces.empty() ? "" : " (" + request_.interfaces + ")") +
                    "; let the hosts connect to it (firewall), or start the job from one of them"};
    }

    void show_messages() {
        std::vector<std::string> addresses;
        for (const HostConfig& host : config_.hosts()) addresses.push_back(host.address);
        std::erase(messages_, '\0');
        std::istringstream lines(with_addresses(messages_, addresses));
        for (std::string line; std::getline(lines, line);) {
            // A race within mpirun, without consequences.
            const bool is_harmless = line.find("sh: Warning: setpgid(") != line.npos;
            if (!is_harmless && !line.empty()) output_.add_message(line);
        }
    }

    const RuntimeConfig& config_;
    SignalWatch signals_;
    std::vector<Machine> machines_;
    LaunchTrace trace_;
    TerminalPrompt prompt_;
    LoginNews news_;
    RankOutput output_;
    MpirunRequest request_;
    std::optional<LocalFile> program_;
    std::optional<ReachListener> listener_;  ///< while hosts are prepared
    std::optional<AgentMailbox> mailbox_;
    std::optional<detail::ChildProcess> mpirun_;
    std::vector<std::unique_ptr<HostLogin>> logins_;
    std::string messages_;
    std::optional<HostEntry> lost_host_;  ///< by mpirun, although its login may hold
    std::optional<int> ending_signal_;
    std::optional<Clock::time_point> end_limit_;
    bool is_ending_ = false;   ///< because a signal or the reader of the output has ended the job
    bool is_overdue_ = false;  ///< mpirun, behind the end of the job
    bool is_start_too_slow_ = false;
};

}  // namespace

int run_on_hosts(const RuntimeConfig& config) {
    return config.dry_run() ? print_dry_run(config) : Launcher(config).run();
}

}  // namespace renoir::launch
