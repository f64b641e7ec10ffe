#include "config/host_file.hpp"

#include <renoir/base/error.hpp>
#include <renoir/config/suggestion.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace renoir::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> file_keys{"cleanup_executable", "host", "tracing_dir"};
constexpr std::array<std::string_view, 4> host_keys{"address", "base_port", "num_cores", "ssh"};
constexpr std::array<std::string_view, 5> ssh_keys{"key_file", "key_passphrase", "password",
                                                   "ssh_port", "username"};

Error file_error(const fs::path& file, const std::string& text) {
    return {ErrorKind::configuration, file.string() + ": " + text};
}

Error error_at(const fs::path& file, const toml::source_position& place, const std::string& text) {
    return file_error(
        file.string() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column),
        text);
}

std::string system_text(int code) {
    return std::generic_category().message(code);
}

std::string in_quotes(std::string_view text) {
    std::string quoted;
    quoted.append(1, '\'').append(text).append(1, '\'');
    return quoted;
}

std::string joined(std::span<const std::string_view> words) {
    std::string list;
    for (const std::string_view word : words) {
        if (!list.empty()) list += ", ";
        list += word;
    }
    return list;
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
           is_in(literals);
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

toml::table parse(const fs::path& file) {
    const std::string text = read_text(file);
    try {
        return toml::parse(text, file.string());
    } catch (const toml::parse_error& error) {
        throw error_at(file, error.source().begin,
                       without_quotations(error.description()) + "; correct the TOML syntax");
    }
}

// ---- one table ---------------------------------------------------------------------------------

std::string_view name_of(toml::node_type type) {
    switch (type) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a decimal number";
        case toml::node_type::boolean:
            return "a boolean";
        default:
            return "a date or time";
    }
}

/// Reads the values of one table and reports what is wrong with them.
class TableReader {
 public:
    /// `title` names the table in messages. An unknown key is an Error at once, before any missing
    /// one: a misspelt key is both, and the spelling is the cause.
    TableReader(const fs::path& file, const toml::table& table, std::string_view title,
                std::span<const std::string_view> keys)
        : file_(file), table_(table), title_(title) {
        reject_unknown(keys);
    }

    [[nodiscard]] const toml::node* find(std::string_view key) const { return table_.get(key); }

    [[nodiscard]] Error error(const toml::node& node, const std::string& text) const {
        return error_at(file_, node.source().begin, text);
    }

    /// The value of a key that has to be there; `example` is what the user could write.
    [[nodiscard]] const toml::node& required(std::string_view key, std::string_view example) const {
        if (const toml::node* node = find(key)) return *node;
        throw error(table_, std::string(title_) + " has no " + in_quotes(key) +
                                "; add for example " + std::string(example));
    }

    [[nodiscard]] std::string string(const toml::node& node, std::string_view key) const {
        if (const auto* value = node.as_string()) return value->get();
        throw wrong_type(node, key, "a string", "write its value in quotes");
    }

    [[nodiscard]] std::int64_t integer(const toml::node& node, std::string_view key) const {
        if (const auto* value = node.as_integer()) return value->get();
        throw wrong_type(node, key, "an integer", "write a whole number without quotes");
    }

    [[nodiscard]] bool boolean(const toml::node& node, std::string_view key) const {
        if (const auto* value = node.as_boolean()) return value->get();
        throw wrong_type(node, key, "a boolean", "write true or false without quotes");
    }

    [[nodiscard]] const toml::table& table(const toml::node& node, std::string_view key) const {
        if (const auto* value = node.as_table()) return *value;
        throw wrong_type(node, key, "a table", "write for example " + std::string(key) + " = { }");
    }

    [[nodiscard]] std::uint16_t port(const toml::node& node, std::string_view key) const {
        constexpr std::int64_t largest = std::numeric_limits<std::uint16_t>::max();
        const std::int64_t value = integer(node, key);
        if (value >= 1 && value <= largest) return static_cast<std::uint16_t>(value);
        throw error(node, in_quotes(key) + " is " + std::to_string(value) +
                              "; give a port from 1 to " + std::to_string(largest));
    }

    [[nodiscard]] std::optional<std::string> optional_string(std::string_view key) const {
        if (const toml::node* node = find(key)) return string(*node, key);
        return std::nullopt;
    }

    [[nodiscard]] Error wrong_type(const toml::node& node, std::string_view key,
                                   std::string_view wanted, const std::string& remedy) const {
        return error(node, in_quotes(key) + " has to be " + std::string(wanted) + ", not " +
                               std::string(name_of(node.type())) + "; " + remedy);
    }

 private:
    void reject_unknown(std::span<const std::string_view> keys) const {
        // The table is sorted by name; what the user wrote first is reported first.
        const toml::key* first = nullptr;
        for (const auto& [key, value] : table_) {
            if (std::ranges::count(keys, key.str()) > 0) continue;
            if (first == nullptr || is_before(key.source().begin, first->source().begin)) {
                first = &key;
            }
        }
        if (first == nullptr) return;
        std::string remedy = did_you_mean(first->str(), keys);
        if (remedy.empty()) remedy = "the keys known here are " + joined(keys);
        throw error_at(file_, first->source().begin,
                       "unknown key " + in_quotes(first->str()) + "; " + remedy);
    }

    static bool is_before(const toml::source_position& a, const toml::source_position& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    }

    const fs::path& file_;
    const toml::table& table_;
    std::string_view title_;
};

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

SshConfig read_ssh(const fs::path& file, const toml::table& table) {
    const TableReader reader(file, table, "this ssh table", ssh_keys);
    SshConfig ssh;
    if (const toml::node* port = reader.find("ssh_port")) ssh.port = reader.port(*port, "ssh_port");
    ssh.username = reader.optional_string("username");
    ssh.password = reader.optional_string("password");
    ssh.key_passphrase = reader.optional_string("key_passphrase");
    if (const toml::node* key_file = reader.find("key_file")) {
        if (ssh.password) {
            throw reader.error(*key_file,
                               "both 'password' and 'key_file' are given; keep one of them");
        }
        ssh.key_file = readable_key_file(reader, *key_file);
    }
    return ssh;
}

HostConfig read_host(const fs::path& file, const toml::table& table) {
    const TableReader reader(file, table, "this [[host]] table", host_keys);
    HostConfig host;

    const toml::node& address = reader.required("address", "address = \"node1\"");
    host.address = reader.string(address, "address");
    if (host.address.empty()) {
        throw reader.error(address, "'address' is empty; give the name or IP address of the host");
    }

    const toml::node& base_port = reader.required("base_port", "base_port = 9500");
    host.base_port = reader.port(base_port, "base_port");

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

/// Two processes on one machine cannot listen on the same ports.
void reject_shared_port(const TableReader& reader, const toml::table& table,
                        const std::vector<HostConfig>& earlier, const HostConfig& host) {
    const bool is_used = std::ranges::any_of(earlier, [&host](const HostConfig& other) {
        return other.address == host.address && other.base_port == host.base_port;
    });
    if (!is_used) return;
    throw reader.error(*table.get("base_port"),
                       "an earlier entry has the address " + in_quotes(host.address) +
                           " and the base_port " + std::to_string(host.base_port) +
                           " too; give every entry of one address its own base_port");
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

}  // namespace

HostFile read_host_file(const fs::path& file) {
    const toml::table root = parse(file);
    const TableReader reader(file, root, "the file", file_keys);
    HostFile content;
    if (const auto directory = reader.optional_string("tracing_dir")) {
        content.tracing_dir = home_expanded(*directory);
    }
    if (const toml::node* cleanup = reader.find("cleanup_executable")) {
        content.cleanup_executable = reader.boolean(*cleanup, "cleanup_executable");
    }
    content.hosts = read_hosts(file, reader);
    return content;
}

}  // namespace renoir::detail
