#include <renoir/config/runtime_config.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "catch.hpp"
#include "child.hpp"
#include "config/host_file.hpp"
#include "host_file_cases.hpp"

using namespace renoir::testing;
using renoir::HostConfig;
using renoir::RuntimeConfig;
using renoir::detail::host_list_text;

namespace {

using Variables = std::map<std::string, std::string>;

/// Expands the few lists of the tests, and refuses to be called in another way.
constexpr const char* fake_scontrol = R"(#!/bin/sh
[ "$# $1 $2" = "3 show hostnames" ] || exit 9
case $3 in
    "n[1-3],login") printf 'n1\nn2\nn3\nlogin\n' ;;
    'a b; $(touch made) * "') echo quoted ;;
    nobody) ;;
    blanks) printf 'n1\n\nn2\n' ;;
    loud) echo "a warning" >&2; echo n1 ;;
    many) yes "a complaint" | head -c 200000 >&2; echo n1 ;;
    *) printf 'Invalid hostlist: %s\nmore\n' "$3" >&2; exit 1 ;;
esac
)";

/// What a program prints that was started with `--remote WORD` and these variables alone of a
/// scheduler: its hosts as "address base_port num_cores", or the text of the error.
std::string printed_with(const std::string& word, const Variables& variables) {
    const Folder folder;
    fs::permissions(folder.write("scontrol", fake_scontrol), fs::perms::owner_all);
    const ChildResult result = run_in_child([&] {
        fs::current_path(folder / "");
        setenv("PATH", ((folder / ":").string() + std::getenv("PATH")).c_str(), 1);
        for (const char* name : {"SLURM_JOB_NODELIST", "SLURM_JOB_CPUS_PER_NODE", "PBS_NODEFILE",
                                 "PBS_NUM_PPN", "NCPUS", renoir::detail::hosts_variable}) {
            unsetenv(name);
        }
        for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
        try {
            const RuntimeConfig config = RuntimeConfig::remote(word);
            for (const HostConfig& host : config.hosts()) {
                std::cout << host.address << ' ' << host.base_port << ' ' << host.num_cores << '\n';
            }
        } catch (const renoir::Error& error) {
            std::cout << (error.kind() == renoir::ErrorKind::configuration) << error.what();
        }
        if (fs::exists("made")) std::cout << "a shell has run the list";
    });
    CHECK(result.err.empty());
    CHECK(result.exit_code == 0);
    return result.out;
}

std::string in_slurm(const std::string& list, const std::string& cores) {
    return printed_with("slurm",
                        {{"SLURM_JOB_NODELIST", list}, {"SLURM_JOB_CPUS_PER_NODE", cores}});
}

std::string in_pbs(const std::string& lines, Variables variables = {}) {
    const Folder folder;
    variables["PBS_NODEFILE"] = folder.write("nodes", lines).string();
    std::string text = printed_with("pbs", variables);
    const std::size_t name = text.find(variables["PBS_NODEFILE"]);
    return name == text.npos ? text : text.replace(name, variables["PBS_NODEFILE"].size(), "FILE");
}

const std::string slurm_remedy =
    "; run this in a job of sbatch or salloc, or give a TOML list of the hosts";
const std::string pbs_remedy = "; run this in a job of qsub, or give a TOML list of the hosts";

}  // namespace

TEST_CASE("the hosts of a Slurm allocation", "[config]") {
    CHECK(in_slurm("n[1-3],login", "2(x3),4") == "n1 9500 2\nn2 9500 2\nn3 9500 2\nlogin 9500 4\n");
    CHECK(in_slurm("n[1-3],login", "16,2,8(x2)") ==
          "n1 9500 16\nn2 9500 2\nn3 9500 8\nlogin 9500 8\n");
    CHECK(in_slurm("n[1-3],login", "72(x4)") ==
          "n1 9500 72\nn2 9500 72\nn3 9500 72\nlogin 9500 72\n");
}

TEST_CASE("no shell sees the list of Slurm", "[config]") {
    CHECK(in_slurm("a b; $(touch made) * \"", "1") == "quoted 9500 1\n");
}

TEST_CASE("what scontrol complains about is no host", "[config]") {
    CHECK(in_slurm("loud", "1") == "n1 9500 1\n");
    CHECK(in_slurm("many", "1") == "n1 9500 1\n");
}

TEST_CASE("core counts that do not fit the hosts of Slurm", "[config]") {
    const std::string counts = GENERATE("2", "2(x3)", "2(x5)", "2(x3),4,4", "2(x3),0", "2(x0),4",
                                        "-2(x4)", "2(x4", "2(x)", "2x4", "2(4)", "(x4)", ",2(x4)",
                                        "2(x4)2", "2(x99999999999999999999)", "a", "2 (x4)");
    CHECK(in_slurm("n[1-3],login", counts) == "1slurm: SLURM_JOB_CPUS_PER_NODE '" + counts +
                                                  "' does not say the cores of 4 hosts" +
                                                  slurm_remedy);
}

TEST_CASE("lists of Slurm that are none", "[config]") {
    CHECK(in_slurm("n[1-", "2") ==
          "1slurm: scontrol cannot expand SLURM_JOB_NODELIST 'n[1-': Invalid hostlist: n[1-" +
              slurm_remedy);
    CHECK(in_slurm("nobody", "2") ==
          "1slurm: scontrol makes no host names of SLURM_JOB_NODELIST 'nobody'" + slurm_remedy);
    CHECK(in_slurm("blanks", "2(x3)") ==
          "1slurm: scontrol makes no host names of SLURM_JOB_NODELIST 'blanks'" + slurm_remedy);
}

TEST_CASE("a scontrol that cannot be started", "[config]") {
    CHECK(printed_with("slurm", {{"SLURM_JOB_NODELIST", "a"}, {"PATH", "/nowhere"}}) ==
          "1scontrol cannot be started: No such file or directory; install it, or put it into "
          "PATH");
}

TEST_CASE("outside an allocation the schedulers have no hosts", "[config]") {
    CHECK(printed_with("slurm", {}) ==
          "1slurm: this is not in an allocation of Slurm, SLURM_JOB_NODELIST is not set" +
              slurm_remedy);
    CHECK(printed_with("slurm", {{"SLURM_JOB_NODELIST", "loud"}}) ==
          "1slurm: this is not in an allocation of Slurm, SLURM_JOB_CPUS_PER_NODE is not set" +
              slurm_remedy);
    CHECK(printed_with("pbs", {}) ==
          "1pbs: this is not in an allocation of PBS, PBS_NODEFILE is not set" + pbs_remedy);
}

TEST_CASE("the hosts of a PBS allocation", "[config]") {
    SECTION("a line for each core") {
        CHECK(in_pbs("b\na\nb\nb\na\nc\n") == "b 9500 3\na 9500 2\nc 9500 1\n");
        CHECK(in_pbs("b\nb\na\n", {{"NCPUS", "7"}}) == "b 9500 2\na 9500 1\n");
    }
    SECTION("a line for each host") {
        CHECK(in_pbs("b\na") == "b 9500 1\na 9500 1\n");
        CHECK(in_pbs("b\n\na\n", {{"NCPUS", "32"}}) == "b 9500 32\na 9500 32\n");
        CHECK(in_pbs("b\na\n", {{"PBS_NUM_PPN", "4"}}) == "b 9500 4\na 9500 4\n");
    }
}

TEST_CASE("allocations of PBS that are none", "[config]") {
    CHECK(in_pbs("") == "1pbs: the PBS_NODEFILE 'FILE' has no hosts" + pbs_remedy);
    CHECK(in_pbs("a\nb c\n") ==
          "1pbs: the PBS_NODEFILE 'FILE' has a line that is no host name" + pbs_remedy);
    CHECK(in_pbs("a\n", {{"NCPUS", "many"}}) ==
          "1pbs: NCPUS 'many' is no number of cores" + pbs_remedy);
    CHECK(printed_with("pbs", {{"PBS_NODEFILE", "missing"}}) ==
          "1pbs: the PBS_NODEFILE 'missing' cannot be read" + pbs_remedy);
}

TEST_CASE("a rank takes its hosts from the launcher in an allocation too", "[config]") {
    CHECK(printed_with("slurm", {{renoir::detail::hosts_variable, first_host}}) ==
          "node1 9500 8\n");
}

TEST_CASE("a configuration of an allocation logs in as usual", "[config]") {
    const Folder folder;
    const fs::path nodes = folder.write("nodes", "b\na\n");
    const ChildResult result = run_in_child([&] {
        setenv("PBS_NODEFILE", nodes.c_str(), 1);
        setenv("NCPUS", "3", 1);
        const RuntimeConfig config = RuntimeConfig::remote("pbs");
        const renoir::SshConfig& ssh = config.hosts().back().ssh;
        std::cout << (config.mode() == renoir::ExecutionMode::remote) << config.workers()
                  << config.file().string() << ssh.port << ssh.username.has_value()
                  << ssh.key_file.has_value() << ssh.password.has_value()
                  << config.launch().remote_directory;
    });
    CHECK(result.err.empty());
    CHECK(result.out == "16pbs22000.renoir");
}

TEST_CASE("a file may have the name of a scheduler", "[config]") {
    const Folder folder;
    CHECK(RuntimeConfig::remote(folder.write("slurm", first_host)).workers() == 8);
}

TEST_CASE("a written list is read as the same hosts", "[config]") {
    HostConfig first;
    first.address = R"(fe80::1%"eth\0")";
    first.base_port = 1;
    first.num_cores = 7;
    HostConfig second;
    second.address = "node2";
    second.base_port = 65436;
    second.num_cores = 100'000;
    second.ssh.username = R"(DOMAIN\"ann")";
    second.ssh.password = "hidden";
    second.ssh.key_passphrase = "hidden";
    const std::string text = host_list_text({first, second});
    CHECK(text.find("hidden") == std::string::npos);
    const auto config = config_in(text);
    REQUIRE(config.hosts().size() == 2);
    CHECK(config.hosts()[0].address == first.address);
    CHECK(config.hosts()[0].base_port == 1);
    CHECK(config.hosts()[0].num_cores == 7);
    CHECK_FALSE(config.hosts()[0].ssh.username);
    CHECK(config.hosts()[1].address == "node2");
    CHECK(config.hosts()[1].base_port == 65436);
    CHECK(config.hosts()[1].num_cores == 100'000);
    CHECK(config.hosts()[1].ssh.username == second.ssh.username);
}
