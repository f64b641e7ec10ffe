#include "config/host_file.hpp"

#include "config/host_ports.hpp"
#include "config/table_reader.hpp"
#include "text/quoted_string.hpp"

#include <renoir/base/error.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace renoir::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> file_keys{"cleanup_executable", "host", "launch",
                                                    "tracing_dir"};
constexpr std::array<std::string_view, 4> host_keys{"address", "base_port", "num_cores", "ssh"};
constexpr std::array<std::string_view, 7> ssh_keys{
    "key_file", "key_passphrase", "key_passphrase_command", "password", "password_command",
    "ssh_port", "username"};
constexpr std::array<std::string_view, 5> launch_keys{
    "connect_timeout", "environment", "known_hosts", "mpirun_arguments", "remote_directory"};

Error file_error(const fs::path& file, const std::string& text) {
    return {ErrorKind::configuration, file.string() + ": " + text};
}

std::string system_text(int code) {
    return std::generic_category().message(code);
}

// ---- reading and parsing -----------------------------------------------------------------------

std::string read_text(const fs::path& file) {
    constexpr std::string_view remedy = "; give the TOML file that lists the hosts";
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (status.type() == fs::file_type::not_found) {
        throw file_error(file, "there is no such file" + std::string(remedy));
    }
    if (error) throw file_error(file, "cannot be read: " + error.message() + std::string(remedy));
    if (fs::is_directory(status)) {
        throw file_error(file, "is a directory" + std::string(remedy));
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw file_error(file, "cannot be read: " + system_text(errno) + "; check its permissions");
    }
    return {std::istreambuf_iterator<char>(stream), {}};
}

bool is_known_word(std::string_view word) {
    constexpr std::array<std::string_view, 4> literals{"false", "inf", "nan", "true"};
    const auto is_in = [word](const auto& words) { return std::ranges::count(words, word) > 0; };
    return word.size() <= 1 || is_in(file_keys) || is_in(host_keys) || is_in(ssh_keys) ||
           is_in(launch_keys) || is_in(literals);
}

/// The parser quotes pieces of the file in its texts; a piece longer than a letter that is no word
/// of the format could come from a secret and is left out.
std::string without_quotations(std::string_view text) {
    std::string result;
    while (true) {
        const std::size_t begin = text.find('\'');
        const std::size_t end = begin == text.npos ? text.npos : text.find('\'', begin + 1);
        if (end == text.npos) break;
        const std::string_view piece = text.substr(begin + 1, end - begin - 1);
        result += text.substr(0, begin);
        result += is_known_word(piece) ? in_quotes(piece) : "'...'";
        text.remove_prefix(end + 1);
    }
    return result.append(text);
}

toml::table parse(const std::string& text, const fs::path& file) {
    try {
        return toml::parse(text, file.string());
    } catch (const toml::parse_error& error) {
        throw error_at(file, error.source().begin,
                       without_quotations(error.description()) + "; correct the TOML syntax");
    }
}

// ---- the meaning of the keys -------------------------------------------------------------------

fs::path home_expanded(const std::string& path) {
    const bool starts_at_home = path == "~" || path.starts_with("~/");
    const char* home = starts_at_home ? std::getenv("HOME") : nullptr;
    return home == nullptr ? fs::path(path) : fs::path(home + path.substr(1));
}

fs::path readable_key_file(const TableReader& ssh, const toml::node& node) {
    const fs::path path = home_expanded(ssh.string(node, "key_file"));
    const std::string start = "the key file " + in_quotes(path.string());
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        throw ssh.error(node, start + " is a directory; give the file of a private key");
    }
    const std::ifstream stream(path);
    if (stream) return path;
    const int code = errno;
    throw ssh.error(node, code == ENOENT ? start + " does not exist; correct 'key_file'"
                                         : start + " cannot be read: " + system_text(code) +
                                               "; check its permissions");
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(
        text, [](char letter) { return (letter >= 0 && letter < ' ') || letter == '\x7f'; });
}

SshConfig read_ssh(const fs::path& file, const toml::table& table) {
    constexpr std::string_view command_that_prints =
        "a command whose first line of output is the secret";
    const TableReader reader(file, table, "this ssh table", ssh_keys);
    SshConfig ssh;
    if (const toml::node* port = reader.find("ssh_port")) ssh.port = reader.port(*port, "ssh_port");
    ssh.username = reader.optional_string("username");
    ssh.password = reader.optional_string("password");
    ssh.password_command = reader.optional_text("password_command", command_that_prints);
    ssh.key_passphrase = reader.optional_string("key_passphrase");
    ssh.key_passphrase_command =
        reader.optional_text("key_passphrase_command", command_that_prints);
    reader.reject_both("password", "password_command");
    reader.reject_both("password", "key_file");
    reader.reject_both("password_command", "key_file");
    reader.reject_both("key_passphrase", "key_passphrase_command");
    if (const toml::node* key_file = reader.find("key_file")) {
        ssh.key_file = readable_key_file(reader, *key_file);
    }
    return ssh;
}

HostConfig read_host(const fs::path& file, const toml::table& table) {
    const TableReader reader(file, table, "this [[host]] table", host_keys);
    HostConfig host;

    const toml::node& address = reader.required("address", "address = \"node1\"");
    host.address = reader.text(address, "address", "the name or IP address of the host");
    if (has_control_character(host.address)) {
        throw reader.error(address,
                           "'address' has a control character; give the name or IP address of "
                           "the host");
    }

    const toml::node& base_port = reader.required("base_port", "base_port = 9500");
    host.base_port =
        reader.port(base_port, "base_port", largest_base_port,
                    ", and the job uses " + std::to_string(entry_ports) + " ports from there on");

    const toml::node& num_cores = reader.required("num_cores", "num_cores = 4");
    const std::int64_t cores = reader.integer(num_cores, "num_cores");
    if (cores < 1) {
        throw reader.error(num_cores,
                           "'num_cores' is " + std::to_string(cores) + "; give at least 1");
    }
    host.num_cores = static_cast<std::size_t>(cores);

    if (const toml::node* ssh = reader.find("ssh")) {
        host.ssh = read_ssh(file, reader.table(*ssh, "ssh"));
    }
    return host;
}

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Two processes on one machine cannot listen on the same ports.
void reject_shared_port(const TableReader& reader, const toml::table& table,
                        const std::vector<HostConfig>& earlier, const HostConfig& host) {
    const auto other = std::ranges::find_if(earlier, [&host](const HostConfig& candidate) {
        return is_same_address(candidate.address, host.address) &&
               std::abs(candidate.base_port - host.base_port) < entry_ports;
    });
    if (other == earlier.end()) return;
    throw reader.error(*table.get("base_port"),
                       "an earlier entry has the address " + in_quotes(other->address) +
                           " too and the base_port " + std::to_string(other->base_port) +
                           "; give entries of one address base ports at least " +
                           std::to_string(entry_ports) + " apart");
}

std::vector<HostConfig> read_hosts(const fs::path& file, const TableReader& reader) {
    constexpr std::string_view remedy = "write [[host]] above the keys of each host";
    const toml::node& node = reader.required("host", "a [[host]] table for every host");
    const toml::array* array = node.as_array();
    if (array == nullptr) {
        throw reader.wrong_type(node, "host", "an array of tables", std::string(remedy));
    }
    if (array->empty()) {
        throw reader.error(node, "there are no hosts; add a [[host]] table for every host");
    }

    std::vector<HostConfig> hosts;
    for (const toml::node& element : *array) {
        const toml::table* table = element.as_table();
        if (table == nullptr) {
            throw reader.wrong_type(element, "host", "an array of tables", std::string(remedy));
        }
        HostConfig host = read_host(file, *table);
        reject_shared_port(reader, *table, hosts, host);
        hosts.push_back(std::move(host));
    }
    return hosts;
}

// ---- the table [launch] ------------------------------------------------------------------------

std::string read_remote_directory(const TableReader& launch, const toml::node& node) {
    constexpr std::string_view wanted = "a directory below the home directory of the hosts";
    std::string directory = launch.text(node, "remote_directory", wanted);
    if (directory == "~" || directory == "~/") {
        throw launch.error(
            node, "'remote_directory' is the home directory itself; give " + std::string(wanted));
    }
    if (directory.starts_with("~/")) directory.erase(0, 2);
    // It becomes a part of PATH.
    if (directory.find(':') != std::string::npos || has_control_character(directory)) {
        throw launch.error(
            node, "'remote_directory' has a colon or a control character; give another directory");
    }
    return directory;
}

bool is_variable_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto may_follow = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, may_follow);
}

std::vector<std::pair<std::string, std::string>> read_environment(const fs::path& file,
                                                                  const toml::table& table) {
    const TableReader reader(file, table, "the table 'environment'");
    std::vector<std::pair<std::string, std::string>> variables;
    for (const auto& [key, value] : table) {
        if (!is_variable_name(key.str())) {
            throw error_at(file, key.source().begin,
                           in_quotes(key.str()) +
                               " is no name of an environment variable; use letters, digits "
                               "and _, and no digit in front");
        }
        variables.emplace_back(key.str(), reader.string(value, key.str()));
    }
    return variables;
}

std::chrono::milliseconds read_connect_timeout(const TableReader& launch, const toml::node& node) {
    constexpr double most_seconds = 600;
    const double seconds = launch.number(node, "connect_timeout");
    if (seconds > 0 && seconds <= most_seconds) {
        return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
    }
    throw launch.error(node,
                       "'connect_timeout' is no time to wait for a host; give seconds, more "
                       "than 0 and at most 600");
}

LaunchConfig read_launch(const fs::path& file, const toml::table& table) {
    const TableReader reader(file, table, "the table [launch]", launch_keys);
    LaunchConfig launch;
    if (const toml::node* directory = reader.find("remote_directory")) {
        launch.remote_directory = read_remote_directory(reader, *directory);
    }
    if (const toml::node* arguments = reader.find("mpirun_arguments")) {
        launch.mpirun_arguments = reader.strings(*arguments, "mpirun_arguments");
    }
    if (const toml::node* environment = reader.find("environment")) {
        launch.environment = read_environment(file, reader.table(*environment, "environment"));
    }
    if (const auto known_hosts = reader.optional_text("known_hosts", "a file of known host keys")) {
        launch.known_hosts = home_expanded(*known_hosts);
    }
    if (const toml::node* timeout = reader.find("connect_timeout")) {
        launch.connect_timeout = read_connect_timeout(reader, *timeout);
    }
    return launch;
}

// ---- writing -----------------------------------------------------------------------------------

std::string entry_text(const HostConfig& host) {
    return "[[host]]\naddress = " + quoted_string(host.address) +
           "\nbase_port = " + std::to_string(host.base_port) +
           "\nnum_cores = " + std::to_string(host.num_cores) + "\n";
}

bool has_secret(const HostConfig& host) {
    return host.ssh.password || host.ssh.key_passphrase;
}

}  // namespace

bool is_same_address(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

HostFile read_host_text(const std::string& text, const fs::path& title) {
    const toml::table root = parse(text, title);
    const TableReader reader(title, root, "the file", file_keys);
    HostFile content;
    if (const auto directory = reader.optional_string("tracing_dir")) {
        content.tracing_dir = home_expanded(*directory);
    }
    if (const toml::node* cleanup = reader.find("cleanup_executable")) {
        content.cleanup_executable = reader.boolean(*cleanup, "cleanup_executable");
    }
    if (const toml::node* launch = reader.find("launch")) {
        content.launch = read_launch(title, reader.table(*launch, "launch"));
    }
    content.hosts = read_hosts(title, reader);
    return content;
}

HostFile read_host_file(const fs::path& file) {
    return read_host_text(read_text(file), file);
}

std::string host_list_text(const std::vector<HostConfig>& hosts) {
    std::string text;
    for (const HostConfig& host : hosts) {
        if (!text.empty()) text += '\n';
        text += entry_text(host);
        if (host.ssh.username)
            text += "ssh = { username = " + quoted_string(*host.ssh.username) + " }\n";
    }
    return text;
}

std::string shared_text(const RuntimeConfig& config) {
    std::string text;
    if (config.tracing_dir()) {
        text += "tracing_dir = " + quoted_string(config.tracing_dir()->string()) + "\n";
    }
    if (config.cleanup_executable()) text += "cleanup_executable = true\n";
    for (const HostConfig& host : config.hosts()) text += entry_text(host);
    return text;
}

std::string exposed_secret_warning(const RuntimeConfig& config) {
    constexpr fs::perms others_read = fs::perms::group_read | fs::perms::others_read;
    if (std::ranges::none_of(config.hosts(), has_secret)) return {};
    std::error_code ignored;
    const fs::file_status status = fs::status(config.file(), ignored);
    if (!fs::is_regular_file(status)) return {};
    if ((status.permissions() & others_read) == fs::perms::none) return {};
    const std::string file = config.file().string();
    return "warning: " + file + " holds a secret and others can read it; run: chmod 600 " + file;
}

}  // namespace renoir::detail
