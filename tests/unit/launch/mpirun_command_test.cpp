#include "launch/mpirun_command.hpp"

#include <renoir/base/error.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "catch.hpp"
#include "shell.hpp"

using namespace renoir::launch;
using Words = std::vector<std::string>;

namespace {

MpirunRequest usual_request(MpirunFamily family = MpirunFamily::open_mpi_4) {
    MpirunRequest request;
    request.version = {family, "4.1.4"};
    request.entries = 2;
    request.hostfile = "/run/job/hosts";
    request.agent = {"/proc/12/exe", "renoir-ssh-agent"};
    request.program = "app-0f";
    request.arguments = {"input file", "-n"};
    return request;
}

/// The words but for the shell that stands before the program; see agent_command_test.cpp.
Words without_redirection(const MpirunCommand& command) {
    Words words = command.words;
    const auto program = std::ranges::find(words, "app-0f");
    REQUIRE(program - words.begin() > 3);
    CHECK(Words(program - 3, program - 1) == Words{"sh", "-c"});
    words.erase(program - 3, program);
    return words;
}

std::vector<renoir::HostConfig> two_hosts() {
    renoir::HostConfig first;
    first.address = "host1.lan";
    first.base_port = 9500;
    first.num_cores = 16;
    first.ssh.password = "hunter2";
    renoir::HostConfig second = first;
    second.address = "host2.lan";
    second.num_cores = 24;
    second.ssh.key_passphrase = "hunter3";
    return {first, second};
}

}  // namespace

TEST_CASE("a hostfile has one node with one slot for each entry", "[launch]") {
    CHECK(hostfile_text(0).empty());
    CHECK(hostfile_text(2) == "240.0.0.1 slots=1\n240.0.0.2 slots=1\n");
    const std::string many = hostfile_text(300);
    CHECK(std::ranges::count(many, '\n') == 300);
    CHECK(many.ends_with("\n240.0.1.44 slots=1\n"));
}

TEST_CASE("mpirun of Open MPI 4 is asked for one rank on each entry", "[launch]") {
    const MpirunCommand command = mpirun_command(usual_request());
    CHECK(without_redirection(command) == Words{"mpirun",
                                                "--hostfile",
                                                "/run/job/hosts",
                                                "-np",
                                                "2",
                                                "--map-by",
                                                "ppr:1:node",
                                                "--bind-to",
                                                "none",
                                                "--stdin",
                                                "none",
                                                "--mca",
                                                "plm",
                                                "rsh",
                                                "--mca",
                                                "ras",
                                                "^slurm",
                                                "--mca",
                                                "plm_rsh_agent",
                                                "/proc/12/exe renoir-ssh-agent",
                                                "--mca",
                                                "plm_rsh_no_tree_spawn",
                                                "1",
                                                "--mca",
                                                "oob_tcp_keepalive_time",
                                                "5",
                                                "--mca",
                                                "oob_tcp_keepalive_intvl",
                                                "1",
                                                "--mca",
                                                "oob_tcp_keepalive_probes",
                                                "3",
                                                "app-0f",
                                                "input file",
                                                "-n"});
    CHECK(command.environment.empty());
}

TEST_CASE("mpirun of Open MPI 5 is asked by its own names", "[launch]") {
    MpirunRequest request = usual_request(MpirunFamily::open_mpi_5);
    request.interfaces = "10.0.0.0/24";
    CHECK(without_redirection(mpirun_command(request)) == Words{"mpirun",
                                                                "--hostfile",
                                                                "/run/job/hosts",
                                                                "-np",
                                                                "2",
                                                                "--map-by",
                                                                "ppr:1:node",
                                                                "--bind-to",
                                                                "none",
                                                                "--stdin",
                                                                "none",
                                                                "--prtemca",
                                                                "plm",
                                                                "ssh",
                                                                "--prtemca",
                                                                "ras",
                                                                "^slurm",
                                                                "--prtemca",
                                                                "plm_ssh_agent",
                                                                "/proc/12/exe renoir-ssh-agent",
                                                                "--prtemca",
                                                                "plm_ssh_no_tree_spawn",
                                                                "1",
                                                                "--prtemca",
                                                                "oob_tcp_keepalive_time",
                                                                "5",
                                                                "--prtemca",
                                                                "oob_tcp_keepalive_intvl",
                                                                "1",
                                                                "--prtemca",
                                                                "oob_tcp_keepalive_probes",
                                                                "3",
                                                                "--prtemca",
                                                                "prte_if_include",
                                                                "10.0.0.0/24",
                                                                "app-0f",
                                                                "input file",
                                                                "-n"});
}

TEST_CASE("what the user adds stands before the program, values in the environment", "[launch]") {
    MpirunRequest request = usual_request();
    request.extra_words = {"--mca", "btl_base_verbose", "10"};
    request.environment = {{"TOKEN", "hunter4"}, {"EMPTY", ""}};
    request.is_root = true;
    const MpirunCommand command = mpirun_command(request);
    const Words end{"3",  "-x",     "TOKEN",      "-x", "EMPTY", "--mca", "btl_base_verbose",
                    "10", "app-0f", "input file", "-n"};
    const Words words = without_redirection(command);
    REQUIRE(words.size() > end.size());
    CHECK(Words(words.end() - static_cast<std::ptrdiff_t>(end.size()), words.end()) == end);
    const std::vector<std::pair<std::string, std::string>> expected{
        {"OMPI_ALLOW_RUN_AS_ROOT", "1"},
        {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
        {"TOKEN", "hunter4"},
        {"EMPTY", ""}};
    CHECK(command.environment == expected);
}

TEST_CASE("words that mpirun would take apart are refused", "[launch]") {
    MpirunRequest request = usual_request();
    const auto word = GENERATE(values<std::string>(
        {"", "/my programs/app", "/a:b/app", "/it's/app", "/a\"b", "/a\tb", "/a\\b"}));
    CAPTURE(word);
    request.agent.front() = word;
    CHECK_THROWS_AS(mpirun_command(request), renoir::Error);
}

TEST_CASE("a name that is no variable is refused", "[launch]") {
    MpirunRequest request = usual_request();
    const auto name = GENERATE(values<std::string>({"", "1A", "A=B", "A B", "A-B"}));
    CAPTURE(name);
    request.environment = {{name, "x"}};
    CHECK_THROWS_AS(mpirun_command(request), renoir::Error);
}

TEST_CASE("a dry run shows the hostfile and a command that a shell can read", "[launch]") {
    MpirunRequest request = usual_request();
    request.environment = {{"TOKEN", "hunter4"}};
    const std::string text = dry_run_text(request, two_hosts());
    CHECK(
        text.starts_with("# /run/job/hosts\n"
                         "240.0.0.1 slots=1  # host 1: host1.lan, 16 cores\n"
                         "240.0.0.2 slots=1  # host 2: host2.lan, 24 cores\n"
                         "\n# command\nTOKEN=... mpirun --hostfile "));
    CHECK(text.find("hunter") == std::string::npos);

    const std::string line = text.substr(text.find("mpirun "));
    std::string words;
    for (const std::string& word : mpirun_command(request).words) words += word + "\n";
    CHECK(run_in_shell("printf '%s\\n' " + line).output == words);
}
