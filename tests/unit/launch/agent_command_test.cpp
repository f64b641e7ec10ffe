#include "launch/agent_command.hpp"

#include "launch/mpirun_command.hpp"
#include "launch/shell_words.hpp"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "folder.hpp"
#include "shell.hpp"

using namespace renoir::launch;
using Words = std::vector<std::string>;

namespace {

AgentEntry usual_entry() {
    AgentEntry entry;
    entry.index = 2;
    entry.base_port = 9500;
    entry.address = "10.0.0.3";
    entry.remote_directory = ".renoir";
    return entry;
}

/// What a daemon prints, which goes to standard error, when a login shell runs the command for
/// these words.
std::string printed(const AgentEntry& entry, const Words& words) {
    const ShellResult result =
        run_in_shell("{ " + agent_command(entry, words) + "; } 2>&1 >/dev/null");
    CHECK(result.exit_code == 0);
    return result.output;
}

/// The words of a daemon that prints the words it is given, one a line.
Words printing(const Words& words) {
    Words command{" printf", "'%s\\n'"};
    command.insert(command.end(), words.begin(), words.end());
    return command;
}

/// What the shell of the host makes of a variable.
std::string value_of(const AgentEntry& entry, const std::string& name) {
    return printed(entry, {"printf '%s' \"${" + name + "-unset}\""});
}

/// The words that mpirun gives to a daemon as those of a rank which runs this script.
Words rank_words(const std::string& script) {
    MpirunRequest request;
    request.agent = {"agent"};
    request.program = "sh";
    request.arguments = {"-c", script};
    const Words words = mpirun_command(request).words;
    return {words.end() - 6, words.end()};
}

/// What a rank prints first.
const std::string started = std::string(rank_start_line) + "\n";

/// What it prints last, to standard error.
std::string ended(int code) {
    return std::string(rank_end_line) + std::to_string(code) + "\n";
}

/// The words of a daemon that runs this script.
Words script_words(const std::string& script) {
    return {"sh", "-c", shell_quoted(script)};
}

/// The words of a daemon that runs this script, in which RANK starts a rank that runs the other
/// one.
Words daemon_words(std::string script, const std::string& rank) {
    script.replace(script.find("RANK"), 4, shell_line(rank_words(rank)));
    return script_words(script);
}

std::string path_of(const Folder& folder) {
    return (folder / "").parent_path().string();
}

/// What the line does for a daemon that runs the script, in a folder of the test.
ShellResult run_in_folder(const Folder& folder, const std::string& script) {
    return run_in_shell("{ export TMPDIR=" + shell_quoted(path_of(folder)) + "; " +
                        agent_command(usual_entry(), script_words(script)) + "; } 2>&1");
}

bool is_empty(const Folder& folder) {
    return std::filesystem::is_empty(folder / "");
}

}  // namespace

TEST_CASE("a rank's output goes past the daemon", "[launch]") {
    const std::string rank = "echo out; echo err >&2; printf %s end";
    const Words words = daemon_words("RANK; echo daemon; exit 3", rank);
    const std::string line = agent_command(usual_entry(), words);
    const ShellResult output = run_in_shell("(" + line + ") 2>/dev/null");
    CHECK(output.output == started + "out\nend");
    CHECK(output.exit_code == 3);
    CHECK(run_in_shell("(" + line + ") 2>&1 >/dev/null").output == "err\n" + ended(0) + "daemon\n");
}

TEST_CASE("a rank tells how it has ended", "[launch]") {
    const auto [script, code] = GENERATE(table<std::string, int>(
        {{"exit 0", 0}, {"exit 7", 7}, {"kill -SEGV $$", 139}, {"kill -KILL $$", 137}}));
    CAPTURE(script);
    const std::string line = agent_command(usual_entry(), daemon_words("RANK", script));
    const ShellResult result = run_in_shell("(" + line + ") 2>&1 >/dev/null");
    CHECK(result.output == ended(code));
    CHECK(result.exit_code == code);
}

TEST_CASE("signals that end a rank or not are its own affair", "[launch]") {
    // mpirun sends them to the group, in which the shell of the rank is as well.
    const auto signal = GENERATE(values<std::string>({"HUP", "INT", "TERM", "USR1", "USR2"}));
    CAPTURE(signal);
    const std::string rank =
        "trap 'echo caught' " + signal + "; kill -" + signal + " $PPID $$; exit 3";
    const std::string line = agent_command(usual_entry(), daemon_words("RANK", rank));
    CHECK(run_in_shell("(" + line + ") 2>/dev/null").output == started + "caught\n");
    CHECK(run_in_shell("(" + line + ") 2>&1 >/dev/null").output == ended(3));
}

TEST_CASE("a rank gets the input of the line", "[launch]") {
    const std::string line =
        agent_command(usual_entry(), daemon_words("RANK; exit 3", "cat; echo; cat; echo end"));
    for (const std::string input : {"printf 'some\nmore'", "printf ''", "yes | head -n 100000"}) {
        CAPTURE(input);
        const std::string expected = run_in_shell(input).output;
        const ShellResult result = run_in_shell(input + " | (" + line + ") 2>/dev/null");
        CHECK(result.output == started + expected + "\nend\n");
        CHECK(result.exit_code == 3);
    }
}

TEST_CASE("a rank gets the end of an input that ended before it began", "[launch]") {
    // Its daemon reads up to there.
    const std::string line =
        agent_command(usual_entry(), daemon_words("cat <&5 >/dev/null; RANK", "cat; echo end"));
    const ShellResult result = run_in_shell("echo input | (" + line + ") 2>/dev/null");
    CHECK(result.output == started + "end\n");
}

TEST_CASE("input that nobody reads keeps nobody", "[launch]") {
    const std::string line = agent_command(usual_entry(), daemon_words("RANK; exit 3", "echo end"));
    const ShellResult result = run_in_shell("yes | (" + line + ") 2>/dev/null");
    CHECK(result.output == started + "end\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("a daemon that is killed is told by the exit code", "[launch]") {
    const Words words = daemon_words("RANK; kill -9 $$", "yes 0123456789 | head -n 100000");
    const ShellResult result =
        run_in_shell("(" + agent_command(usual_entry(), words) + ") 2>/dev/null");
    CHECK(result.output.size() == started.size() + 1100000);
    CHECK(result.exit_code == 137);
}

TEST_CASE("what a rank prints last arrives when its daemon has ended before it", "[launch]") {
    // The rank reads a pipe that ends with its daemon, which waits until it does.
    const Words words = daemon_words(
        "cd $OMPI_MCA_orte_tmpdir_base; mkfifo begin end; exec 5<>end; RANK 5>&- & "
        "read -r line <begin; exit 3",
        "exec 6<end; echo >begin; read -r line <&6; echo out; echo err >&2");
    const std::string line = agent_command(usual_entry(), words);
    const ShellResult result = run_in_shell("(" + line + ") 2>/dev/null");
    CHECK(result.output == started + "out\n");
    CHECK(result.exit_code == 3);
    CHECK(run_in_shell("(" + line + ") 2>&1 >/dev/null").output == "err\n" + ended(0));
}

TEST_CASE("the files of a daemon are in a private folder, removed at its end", "[launch]") {
    const Folder folder;
    const ShellResult result = run_in_folder(
        folder,
        "cd \"$OMPI_MCA_orte_tmpdir_base\" && test \"$PRTE_MCA_prte_tmpdir_base\" = \"$PWD\" && "
        "stat -c '%a %u' . && mkdir -p sub/folder && echo file >sub/folder/file && "
        "dirname \"$PWD\"; exit 3");
    CHECK(result.output == "700 " + std::to_string(geteuid()) + "\n" + path_of(folder) + "\n");
    CHECK(result.exit_code == 3);
    CHECK(is_empty(folder));
}

TEST_CASE("the folder of a daemon that was killed is removed", "[launch]") {
    const Folder folder;
    const ShellResult result = run_in_folder(
        folder, "echo file >\"$OMPI_MCA_orte_tmpdir_base/file\" && echo made; kill -9 $$");
    CHECK(result.output.starts_with("made\n"));
    CHECK(result.exit_code == 137);
    CHECK(is_empty(folder));
}

TEST_CASE("a signal to the shell of the line leaves the daemon and no folder", "[launch]") {
    const Folder folder;
    const auto signal = GENERATE(values<std::string>({"HUP", "INT", "TERM"}));
    CAPTURE(signal);
    // The shell of the line has the number of the one that runs it: it is started by exec.
    const std::string script =
        "kill -" + signal + " $OUTER; echo file >\"$OMPI_MCA_orte_tmpdir_base/file\"; exit 3";
    const ShellResult result =
        run_in_shell("export OUTER=$$ TMPDIR=" + shell_quoted(path_of(folder)) + "; " +
                     agent_command(usual_entry(), script_words(script)));
    CHECK(result.exit_code == 3);
    CHECK(is_empty(folder));
}

TEST_CASE("daemons of one host have folders of their own", "[launch]") {
    const Folder folder;
    const std::string first = run_in_folder(folder, "echo $OMPI_MCA_orte_tmpdir_base").output;
    const std::string second = run_in_folder(folder, "echo $OMPI_MCA_orte_tmpdir_base").output;
    CHECK(first != second);
}

TEST_CASE("without room for its files a daemon is not started", "[launch]") {
    const Folder folder;
    const std::string line = "export TMPDIR=" + shell_quoted((folder / "missing").string()) + "; " +
                             agent_command(usual_entry(), script_words("echo started"));
    // The launcher knows the exit code, and says what is to be done.
    const ShellResult result = run_in_shell("(" + line + ") 2>&1");
    CHECK(result.output.empty());
    CHECK(result.exit_code == 250);
}

TEST_CASE(
    "the daemon of Open MPI 4 is started in the foreground without mpirun's agent, ports and "
    "interface",
    "[launch]") {
    CHECK(printed(usual_entry(), printing({"--daemonize",
                                           "-mca",
                                           "ess",
                                           "\"env\"",
                                           "-mca",
                                           "orte_hnp_uri",
                                           "\"38.0;tcp://192.0.2.2:9600;tcp6://[fd00::2]:5\"",
                                           "--mca",
                                           "ras",
                                           "\"^slurm\"",
                                           "--mca",
                                           "oob_tcp_dynamic_ipv4_ports",
                                           "\"9600\"",
                                           "-mca",
                                           "oob_tcp_if_include",
                                           "\"192.0.2.2/31\"",
                                           "-mca",
                                           "orte_tmpdir_base",
                                           "\"/tmp/x\"",
                                           "-mca",
                                           "plm",
                                           "\"rsh\"",
                                           "-mca",
                                           "plm_rsh_agent",
                                           "\"/proc/9/exe x y\""})) ==
          "-mca\ness\nenv\n-mca\norte_hnp_uri\n38.0;tcp://192.0.2.2:9600;tcp6://[fd00::2]:5\n"
          "--mca\nras\n^slurm\n-mca\nplm\nrsh\n-mca\nplm_rsh_agent\nsh\n");
}

TEST_CASE(
    "the daemon of Open MPI 5 is started in the foreground without mpirun's agent, ports and "
    "interface",
    "[launch]") {
    Words words{"A=/opt;export A;B=\"x y\":$A;export B;printf", "'%s\\n'", "\"$B\""};
    const Words rest{"--daemonize",
                     "--allow-run-as-root",
                     "--prtemca",
                     "ess_base_nspace",
                     "\"prterun-vm-455@0\"",
                     "--prtemca",
                     "oob_tcp_dynamic_ipv4_ports",
                     "\"9600\"",
                     "--prtemca",
                     "oob_tcp_dynamic_ipv6_ports",
                     "\"9601\"",
                     "--prtemca",
                     "prte_if_include",
                     "\"192.0.2.2/31\"",
                     "--prtemca",
                     "prte_tmpdir_base",
                     "\"/tmp/x\"",
                     "--prtemca",
                     "plm_ssh_agent",
                     "\"/proc/9/exe x\"",
                     "--prtemca",
                     "plm",
                     "\"ssh\""};
    words.insert(words.end(), rest.begin(), rest.end());
    CHECK(printed(usual_entry(), words) ==
          "x y:/opt\n--allow-run-as-root\n--prtemca\ness_base_nspace\nprterun-vm-455@0\n"
          "--prtemca\nplm_ssh_agent\nsh\n--prtemca\nplm\nssh\n");
}

TEST_CASE("other agents and words that only look like parameters stay", "[launch]") {
    CHECK(printed(usual_entry(), printing({"--prtemca", "odls_base_exec_agent", "\"gdb\"",
                                           "plm_rsh_agent", "x", "-mca", "plm_rsh_agent"})) ==
          "--prtemca\nodls_base_exec_agent\ngdb\nplm_rsh_agent\nx\n-mca\nplm_rsh_agent\n");
}

TEST_CASE("quoted words of mpirun survive two shells", "[launch]") {
    std::mt19937 random(23);
    for (int round = 0; round < 40; ++round) {
        Words words{"printf", "'%s\\000'"};
        std::string expected;
        for (int i = 0; i < 6; ++i) {
            const std::string word = "w" + hostile_word(random);
            words.push_back(shell_quoted(word));
            expected.append(word).append(1, '\0');
        }
        CAPTURE(expected);
        REQUIRE(printed(usual_entry(), words) == expected);
    }
}

TEST_CASE("the command fails as the daemon does", "[launch]") {
    CHECK(run_in_shell(agent_command(usual_entry(), Words{" exit", "7"})).exit_code == 7);
}

TEST_CASE("an entry has its own environment", "[launch]") {
    const auto [name, value] = GENERATE(table<std::string, std::string>({
        {"RENOIR_HOST_INDEX", "2"},
        {"OMPI_MCA_btl_tcp_port_min_v4", "9500"},
        {"OMPI_MCA_btl_tcp_port_range_v4", "92"},
        {"OMPI_MCA_btl_tcp_port_min_v6", "9500"},
        {"OMPI_MCA_btl_tcp_port_range_v6", "92"},
        {"OMPI_MCA_oob_tcp_dynamic_ipv4_ports", "9592-9599"},
        {"PRTE_MCA_oob_tcp_dynamic_ipv4_ports", "9592-9599"},
        {"OMPI_MCA_btl_tcp_if_include", "10.0.0.3/31"},
        {"OMPI_MCA_oob_tcp_if_include", "10.0.0.3/31"},
        {"PRTE_MCA_prte_if_include", "10.0.0.3/31"},
    }));
    CHECK(value_of(usual_entry(), name) == value);
    // Not only in the shell, but for what it starts.
    CHECK(printed(usual_entry(), {"env | grep -c '^" + name + "='"}) == "1\n");
}

TEST_CASE("without an address no interface is chosen", "[launch]") {
    AgentEntry entry = usual_entry();
    entry.address.reset();
    CHECK(value_of(entry, "OMPI_MCA_btl_tcp_if_include") == "unset");
    CHECK(value_of(entry, "PRTE_MCA_prte_if_include") == "unset");
}

TEST_CASE("Open MPI 5 is not told to use the loopback interface", "[launch]") {
    AgentEntry entry = usual_entry();
    entry.address = "127.0.0.1";
    CHECK(value_of(entry, "OMPI_MCA_btl_tcp_if_include") == "127.0.0.1/31");
    CHECK(value_of(entry, "PRTE_MCA_prte_if_include") == "unset");
}

TEST_CASE("programs are looked for in the remote directory first", "[launch]") {
    AgentEntry entry = usual_entry();
    const std::string home = run_in_shell("printf %s \"$HOME\"").output;
    const std::string path = run_in_shell("printf %s \"$PATH\"").output;
    CHECK(value_of(entry, "PATH") == home + "/.renoir:" + path);
    entry.remote_directory = "/scratch/it's $HOME; mine";
    CHECK(value_of(entry, "PATH") == "/scratch/it's $HOME; mine:" + path);
    entry.remote_directory = "with blank";
    CHECK(value_of(entry, "PATH") == home + "/with blank:" + path);
}

TEST_CASE("the ports of an entry end at 65535", "[launch]") {
    AgentEntry entry = usual_entry();
    entry.base_port = 65436;
    CHECK(value_of(entry, "OMPI_MCA_oob_tcp_dynamic_ipv4_ports") == "65528-65535");
}

TEST_CASE("a daemon finds mpirun at the forwarded port", "[launch]") {
    const Words words = printing({"--prtemca", "prte_hnp_uri", R"("1.0;tcp://10.0.0.5:43979")",
                                  "-mca", "orte_hnp_uri", R"("2.0;tcp://10.0.0.5:43979")"});
    CHECK(mpirun_port(words) == 43979);
    AgentEntry entry = usual_entry();
    CHECK(printed(entry, words) ==
          "--prtemca\nprte_hnp_uri\n1.0;tcp://10.0.0.5:43979\n"
          "-mca\norte_hnp_uri\n2.0;tcp://10.0.0.5:43979\n");
    entry.forwarded_port = 40001;
    CHECK(printed(entry, words) ==
          "--prtemca\nprte_hnp_uri\n1.0;tcp://127.0.0.1:40001\n"
          "-mca\norte_hnp_uri\n2.0;tcp://127.0.0.1:40001\n");
}

TEST_CASE("words without a place of mpirun have no port of it", "[launch]") {
    CHECK(mpirun_port(printing({"-mca", "orte_node_regex", "\"a\""})) == std::nullopt);
    CHECK(mpirun_port(printing({"-mca", "orte_hnp_uri"})) == std::nullopt);
}
