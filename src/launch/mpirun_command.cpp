#include "launch/mpirun_command.hpp"

#include "launch/node_names.hpp"
#include "launch/shell_words.hpp"

#include <renoir/base/error.hpp>

#include <string_view>

namespace renoir::launch {
namespace {

using Words = std::vector<std::string>;

/// What the two generations of mpirun call the same things.
struct Parameters {
    std::string_view option;  ///< sets a parameter of the daemons
    std::string_view starter;
    std::string_view agent;
    std::string_view no_tree;
    std::string_view interfaces;
};

Parameters parameters_of(MpirunFamily family) {
    if (family == MpirunFamily::open_mpi_4) {
        return {"--mca", "rsh", "plm_rsh_agent", "plm_rsh_no_tree_spawn", "oob_tcp_if_include"};
    }
    return {"--prtemca", "ssh", "plm_ssh_agent", "plm_ssh_no_tree_spawn", "prte_if_include"};
}

std::string agent_line(const Words& agent) {
    std::string line;
    for (const std::string& word : agent) {
        if (word.empty() || word.find_first_of(" \t\n:'\"\\") != word.npos) {
            throw Error(ErrorKind::configuration,
                        "mpirun cannot start " + shell_quoted(word) +
                            ", which has a blank, a colon, a quote or a backslash in it; move the "
                            "program to a path without them");
        }
        if (!line.empty()) line += ' ';
        line += word;
    }
    return line;
}

void add_parameter(Words& words, std::string_view option, std::string_view name,
                   std::string_view value) {
    words.emplace_back(option);
    words.emplace_back(name);
    words.emplace_back(value);
}

void add_starter(Words& words, const MpirunRequest& request, const Parameters& names) {
    const auto add = [&](std::string_view name, std::string_view value) {
        add_parameter(words, names.option, name, value);
    };
    add("plm", names.starter);
    // Within an allocation mpirun would take its nodes and refuse the hostfile.
    add("ras", "^slurm");
    add(names.agent, agent_line(request.agent));
    // The hosts have no agent: all daemons are started from here.
    add(names.no_tree, "1");
    // The connection between mpirun and a host that is cut off is given up after 5 + 3 s.
    add("oob_tcp_keepalive_time", "5");
    add("oob_tcp_keepalive_intvl", "1");
    add("oob_tcp_keepalive_probes", "3");
    if (!request.interfaces.empty()) add(names.interfaces, request.interfaces);
}

bool is_variable_name(std::string_view name) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    constexpr std::string_view digits = "0123456789";
    if (name.empty() || letters.find(name.front()) == letters.npos) return false;
    return name.find_first_not_of(std::string(letters).append(digits)) == name.npos;
}

void add_environment(Words& words, const MpirunRequest& request) {
    for (const auto& [name, value] : request.environment) {
        if (!is_variable_name(name)) {
            throw Error(ErrorKind::configuration,
                        "the environment variable " + shell_quoted(name) +
                            " cannot be set; use letters, digits and '_' only");
        }
        words.emplace_back("-x");
        words.emplace_back(name);
    }
}

/// Starts the program with the input and output that agent_command() gives to the daemon, its
/// parent. mpirun itself loses bytes of output, and crashes, when it has to mark whose short lines
/// or binary data are (Open MPI 4.1), and loses the end of the input, or repeats parts of it (Open
/// MPI 5.0). Descriptor 9 writes to the input for the moment in which it is opened, which else
/// would wait for a writer even behind the end.
///
/// The shell stays, to tell how the program has ended: of that mpirun may tell only what it did to
/// other ranks (Open MPI 5.0). It passes over the signals that mpirun gives to both. What it says
/// itself of a program that a signal has ended is of no use.
void add_redirection(Words& words) {
    const std::string streams =
        "daemon=/proc/$PPID/fd; exec 9<>$daemon/5 <$daemon/5 9>&- >$daemon/3 8>$daemon/4 "
        "2>/dev/null; ";
    const std::string program =
        "echo '" + std::string(rank_start_line) +
        "'; trap : HUP INT QUIT TERM USR1 USR2; (exec \"$0\" \"$@\" 2>&8 8>&-); code=$?; echo '" +
        std::string(rank_end_line) + "'$code >&8; exit $code";
    words.emplace_back("sh");
    words.emplace_back("-c");
    words.push_back(streams + program);
}

Words all_words(const MpirunRequest& request) {
    const Parameters names = parameters_of(request.version.family);
    Words words{"mpirun",
                "--hostfile",
                request.hostfile.string(),
                "-np",
                std::to_string(request.entries),
                "--map-by",
                "ppr:1:node",
                "--bind-to",
                "none",
                "--stdin",
                "none"};
    add_starter(words, request, names);
    add_environment(words, request);
    words.insert(words.end(), request.extra_words.begin(), request.extra_words.end());
    add_redirection(words);
    words.push_back(request.program);
    words.insert(words.end(), request.arguments.begin(), request.arguments.end());
    return words;
}

std::vector<std::pair<std::string, std::string>> permission_of_root() {
    return {{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}};
}

}  // namespace

std::string hostfile_text(std::size_t entries) {
    std::string text;
    for (std::size_t entry = 0; entry < entries; ++entry) {
        text.append(node_name(entry)).append(" slots=1\n");
    }
    return text;
}

MpirunCommand mpirun_command(const MpirunRequest& request) {
    MpirunCommand command;
    command.words = all_words(request);
    if (request.is_root) command.environment = permission_of_root();
    const auto& environment = request.environment;
    command.environment.insert(command.environment.end(), environment.begin(), environment.end());
    return command;
}

std::string dry_run_text(const MpirunRequest& request, const std::vector<HostConfig>& hosts) {
    std::string text = "# " + request.hostfile.string() + "\n";
    for (std::size_t entry = 0; entry < hosts.size(); ++entry) {
        const HostConfig& host = hosts[entry];
        text.append(node_name(entry)).append(" slots=1  # host ");
        text.append(std::to_string(entry + 1)).append(": ").append(shell_quoted(host.address));
        text.append(", ").append(std::to_string(host.num_cores)).append(" cores\n");
    }
    text += "\n# command\n";
    if (request.is_root) {
        for (const auto& [name, value] : permission_of_root()) text += name + "=" + value + " ";
    }
    for (const auto& [name, value] : request.environment) text += name + "=... ";
    return text.append(shell_line(mpirun_command(request).words)).append("\n");
}

}  // namespace renoir::launch
