#include <unistd.h>
#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "child.hpp"
#include "host_file_cases.hpp"

using namespace renoir::testing;
using renoir::HostConfig;
using renoir::RuntimeConfig;

TEST_CASE("the shortest file of hosts", "[config]") {
    const Folder folder;
    const auto config = RuntimeConfig::remote(folder.write("hosts.toml", first_host));
    CHECK(config.mode() == renoir::ExecutionMode::remote);
    CHECK(config.workers() == 8);
    CHECK_FALSE(config.tracing_dir());
    CHECK_FALSE(config.cleanup_executable());
    REQUIRE(config.hosts().size() == 1);
    const HostConfig& host = config.hosts().front();
    CHECK(host.address == "node1");
    CHECK(host.base_port == 9500);
    CHECK(host.num_cores == 8);
    CHECK(host.ssh.port == 22);
    CHECK_FALSE(host.ssh.username);
    CHECK_FALSE(host.ssh.password);
    CHECK_FALSE(host.ssh.key_file);
    CHECK_FALSE(host.ssh.key_passphrase);
}

TEST_CASE("a file with every key", "[config]") {
    const Folder folder;
    const fs::path key = folder.write("id_ed25519", "key");
    const auto config = RuntimeConfig::remote(folder.write(
        "hosts.toml", "tracing_dir = '/var/traces'\ncleanup_executable = true\n" + first_host +
                          "ssh = { ssh_port = 2222, username = 'ann', key_file = '" + key.string() +
                          "', key_passphrase = 'p q' }\n"
                          "[[host]]\naddress = '10.0.0.2'\nbase_port = 1\nnum_cores = 1\n"
                          "[host.ssh]\npassword = 's$;'\nssh_port = 65535\n"));
    CHECK(config.tracing_dir() == fs::path("/var/traces"));
    CHECK(config.cleanup_executable());
    CHECK(config.workers() == 9);
    REQUIRE(config.hosts().size() == 2);
    const renoir::SshConfig& with_key = config.hosts()[0].ssh;
    CHECK(with_key.port == 2222);
    CHECK(with_key.username == "ann");
    CHECK(with_key.key_file == key);
    CHECK(with_key.key_passphrase == "p q");
    CHECK_FALSE(with_key.password);
    const renoir::SshConfig& with_password = config.hosts()[1].ssh;
    CHECK(config.hosts()[1].address == "10.0.0.2");
    CHECK(with_password.password == "s$;");
    CHECK(with_password.port == 65535);
}

TEST_CASE("hosts may share a port on different addresses, or an address on different ports",
          "[config]") {
    const auto config =
        config_in(first_host + further_host("node2", 9500) + further_host("node1", 9600) +
                  further_host("node1", 9400) + further_host("node10", 9500) +
                  further_host("node3", 65436) + further_host("node3", 1));
    REQUIRE(config.hosts().size() == 7);
    CHECK(config.hosts()[5].base_port == 65436);
}

TEST_CASE("entries of one address may not share a port", "[config]") {
    const auto [content, place, earlier] = GENERATE(table<std::string, std::string, std::string>({
        {first_host + first_host, "7:13: ", "'node1' too and the base_port 9500"},
        {first_host + further_host("node1", 9599), "7:13: ", "'node1' too and the base_port 9500"},
        {first_host + further_host("NODE1", 9401), "7:13: ", "'node1' too and the base_port 9500"},
        {first_host + further_host("node2", 9600) + further_host("node1", 9630) +
             further_host("node1", 9700),
         "15:13: ", "'node1' too and the base_port 9630"},
    }));
    CAPTURE(content);
    CHECK(error_in(content) == place + "an earlier entry has the address " + earlier +
                                   "; give entries of one address base ports at least 100 apart");
}

TEST_CASE("secrets may come from commands", "[config]") {
    const Folder folder;
    const fs::path key = folder.write("id", "key");
    const auto config =
        config_in(first_host + "ssh = { password_command = \"pass 'my hosts' | head -1\" }\n" +
                  further_host("node2", 1) + "ssh = { key_file = '" + key.string() +
                  "', key_passphrase_command = 'pass key' }\n");
    const renoir::SshConfig& with_password = config.hosts()[0].ssh;
    CHECK(with_password.password_command == "pass 'my hosts' | head -1");
    CHECK_FALSE(with_password.password);
    CHECK_FALSE(with_password.key_passphrase_command);
    const renoir::SshConfig& with_key = config.hosts()[1].ssh;
    CHECK(with_key.key_file == key);
    CHECK(with_key.key_passphrase_command == "pass key");
    CHECK_FALSE(with_key.key_passphrase);
    CHECK_FALSE(with_key.password_command);
}

TEST_CASE("a tilde is the home directory", "[config]") {
    const Folder folder;
    const fs::path key = folder.write("id", "key");
    const fs::path file = folder.write(
        "hosts.toml", "tracing_dir = '~/traces'\nlaunch = { known_hosts = '~/known' }\n" +
                          first_host + "ssh = { key_file = '~/id' }\n");
    const auto result = renoir::testing::run_in_child([&] {
        setenv("HOME", key.parent_path().c_str(), 1);
        const auto config = RuntimeConfig::remote(file);
        std::cout << config.hosts().front().ssh.key_file->string() << ' '
                  << config.tracing_dir()->string() << ' ' << config.launch().known_hosts->string();
    });
    CHECK(result.out ==
          key.string() + " " + (folder / "traces").string() + " " + (folder / "known").string());
}

TEST_CASE("a file that cannot be read is an error with its name", "[config]") {
    const Folder folder;
    const fs::path missing = folder / "none.toml";
    CHECK(error_of(missing) ==
          missing.string() + ": there is no such file; give the TOML file that lists the hosts");
    const fs::path below_file = folder.write("plain", "") / "hosts.toml";
    CHECK_THAT(error_of(below_file), Catch::Matchers::StartsWith(below_file.string() + ": "));
    const fs::path directory = folder / "";
    CHECK(error_of(directory) ==
          directory.string() + ": is a directory; give the TOML file that lists the hosts");
}

TEST_CASE("files without read permission are errors", "[config]") {
    const Folder folder;
    const fs::path key = folder.write("id", "key");
    const fs::path closed = folder.write("closed.toml", first_host);
    const fs::path open =
        folder.write("open.toml", first_host + "ssh = { key_file = '" + key.string() + "' }\n");
    for (const fs::path& file : {key, closed}) fs::permissions(file, fs::perms::none);
    fs::permissions(folder / ".", fs::perms::all);

    // Root may read everything, so the reading is left to a user who may not.
    const auto read_as_user = [](const fs::path& file) {
        return renoir::testing::run_in_child([file] {
            if (geteuid() == 0 && setuid(65534) != 0) _exit(3);
            std::cout << error_of(file);
        });
    };
    CHECK(read_as_user(closed).out ==
          closed.string() + ": cannot be read: Permission denied; check its permissions");
    CHECK(read_as_user(open).out ==
          open.string() + ":5:20: the key file '" + key.string() +
              "' cannot be read: Permission denied; check its permissions");
}

TEST_CASE("a mistake in the top level is reported at its place", "[config]") {
    const Mistake mistake = GENERATE(values<Mistake>({
        {"", "1:1: the file has no 'host'; add for example a [[host]] table for every host"},
        {"host = []\n", "1:8: there are no hosts; add a [[host]] table for every host"},
        {"\n[host]\naddress = 'a'\n",
         "2:1: 'host' has to be an array of tables, not a table; "
         "write [[host]] above the keys of each host"},
        {"host = 'a'\n",
         "1:8: 'host' has to be an array of tables, not a string; "
         "write [[host]] above the keys of each host"},
        {"host = [ 1 ]\n",
         "1:10: 'host' has to be an array of tables, not an integer; "
         "write [[host]] above the keys of each host"},
        {"[[hosts]]\n", "1:3: unknown key 'hosts'; did you mean 'host'?"},
        {"tracing = 1\n",
         "1:1: unknown key 'tracing'; the keys known here are "
         "cleanup_executable, host, launch, tracing_dir"},
        {"zeta = 1\n  alpha = 2\n",
         "1:1: unknown key 'zeta'; the keys known here are "
         "cleanup_executable, host, launch, tracing_dir"},
        {"tracing_dir = 3\n" + first_host,
         "1:15: 'tracing_dir' has to be a string, not an integer; write its value in quotes"},
        {"cleanup_executable = 'true'\n" + first_host,
         "1:22: 'cleanup_executable' has to be a boolean, not a string; "
         "write true or false without quotes"},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in(mistake.content) == mistake.text);
}

TEST_CASE("a mistake in a host is reported at its place", "[config]") {
    const Mistake mistake = GENERATE(values<Mistake>({
        {"[[host]]\nbase_port = 1\nnum_cores = 1\n",
         "1:1: this [[host]] table has no 'address'; add for example address = \"node1\""},
        {"\n  [[host]]\naddress = 'a'\nnum_cores = 1\n",
         "2:3: this [[host]] table has no 'base_port'; add for example base_port = 9500"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\n",
         "1:1: this [[host]] table has no 'num_cores'; add for example num_cores = 4"},
        {"host = [{ address = 'a', base_port = 1 }]\n",
         "1:9: this [[host]] table has no 'num_cores'; add for example num_cores = 4"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_core = 1\n",
         "4:1: unknown key 'num_core'; did you mean 'num_cores'?"},
        {first_host + "perf_path = 'perf'\n",
         "5:1: unknown key 'perf_path'; the keys known here are "
         "address, base_port, num_cores, ssh"},
        {first_host + "\"two\\nlines\" = 1\n",
         "5:1: unknown key 'two\nlines'; the keys known here are "
         "address, base_port, num_cores, ssh"},
        {"[[host]]\naddress = ''\nbase_port = 1\nnum_cores = 1\n",
         "2:11: 'address' is empty; give the name or IP address of the host"},
        {"[[host]]\naddress = 1\nbase_port = 1\nnum_cores = 1\n",
         "2:11: 'address' has to be a string, not an integer; write its value in quotes"},
        {"[[host]]\naddress = 'a'\nbase_port = '1'\nnum_cores = 1\n",
         "3:13: 'base_port' has to be an integer, not a string; "
         "write a whole number without quotes"},
        {"[[host]]\naddress = 'a'\nbase_port = 1.5\nnum_cores = 1\n",
         "3:13: 'base_port' has to be an integer, not a decimal number; "
         "write a whole number without quotes"},
        {"[[host]]\naddress = 'a'\nbase_port = 2020-01-01\nnum_cores = 1\n",
         "3:13: 'base_port' has to be an integer, not a date or time; "
         "write a whole number without quotes"},
        {"[[host]]\naddress = 'a'\nbase_port = 0\nnum_cores = 1\n",
         "3:13: 'base_port' is 0; give a port from 1 to 65436"},
        {"[[host]]\naddress = 'a'\nbase_port = 65536\nnum_cores = 1\n",
         "3:13: 'base_port' is 65536; give a port from 1 to 65436"},
        {further_host("a", 65437),
         "3:13: 'base_port' is 65437, and the job uses 100 ports from there on; "
         "give a port from 1 to 65436"},
        {further_host("a", 65535),
         "3:13: 'base_port' is 65535, and the job uses 100 ports from there on; "
         "give a port from 1 to 65436"},
        {"[[host]]\naddress = 'a'\nbase_port = -1\nnum_cores = 1\n",
         "3:13: 'base_port' is -1; give a port from 1 to 65436"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_cores = 0\n",
         "4:13: 'num_cores' is 0; give at least 1"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_cores = -2\n",
         "4:13: 'num_cores' is -2; give at least 1"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_cores = true\n",
         "4:13: 'num_cores' has to be an integer, not a boolean; "
         "write a whole number without quotes"},
        {"[[host]]\naddress = \"two\\nlines\"\nbase_port = 1\nnum_cores = 1\n",
         "2:11: 'address' has a control character; give the name or IP address of the host"},
        {"[[host]]\naddress = \"no\\u007fde\"\nbase_port = 1\nnum_cores = 1\n",
         "2:11: 'address' has a control character; give the name or IP address of the host"},
        {"[[host]]\naddress = \"a\\u0000b\"\nbase_port = 1\nnum_cores = 1\n",
         "2:11: 'address' has a NUL character; leave it out"},
        {first_host + "\n[[host]]\naddress = 'b'\n",
         "6:1: this [[host]] table has no 'base_port'; add for example base_port = 9500"},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in(mistake.content) == mistake.text);
}

TEST_CASE("a mistake in an ssh table is reported at its place", "[config]") {
    const Mistake mistake = GENERATE(values<Mistake>({
        {"ssh = 'me@node'\n",
         "5:7: 'ssh' has to be a table, not a string; write for example ssh = { }"},
        {"ssh = { port = 22 }\n",
         "5:9: unknown key 'port'; the keys known here are "
         "key_file, key_passphrase, key_passphrase_command, password, password_command, "
         "ssh_port, username"},
        {"[host.ssh]\nuser_name = 'a'\n", "6:1: unknown key 'user_name'; did you mean 'username'?"},
        {"ssh = { ssh_port = 0 }\n", "5:20: 'ssh_port' is 0; give a port from 1 to 65535"},
        {"ssh = { ssh_port = 70000 }\n", "5:20: 'ssh_port' is 70000; give a port from 1 to 65535"},
        {"ssh = { username = 7 }\n",
         "5:20: 'username' has to be a string, not an integer; write its value in quotes"},
        {"ssh = { key_passphrase = [] }\n",
         "5:26: 'key_passphrase' has to be a string, not an array; write its value in quotes"},
        {"ssh = { password = 'a', key_file = 'b' }\n",
         "5:36: both 'password' and 'key_file' are given; keep one of them"},
        {"ssh = { password = 'a', password_command = 'b' }\n",
         "5:44: both 'password' and 'password_command' are given; keep one of them"},
        {"ssh = { key_file = 'a', password_command = 'b' }\n",
         "5:20: both 'password_command' and 'key_file' are given; keep one of them"},
        {"ssh = { key_passphrase = 'a', key_passphrase_command = 'b' }\n",
         "5:56: both 'key_passphrase' and 'key_passphrase_command' are given; keep one of them"},
        {"ssh = { password_command = '' }\n",
         "5:28: 'password_command' is empty; "
         "give a command whose first line of output is the secret"},
        {"ssh = { key_passphrase_command = '' }\n",
         "5:34: 'key_passphrase_command' is empty; "
         "give a command whose first line of output is the secret"},
        {"ssh = { password_command = ['pass'] }\n",
         "5:28: 'password_command' has to be a string, not an array; write its value in quotes"},
        {"ssh = { key_passphrase_command = true }\n",
         "5:34: 'key_passphrase_command' has to be a string, not a boolean; "
         "write its value in quotes"},
        {"ssh = { password = \"a\\u0000b\" }\n",
         "5:20: 'password' has a NUL character; leave it out"},
        {"ssh = { pasword_command = 'a' }\n",
         "5:9: unknown key 'pasword_command'; did you mean 'password_command'?"},
        {"ssh = { key_file = 'no/such/key' }\n",
         "5:20: the key file 'no/such/key' does not exist; correct 'key_file'"},
        {"ssh = { key_file = '' }\n", "5:20: the key file '' does not exist; correct 'key_file'"},
        {"ssh = { key_file = '/' }\n",
         "5:20: the key file '/' is a directory; give the file of a private key"},
        {"ssh = { key_file = 3 }\n",
         "5:20: 'key_file' has to be a string, not an integer; write its value in quotes"},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in(first_host + mistake.content) == mistake.text);
}

TEST_CASE("a syntax error is reported at its place", "[config]") {
    const auto [content, place] = GENERATE(table<std::string, std::string>({
        {"[[host]\n", "1:8: "},
        {"[[host]]\naddress = node1\n", "2:12: "},
        {"[[host]]\naddress = 'node1\n", "2:17: "},
        {"[[host]]\naddress 'node1'\n", "2:9: "},
        {"[[host]]\naddress = 'a'\naddress = 'b'\n", "3:"},
        {"[[host]]\nbase_port = 99999999999999999999\n", "2:"},
        {"a = \"\xff\"\n", "1:"},
    }));
    CAPTURE(content);
    const std::string text = error_in(content);
    CHECK_THAT(text, Catch::Matchers::StartsWith(place));
    CHECK_THAT(text, Catch::Matchers::EndsWith("; correct the TOML syntax"));
}

TEST_CASE("no error text contains a secret", "[config]") {
    const std::string secret = "hunter2";
    const auto line = GENERATE(values<std::string>({
        "password = hunter2",
        "password = 'hunter2",
        "password = 'hunter2' hunter2",
        "password = \"hunter2\\q\"",
        "password hunter2",
        "password = 5hunter2",
        "password = truehunter2",
        "password = inf_hunter2",
        "password = 'hunter2'\npassword = 'hunter2'",
        "password = ['hunter2']",
        "password = { hunter2 = 1 ",
        "password = 'hunter2'\nkey_file = '/none'",
        "key_passphrase = 'hunter2'\nkey_file = '/none'",
        "password = 'hunter2'\nssh_port = 0",
        "passwort = 'hunter2'",
        "password = 'hunter2'\npassword_command = 'echo hunter2'",
        "password_command = 'echo hunter2'\nkey_file = '/none'",
        "password_command = ['echo hunter2']",
        "password = \"hunter2\\u0000\"",
        "key_passphrase = 'hunter2'\nkey_passphrase_command = 'echo hunter2'",
    }));
    CAPTURE(line);
    const std::string text = error_in(first_host + "[host.ssh]\n" + line + "\n");
    CHECK(text.find(secret) == std::string::npos);
    CHECK(text.find("hunter") == std::string::npos);
}

TEST_CASE("a secret of digits only is not quoted either", "[config]") {
    const std::string text = error_in(first_host + "ssh = { password = 1234567890123456789012 }\n");
    CHECK_THAT(text, Catch::Matchers::StartsWith("5:"));
    CHECK(text.find("123") == std::string::npos);
}
