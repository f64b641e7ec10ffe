#include "launch/remote_program.hpp"

#include "launch/shell_words.hpp"
#include "launch/upload.hpp"

#include <sys/utsname.h>

#include <sstream>
#include <vector>

namespace renoir::launch {
namespace {

/// What a host says of itself and of the copy.
struct Findings {
    std::string sum;
    std::string machine;
    std::string daemon;
    std::string mpirun;
    std::string connection;
    std::optional<std::string> answer;  ///< of the launcher's port, if the host can ask it
    std::vector<std::string> missing;
    bool is_executable = false;
    bool has_room = false;  ///< for the files of the daemon
};

std::string daemon_name(const MpirunVersion& version) {
    return version.family == MpirunFamily::open_mpi_4 ? "orted" : "prted";
}

/// Scripts that print a finding on each line. In the home directory, where a login begins.
std::string question_of_host(const MpirunVersion& version) {
    return "echo \"machine $(uname -m)\"\n"
           "echo \"daemon $(command -v " +
           daemon_name(version) +
           ")\"\n"
           "echo \"mpirun $(mpirun --version 2>/dev/null </dev/null)\"\n"
           "room=$(mktemp -d \"${TMPDIR:-/tmp}/renoir.XXXXXXXX\") && "
           "head -c 4000000 /dev/zero >\"$room/file\" && echo room\n"
           "[ -z \"$room\" ] || rm -rf \"$room\"\n";
}

/// In the background, as it may take a moment. A host without these programs says nothing.
std::string question_of_reach(const ReachTarget& launcher) {
    if (launcher.address.empty()) return {};
    return "command -v bash >/dev/null && command -v timeout >/dev/null && "
           "echo \"answer $(timeout 2 bash -c 'exec 3<>/dev/tcp/$0/$1 && read -r line <&3 && "
           "echo \"$line\"' " +
           launcher.address + " " + std::to_string(launcher.port) + " 2>/dev/null)\" &\n";
}

/// Where the login came to.
constexpr const char* question_of_connection = "echo \"connection $SSH_CONNECTION\"\n";

std::string path_of(const ProgramCopy& copy) {
    return "copy=" + shell_quoted(copy.path()) +
           "\n"
           "case $copy in /*) ;; *) copy=$HOME/$copy ;; esac\n"
           "[ -e \"$copy\" ] || exit 0\n";
}

/// Says nothing where there is no copy.
std::string question_of_content(const ProgramCopy& copy) {
    return path_of(copy) + "echo \"sum $(" + sum_script("\"$copy\"") + ")\"\n";
}

std::string question_of_start(const ProgramCopy& copy) {
    return path_of(copy) +
           "[ -x \"$copy\" ] || chmod u+x \"$copy\"\n"
           "[ ! -x \"$copy\" ] || echo executable\n"
           "ldd \"$copy\" 2>&1 | sed -n 's/^/missing /; /not found/p'\n";
}

/// "libfoo.so.1" of "libfoo.so.1 => not found", "GLIBC_2.38" of "...: version `GLIBC_2.38' not
/// found (required by ...)".
std::string missing_name(const std::string& line) {
    const std::size_t version = line.find('`');
    const std::size_t end_of_version = line.find('\'', version);
    if (version != line.npos && end_of_version != line.npos) {
        return line.substr(version + 1, end_of_version - version - 1);
    }
    std::istringstream words(line);
    std::string name;
    words >> name;
    return name;
}

Findings findings_of(const std::string& answer) {
    Findings findings;
    std::istringstream lines(answer);
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t blank = line.find(' ');
        const std::string key = line.substr(0, blank);
        const std::string value = blank == line.npos ? "" : line.substr(blank + 1);
        if (key == "machine") findings.machine = value;
        if (key == "connection") findings.connection = value;
        if (key == "answer") findings.answer = value;
        if (key == "daemon") findings.daemon = value;
        if (key == "mpirun") findings.mpirun = value;
        if (key == "sum") findings.sum = value.substr(0, value.find(' '));
        if (key == "executable") findings.is_executable = true;
        if (key == "room") findings.has_room = true;
        if (key == "missing") findings.missing.push_back(missing_name(value));
    }
    return findings;
}

Findings look(SshSession& session, const HostEntry& entry, const std::string& question) {
    const RemoteResult result = session.run("exec sh -c " + shell_quoted(question));
    if (result.is_success()) return findings_of(result.output);
    const std::string reason = result.error.substr(0, result.error.find('\n'));
    throw entry.error(
        "the login cannot run a shell command (" +
        (reason.empty() ? "exit code " + std::to_string(result.exit_status) : reason) +
        "); give the user a login shell there");
}

std::string machine_of_this() {
    utsname names{};
    uname(&names);
    return names.machine;
}

void require_mpi(const HostEntry& entry, const Findings& findings, const MpirunVersion& version) {
    const std::string own = machine_of_this();
    if (findings.machine != own) {
        throw entry.error("the host is of type " + findings.machine + ", but the program is for " +
                          own + "; start it from a machine like the hosts");
    }
    if (findings.daemon.empty()) {
        throw entry.error("Open MPI is not there ('" + daemon_name(version) +
                          "' is not in the PATH of a login without a terminal); install Open MPI " +
                          version.number + ", or extend PATH in ~/.bashrc there");
    }
    if (!findings.has_room) {
        throw entry.error(
            "there is no room for the files of mpirun's daemon; free some in its "
            "temporary folder (TMPDIR, /tmp)",
            ErrorKind::output);
    }
    if (findings.mpirun.empty()) return;
    const std::size_t mark = findings.mpirun.rfind(' ');
    const std::string number = findings.mpirun.substr(mark == findings.mpirun.npos ? 0 : mark + 1);
    if (number == version.number) return;
    throw entry.error("Open MPI there is of version " + number + ", here of version " +
                      version.number + "; install the same version on all machines");
}

void require_runnable(const HostEntry& entry, const ProgramCopy& copy, const Findings& findings) {
    if (!findings.missing.empty()) {
        std::string names;
        for (const std::string& name : findings.missing) {
            if (names.find(name) == names.npos) names += (names.empty() ? "" : ", ") + name;
        }
        throw entry.error("the host lacks libraries of the program: " + names +
                          "; install them there, or link the program statically with them");
    }
    if (findings.is_executable) return;
    throw entry.error("the host may not run programs in '" + copy.directory +
                      "' (mounted with noexec?); give another 'launch.remote_directory'");
}

/// The third word of SSH_CONNECTION, where it is of IPv4.
std::string own_address(const std::string& connection) {
    std::istringstream words(connection);
    std::string client;
    std::string port;
    std::string own;
    words >> client >> port >> own;
    return own.find(':') == own.npos ? own : "";
}

HostView view_of(const Findings& findings, const ReachTarget& launcher) {
    HostView view{own_address(findings.connection), std::nullopt};
    if (findings.answer) view.reaches_launcher = *findings.answer == launcher.token;
    return view;
}

bool is_plain(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_' || character == '-';
}

}  // namespace

std::string copy_name(const LocalFile& file) {
    constexpr std::size_t digits = 16;
    std::string name = file.path().filename().string();
    for (char& character : name) {
        if (!is_plain(character)) character = '_';
    }
    return name + "-" + file.sha256().substr(0, digits);
}

HostView prepare_host(SshSession& session, const HostEntry& entry, const ProgramCopy& copy,
                      const MpirunVersion& mpirun, const ReachTarget& launcher,
                      const std::function<void(std::uint64_t)>& on_copy) {
    const std::string question = question_of_reach(launcher) + question_of_connection +
                                 question_of_host(mpirun) + question_of_content(copy);
    Findings findings = look(session, entry, question + question_of_start(copy));
    require_mpi(entry, findings, mpirun);
    const HostView view = view_of(findings, launcher);
    if (findings.sum != copy.file.sha256()) {
        session.upload(copy.file, copy.path(), on_copy);
        findings = look(session, entry, question_of_start(copy));
    }
    require_runnable(entry, copy, findings);
    return view;
}

HostView look_at_host(SshSession& session, const HostEntry& entry, const ReachTarget& launcher) {
    return view_of(look(session, entry, question_of_reach(launcher) + question_of_connection),
                   launcher);
}

void remove_program(SshSession& session, const ProgramCopy& copy) noexcept {
    try {
        (void)session.run("rm -f -- " + shell_quoted(copy.path()));
    } catch (const Error&) {
        // The job has ended, and the host is gone.
    }
}

}  // namespace renoir::launch
