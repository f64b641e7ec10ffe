#include <renoir/config/runtime_config.hpp>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>

#include "catch.hpp"
#include "child.hpp"
#include "config/host_file.hpp"
#include "host_file_cases.hpp"

using namespace renoir::testing;
using renoir::HostConfig;
using renoir::RuntimeConfig;
using renoir::detail::exposed_secret_warning;
using renoir::detail::shared_text;

namespace {

/// What a rank prints; its hosts are in the environment, and the file does not exist there.
std::string printed_in_rank(const std::string& shared, const std::function<void()>& print) {
    const ChildResult result = run_in_child([&] {
        setenv(renoir::detail::hosts_variable, shared.c_str(), 1);
        print();
    });
    CHECK(result.err.empty());
    CHECK(result.exit_code == 0);
    return result.out;
}

RuntimeConfig in_rank() {
    return RuntimeConfig::remote("no/such/file.toml");
}

}  // namespace

TEST_CASE("a rank gets the hosts of the file, and nothing secret", "[config]") {
    const Folder folder;
    const fs::path key = folder.write("id", "key");
    const auto config = config_in(R"(
        tracing_dir = '/var/"traces" of\renoir'
        cleanup_executable = true
        [launch]
        remote_directory = 'hidden1'
        mpirun_arguments = ['hidden2']
        environment = { hidden3 = 'hidden4' }
        known_hosts = 'hidden5'
    )" + first_host + "ssh = { password = 'hidden6', username = 'hidden7', ssh_port = 2222 }\n" +
                                  further_host("node2", 65436) + "ssh = { key_file = '" +
                                  key.string() + "', key_passphrase_command = 'hidden8' }\n" +
                                  further_host("node2", 1));
    const std::string shared = shared_text(config);
    CHECK(shared.find("hidden") == std::string::npos);
    CHECK(shared.find("2222") == std::string::npos);
    CHECK(shared.find(key.string()) == std::string::npos);
    CHECK(printed_in_rank(shared, [] {
              const RuntimeConfig rank = in_rank();
              std::cout << rank.file().string() << ' ' << rank.workers() << ' '
                        << rank.tracing_dir()->string() << ' ' << rank.cleanup_executable();
              for (const HostConfig& host : rank.hosts()) {
                  std::cout << '\n'
                            << host.address << ' ' << host.base_port << ' ' << host.num_cores;
              }
          }) == R"(no/such/file.toml 10 /var/"traces" of\renoir 1
node1 9500 8
node2 65436 1
node2 1 1)");
}

TEST_CASE("what a rank gets keeps every address", "[config]") {
    const std::string address = GENERATE(
        "plain", R"(quo"te)", R"('''"""')", R"(back\slash\n\u0041\)", "Grüße-\u4e2d\U0001F600",
        "# [[host]] = {}", "fe80::1%eth0", " blank ", "$(reboot) `a` %s");
    CAPTURE(address);
    std::string escaped;
    for (const char letter : address) {
        if (letter == '"' || letter == '\\') escaped += '\\';
        escaped += letter;
    }
    const auto config =
        config_in("[[host]]\naddress = \"" + escaped + "\"\nbase_port = 1\nnum_cores = 3\n");
    REQUIRE(config.hosts().front().address == address);
    CHECK(printed_in_rank(shared_text(config), [] {
              const RuntimeConfig rank = in_rank();
              std::cout << rank.hosts().front().address << ' ' << rank.hosts().size()
                        << rank.tracing_dir().has_value() << rank.cleanup_executable();
          }) == address + " 100");
}

TEST_CASE("what a rank gets keeps control characters of a path", "[config]") {
    const auto config = config_in(R"(tracing_dir = "a\n\t\u0001\u001f\u007f")"
                                  "\n" +
                                  first_host);
    CHECK(printed_in_rank(shared_text(config), [] {
              std::cout << in_rank().tracing_dir()->string();
          }) == "a\n\t\x01\x1f\x7f");
}

TEST_CASE("mistakes in what a rank gets name the variable", "[config]") {
    const auto mistake = GENERATE(values<Mistake>({
        {"",
         "RENOIR_HOSTS:1:1: the file has no 'host'; add for example a [[host]] table for every "
         "host"},
        {"\n[[host]]\naddress = 'a'\n",
         "RENOIR_HOSTS:2:1: this [[host]] table has no 'base_port'; add for example "
         "base_port = 9500"},
    }));
    CHECK(printed_in_rank(mistake.content, [] { std::cout << error_of("no/such/file.toml"); }) ==
          mistake.text);
}

TEST_CASE("a file with a secret that others can read is warned about", "[config]") {
    const auto [ssh, is_secret] = GENERATE(table<std::string, bool>({
        {"ssh = { password = 'a' }\n", true},
        {"ssh = { key_passphrase = 'a' }\n", true},
        {"ssh = { password_command = 'a' }\n", false},
        {"ssh = { key_passphrase_command = 'a' }\n", false},
        {"ssh = { username = 'a' }\n", false},
        {"", false},
    }));
    const auto [mode, is_open] = GENERATE(table<unsigned, bool>(
        {{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0644, true}, {0633, false}}));
    CAPTURE(ssh, mode);
    const Folder folder;
    const fs::path file =
        folder.write("hosts.toml", first_host + further_host("node2", 9500) + ssh);
    fs::permissions(file, static_cast<fs::perms>(mode));
    const std::string warning = "warning: " + file.string() +
                                " holds a secret and others can read it; run: chmod 600 " +
                                file.string();
    CHECK(exposed_secret_warning(RuntimeConfig::remote(file)) ==
          (is_secret && is_open ? warning : ""));
}

TEST_CASE("there is nothing to warn about without a file", "[config]") {
    CHECK(exposed_secret_warning(RuntimeConfig::local(1)).empty());
    // config_in() has removed the file.
    CHECK(exposed_secret_warning(config_in(first_host + "ssh = { password = 'a' }\n")).empty());
}
