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

using renoir::HostConfig;
using renoir::RuntimeConfig;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for every test, removed at its end.
class Folder {
 public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "renoir-config-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

    [[nodiscard]] fs::path write(const std::string& name, const std::string& text) const {
        const fs::path file = path_ / name;
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }

 private:
    fs::path path_;
};

/// The text of the error that reading a file ends with.
std::string error_of(const fs::path& file) {
    try {
        (void)RuntimeConfig::remote(file);
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        return error.what();
    }
    return "no error";
}

/// The same for a content, without the name of the file in front: "LINE:COLUMN: what; remedy".
std::string error_in(const std::string& content) {
    const Folder folder;
    const fs::path file = folder.write("hosts.toml", content);
    const std::string text = error_of(file);
    const std::string start = file.string() + ":";
    CHECK_THAT(text, Catch::Matchers::StartsWith(start));
    return text.starts_with(start) ? text.substr(start.size()) : text;
}

const std::string first_host =
    "[[host]]\n"
    "address = \"node1\"\n"
    "base_port = 9500\n"
    "num_cores = 8\n";

struct Mistake {
    std::string content;
    std::string text;
};

}  // namespace

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
    const Folder folder;
    const auto config = RuntimeConfig::remote(folder.write(
        "hosts.toml", first_host +
                          "[[host]]\naddress = 'node2'\nbase_port = 9500\nnum_cores = 1\n"
                          "[[host]]\naddress = 'node1'\nbase_port = 9600\nnum_cores = 1\n"));
    CHECK(config.hosts().size() == 3);
}

TEST_CASE("a tilde is the home directory", "[config]") {
    const Folder folder;
    const fs::path key = folder.write("id", "key");
    const fs::path file = folder.write(
        "hosts.toml", "tracing_dir = '~/traces'\n" + first_host + "ssh = { key_file = '~/id' }\n");
    const auto result = renoir::testing::run_in_child([&] {
        setenv("HOME", key.parent_path().c_str(), 1);
        const auto config = RuntimeConfig::remote(file);
        std::cout << config.hosts().front().ssh.key_file->string() << ' '
                  << config.tracing_dir()->string();
    });
    CHECK(result.out == key.string() + " " + (folder / "traces").string());
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
         "cleanup_executable, host, tracing_dir"},
        {"zeta = 1\n  alpha = 2\n",
         "1:1: unknown key 'zeta'; the keys known here are "
         "cleanup_executable, host, tracing_dir"},
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
         "3:13: 'base_port' is 0; give a port from 1 to 65535"},
        {"[[host]]\naddress = 'a'\nbase_port = 65536\nnum_cores = 1\n",
         "3:13: 'base_port' is 65536; give a port from 1 to 65535"},
        {"[[host]]\naddress = 'a'\nbase_port = -1\nnum_cores = 1\n",
         "3:13: 'base_port' is -1; give a port from 1 to 65535"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_cores = 0\n",
         "4:13: 'num_cores' is 0; give at least 1"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_cores = -2\n",
         "4:13: 'num_cores' is -2; give at least 1"},
        {"[[host]]\naddress = 'a'\nbase_port = 1\nnum_cores = true\n",
         "4:13: 'num_cores' has to be an integer, not a boolean; "
         "write a whole number without quotes"},
        {first_host + first_host,
         "7:13: an earlier entry has the address 'node1' and the base_port 9500 too; "
         "give every entry of one address its own base_port"},
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
         "key_file, key_passphrase, password, ssh_port, username"},
        {"[host.ssh]\nuser_name = 'a'\n", "6:1: unknown key 'user_name'; did you mean 'username'?"},
        {"ssh = { ssh_port = 0 }\n", "5:20: 'ssh_port' is 0; give a port from 1 to 65535"},
        {"ssh = { ssh_port = 70000 }\n", "5:20: 'ssh_port' is 70000; give a port from 1 to 65535"},
        {"ssh = { username = 7 }\n",
         "5:20: 'username' has to be a string, not an integer; write its value in quotes"},
        {"ssh = { key_passphrase = [] }\n",
         "5:26: 'key_passphrase' has to be a string, not an array; write its value in quotes"},
        {"ssh = { password = 'a', key_file = 'b' }\n",
         "5:36: both 'password' and 'key_file' are given; keep one of them"},
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
