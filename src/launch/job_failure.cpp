#include "launch/job_failure.hpp"

#include <csignal>
#include <cstddef>
#include <cstring>
#include <regex>

namespace renoir::launch {
namespace {

/// Lines of mpirun are broken anywhere.
std::string in_one_line(std::string_view text) {
    std::string line;
    for (const char character : text) {
        const bool is_blank = character == ' ' || character == '\n' || character == '\r';
        if (is_blank && (line.empty() || line.back() == ' ')) continue;
        line += is_blank ? ' ' : character;
    }
    return line;
}

std::optional<HostEntry> entry_of(const std::vector<HostConfig>& hosts, std::size_t entry) {
    if (entry >= hosts.size()) return std::nullopt;
    return HostEntry{entry + 1, hosts[entry].address};
}

std::optional<std::string> text_of(const std::vector<HostConfig>& hosts, std::size_t rank,
                                   const std::string& what) {
    // A rank is the entry with its number.
    const auto entry = entry_of(hosts, rank);
    if (!entry) return std::nullopt;
    return entry->name() + ": rank " + std::to_string(rank) + " " + what;
}

std::string remedy_of_signal(int signal) {
    if (signal == SIGKILL) return "; see the kernel's log there (dmesg) whether memory ran out";
    if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE) {
        return "; this is a defect in the program: debug it with --local 1";
    }
    return "; look for who or what has sent it";
}

constexpr int begin_of_signals = 128;

std::string what_of(const RankEnd& end) {
    const int signal = end.code - begin_of_signals;
    const std::string code = std::to_string(end.code);
    if (signal <= 0 || signal >= NSIG) {
        return "ended with exit code " + code + " and no error line; see what it printed before";
    }
    return "was ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")" +
           remedy_of_signal(signal);
}

std::size_t number_of(const std::string& text) {
    return std::stoul(text);
}

/// The name of a process with its number: "[[2417,1],1]", or "[prterun-host1-8632@1,1]" of Open MPI
/// 5. The parts of the expressions have limits, so that no text takes long.
constexpr const char* process = R"(\[(?:\[[^\]]{1,40}\]|[^\],]{1,300}),([0-9]{1,6})\])";

}  // namespace

std::optional<HostEntry> lost_host(std::string_view messages,
                                   const std::vector<HostConfig>& hosts) {
    static const std::regex loss(
        std::string("lost communication with a remote daemon.{1,400} Remote daemon: ") + process);
    const std::string text = in_one_line(messages);
    std::smatch found;
    if (!std::regex_search(text, found, loss)) return std::nullopt;
    // Number 0 is mpirun itself.
    const std::size_t number = number_of(found[1]);
    return number == 0 ? std::nullopt : entry_of(hosts, number - 1);
}

std::optional<RankEnd> failed_rank(std::string_view messages,
                                   const std::optional<RankEnd>& first_bad_end) {
    static const std::regex signal(
        R"(process rank ([0-9]{1,6}) with PID [0-9]{1,10} on node [^ ]{1,64} exited on signal )"
        R"(([0-9]{1,3}) \([^)]{1,40}\))");
    static const std::regex code(std::string("Process name: ") + process +
                                 " Exit code: ([0-9]{1,3})");
    if (first_bad_end && !may_be_consequence(*first_bad_end)) return first_bad_end;
    const std::string text = in_one_line(messages);
    std::smatch found;
    if (std::regex_search(text, found, signal)) {
        return RankEnd{number_of(found[1]),
                       begin_of_signals + static_cast<int>(number_of(found[2]))};
    }
    if (std::regex_search(text, found, code)) {
        return RankEnd{number_of(found[1]), static_cast<int>(number_of(found[2]))};
    }
    return first_bad_end;
}

std::optional<std::string> rank_failure(std::string_view messages,
                                        const std::optional<RankEnd>& first_bad_end,
                                        const std::vector<HostConfig>& hosts) {
    // The rank is that in the communicator: another one than these may count in another way.
    static const std::regex abort(
        R"(MPI_ABORT was invoked on rank ([0-9]{1,6}) in communicator )"
        R"((?:MPI_COMM_WORLD|MPI COMMUNICATOR [0-9]{1,5} DUP FROM 0) with errorcode )"
        R"((-?[0-9]{1,10}))");
    const std::string text = in_one_line(messages);
    std::smatch found;
    if (std::regex_search(text, found, abort)) {
        return text_of(hosts, number_of(found[1]),
                       "has ended the job by MPI_Abort with code " + found[2].str() +
                           "; see what it printed before");
    }
    const auto end = failed_rank(messages, first_bad_end);
    return end ? text_of(hosts, end->rank, what_of(*end)) : std::nullopt;
}

}  // namespace renoir::launch
