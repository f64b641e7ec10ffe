#include "launch/agent_command.hpp"

#include "config/host_ports.hpp"
#include "launch/host_entry.hpp"
#include "launch/mpirun_uri.hpp"
#include "launch/shell_words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace renoir::launch {
namespace {

bool sets_parameter(std::string_view word) {
    constexpr std::array<std::string_view, 5> options{"-mca", "--mca", "--prtemca", "-gmca",
                                                      "--gmca"};
    return std::ranges::count(options, word) > 0;
}

/// The parameters are known by the ends of their names: plm_rsh_agent, plm_ssh_agent,
/// prte_ssh_agent.
bool names_agent(std::string_view name) {
    return name.ends_with("rsh_agent") || name.ends_with("ssh_agent");
}

bool names_ports(std::string_view name) {
    return name.ends_with("dynamic_ipv4_ports") || name.ends_with("dynamic_ipv6_ports");
}

bool names_interface(std::string_view name) {
    return name == "oob_tcp_if_include" || name == "prte_if_include";
}

bool names_folder(std::string_view name) {
    return name == "orte_tmpdir_base" || name == "prte_tmpdir_base";
}

bool names_mpirun(std::string_view name) {
    return name.ends_with("hnp_uri") || name.ends_with("parent_uri");
}

bool keeps_or_leaves_session(std::string_view word) {
    return word == "--daemonize" || word == "--leave-session-attached";
}

std::string changed_value(const AgentEntry& entry, std::string_view name, std::string_view value) {
    if (names_agent(name)) return "sh";
    if (names_mpirun(name) && entry.forwarded_port) {
        return with_loopback(value, *entry.forwarded_port);
    }
    return std::string(value);
}

/// The words of mpirun for the login shell, with blanks between, as ssh would join them.
std::string daemon_line(const AgentEntry& entry, std::span<const std::string> words) {
    std::string line;
    const auto add = [&](std::string_view word) {
        if (!line.empty()) line += ' ';
        line += word;
    };
    for (std::size_t at = 0; at < words.size(); ++at) {
        const bool is_parameter = sets_parameter(words[at]) && at + 2 < words.size();
        if (keeps_or_leaves_session(words[at])) continue;
        if (!is_parameter) {
            add(words[at]);
            continue;
        }
        const std::string& name = words[at + 1];
        if (!names_ports(name) && !names_interface(name) && !names_folder(name)) {
            add(words[at]);
            add(name);
            add(changed_value(entry, name, words[at + 2]));
        }
        at += 2;
    }
    return line;
}

std::string port_range(unsigned first, unsigned count) {
    return std::to_string(first) + "-" + std::to_string(first + count - 1);
}

/// Text of a script that sets the environment of the daemon, which hands it on to the rank.
class Exports {
 public:
    void add(std::string_view name, std::string_view value) {
        text_.append(name).append("=").append(shell_quoted(value));
        text_.append("; export ").append(name).append("; ");
    }

    /// A parameter of both generations of the daemon.
    void add_daemon_parameter(std::string_view name, std::string_view value) {
        add(std::string("OMPI_MCA_").append(name), value);
        add(std::string("PRTE_MCA_").append(name), value);
    }

    /// Looks for programs in `directory` first.
    void add_path(std::string_view directory) {
        text_ += "PATH=";
        if (!directory.starts_with('/')) text_ += "\"$HOME\"/";
        text_.append(shell_quoted(directory)).append(":\"$PATH\"; export PATH; ");
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
    std::string text_;
};

void add_ports(Exports& exports, unsigned base_port) {
    for (const std::string_view version : {"v4", "v6"}) {
        const std::string suffix(version);
        exports.add("OMPI_MCA_btl_tcp_port_min_" + suffix, std::to_string(base_port));
        exports.add("OMPI_MCA_btl_tcp_port_range_" + suffix, std::to_string(detail::rank_ports));
    }
    const std::string ports = port_range(base_port + detail::rank_ports, detail::daemon_ports);
    exports.add_daemon_parameter("oob_tcp_dynamic_ipv4_ports", ports);
    exports.add_daemon_parameter("oob_tcp_dynamic_ipv6_ports", ports);
}

void add_interface(Exports& exports, const std::string& address) {
    // Open MPI 4.1 misreads a network of one address (/32) as one of all addresses.
    const std::string network = address + "/31";
    exports.add("OMPI_MCA_btl_tcp_if_include", network);
    exports.add("OMPI_MCA_oob_tcp_if_include", network);
    // Open MPI 5 refuses to use the loopback interface, and needs no other one then.
    if (!is_loopback(address)) exports.add("PRTE_MCA_prte_if_include", network);
}

/// Open MPI 5 takes the loopback interface for a public network, to which there is no way from a
/// private one: no network is private then.
void add_way_to_loopback(Exports& exports) {
    exports.add("PMIX_MCA_pmix_net_private_ipv4", "255.255.255.255/32");
}

/// The daemon with pipes as its descriptors: 3 and 4 for output, 5 for input. The rank opens them
/// as files of its parent (see mpirun_command()), which works for pipes but not for the sockets
/// that sshd gives to a command. Descriptors 8 and 9 lead past the pipes: to what reads the
/// daemon's exit code, and to the pipe of errors. The shell itself says nothing: that somebody has
/// killed the daemon is told by its exit code.
std::string with_pipes(const std::string& daemon) {
    return "{ { { { ( " + daemon +
           "\n) 3>&1 1>&9 2>&9 4>&9 5<\"$folder/input\" 7>&- 8>&- 9>&-; echo $? >&8; } 2>/dev/null "
           "| cat >&7; } "
           "9>&1 | cat >&2; } "
           "8>&1 | { read -r status; exit \"${status:-255}\"; }; } 7>&1";
}

/// A daemon that is killed leaves its files: they are in a folder of its own, which is removed. The
/// daemon ends by itself when the launcher is gone, so nothing but it may end this shell.
std::string with_own_folder(const std::string& script) {
    return "folder=$(mktemp -d \"${TMPDIR:-/tmp}/renoir.XXXXXXXX\" 2>/dev/null) || exit 250; "
           "trap : HUP INT TERM; "
           "OMPI_MCA_orte_tmpdir_base=$folder; PRTE_MCA_prte_tmpdir_base=$folder; "
           "export OMPI_MCA_orte_tmpdir_base PRTE_MCA_prte_tmpdir_base; "
           // What comes in the background has no input but one that is named.
           "mkfifo \"$folder/input\" || { rm -rf \"$folder\"; exit 250; }; exec 6<&0 </dev/null; "
           "cat <&6 >\"$folder/input\" 2>/dev/null & pump=$!; exec 6<&-; " +
           script +
           // It may have ended long ago, and its number be somebody else's.
           "; status=$?; if [ /proc/$pump/fd/1 -ef \"$folder/input\" ]; then "
           "{ kill $pump; wait $pump; } 2>/dev/null; fi; "
           "rm -rf \"$folder\"; exit $status";
}

/// Of the kernel's table of connections (proc(5)) the line is found by the addresses and ports of
/// the login; its seventh field counts how often was sent again what nobody has acknowledged. The
/// sixth time comes after 12 s. Where the time of `timeout` is over it ends with 124, that of
/// busybox with 143.
constexpr const char* watch_script =
    R"(set -- $SSH_CONNECTION
ports=$(printf '%04X %04X' "$2" "$4")
address=$(IFS=.; set -- $1; printf '%02X%02X%02X%02X' "$4" "$3" "$2" "$1")
line=" [0-9A-F]*:${ports#* } [0-9A-F]*$address:${ports% *} "
while timeout 3 cat >/dev/null; case $? in 124 | 143) ;; *) false ;; esac; do
    echo
    grep -hs "$line" /proc/net/tcp /proc/net/tcp6 | {
        read -r _ _ _ _ _ _ again _ && [ $((0x$again)) -ge 6 ]
    } && kill $PPID
done)";

}  // namespace

std::string watch_command() {
    return "exec sh -c " + shell_quoted(watch_script);
}

std::optional<std::uint16_t> mpirun_port(std::span<const std::string> words) {
    for (std::size_t at = 0; at + 2 < words.size(); ++at) {
        if (sets_parameter(words[at]) && names_mpirun(words[at + 1])) {
            return port_of_mpirun(words[at + 2]);
        }
    }
    return std::nullopt;
}

std::string agent_command(const AgentEntry& entry, std::span<const std::string> words) {
    Exports exports;
    exports.add("RENOIR_HOST_INDEX", std::to_string(entry.index));
    add_ports(exports, entry.base_port);
    if (entry.address) add_interface(exports, *entry.address);
    if (entry.forwarded_port) add_way_to_loopback(exports);
    exports.add_path(entry.remote_directory);
    const std::string script = with_own_folder(with_pipes(daemon_line(entry, words)));
    // The login shell may be any; it has to understand single quotes only.
    return "exec sh -c " + shell_quoted(exports.text() + script);
}

}  // namespace renoir::launch
