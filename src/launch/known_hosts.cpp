#include "launch/known_hosts.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <renoir/base/error.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>

#include "launch/base64.hpp"
#include "launch/sha256.hpp"
#include "launch/ssh_library.hpp"

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

constexpr std::uint16_t usual_port = 22;

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// `*` stands for any text and `?` for any character.
bool matches_pattern(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern.front() == '*') {
        return matches_pattern(pattern.substr(1), name) ||
               (!name.empty() && matches_pattern(pattern, name.substr(1)));
    }
    const bool first_matches =
        !name.empty() && (pattern.front() == '?' || pattern.front() == name.front());
    return first_matches && matches_pattern(pattern.substr(1), name.substr(1));
}

/// Patterns with commas between them; one with ! that matches outweighs the others.
bool matches_patterns(std::string_view patterns, std::string_view name) {
    bool matches = false;
    while (!patterns.empty()) {
        const std::string_view pattern = patterns.substr(0, patterns.find(','));
        patterns.remove_prefix(std::min(patterns.size(), pattern.size() + 1));
        if (pattern.starts_with('!')) {
            if (matches_pattern(lower_case(pattern.substr(1)), name)) return false;
        } else {
            matches = matches || matches_pattern(lower_case(pattern), name);
        }
    }
    return matches;
}

struct KnownHostsEnd {
    void operator()(LIBSSH2_KNOWNHOSTS* hosts) const noexcept { libssh2_knownhost_free(hosts); }
};

/// `hashed` is "|1|salt|hash", and the hash an HMAC-SHA1, which the library can compute: it looks
/// the name up in a list of this one host, with any key.
bool matches_hash(std::string_view hashed, const std::string& name) {
    constexpr std::string_view start = "|1|";
    const std::size_t end_of_salt = hashed.find('|', start.size());
    if (!hashed.starts_with(start) || end_of_salt == std::string_view::npos) return false;
    const std::string salt(hashed.substr(start.size(), end_of_salt - start.size()));
    const std::string hash(hashed.substr(end_of_salt + 1));

    const SessionHandle session = new_session();
    const std::unique_ptr<LIBSSH2_KNOWNHOSTS, KnownHostsEnd> hosts(
        libssh2_knownhost_init(session.get()));
    constexpr std::string_view key = "key";
    constexpr int format = LIBSSH2_KNOWNHOST_KEYENC_RAW | LIBSSH2_KNOWNHOST_KEY_SSHRSA;
    if (!hosts ||
        libssh2_knownhost_addc(hosts.get(), hash.c_str(), salt.c_str(), key.data(), key.size(),
                               nullptr, 0, LIBSSH2_KNOWNHOST_TYPE_SHA1 | format, nullptr) != 0) {
        return false;
    }
    constexpr int any_port = -1;
    return libssh2_knownhost_checkp(hosts.get(), name.c_str(), any_port, key.data(), key.size(),
                                    LIBSSH2_KNOWNHOST_TYPE_PLAIN | format,
                                    nullptr) == LIBSSH2_KNOWNHOST_CHECK_MATCH;
}

bool matches(const std::string& names, const std::string& name) {
    return names.starts_with('|') ? matches_hash(names, name) : matches_patterns(names, name);
}

Error cannot_write(const fs::path& file, int code) {
    return {ErrorKind::output, "the key of a host cannot be added to '" + file.string() +
                                   "': " + std::generic_category().message(code) +
                                   "; check the permissions and the space there"};
}

class File {
 public:
    File(const fs::path& path, int flags, mode_t mode)
        : descriptor_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

    [[nodiscard]] bool ends_within_a_line() const {
        char last = '\n';
        const off_t size = lseek(descriptor_, 0, SEEK_END);
        return size > 0 && pread(descriptor_, &last, 1, size - 1) == 1 && last != '\n';
    }

 private:
    int descriptor_;
};

}  // namespace

std::string key_type_of(std::string_view key) {
    if (key.size() < 4) return {};
    std::size_t length = 0;
    for (const char byte : key.substr(0, 4))
        length = length << 8 | static_cast<unsigned char>(byte);
    return length <= key.size() - 4 ? std::string(key.substr(4, length)) : std::string();
}

std::string fingerprint_of(std::string_view key) {
    Sha256 sum;
    sum.add(key);
    std::string text = base64_encoded(sum.digest());
    while (text.ends_with('=')) text.pop_back();
    return "SHA256:" + text;
}

std::string known_hosts_name(std::string_view address, std::uint16_t port) {
    const std::string name = lower_case(address);
    return port == usual_port ? name : "[" + name + "]:" + std::to_string(port);
}

std::vector<fs::path> KnownHosts::usual_files() {
    std::vector<fs::path> files;
    if (const char* home = std::getenv("HOME")) {
        files.push_back(fs::path(home) / ".ssh" / "known_hosts");
    }
    files.emplace_back("/etc/ssh/ssh_known_hosts");
    return files;
}

KnownHosts::KnownHosts(std::vector<fs::path> files) : files_(std::move(files)) {
    for (const fs::path& file : files_) read(file);
}

void KnownHosts::read(const fs::path& file) {
    std::ifstream stream(file);
    if (!stream) {
        const int code = errno;
        if (code == ENOENT || code == ENOTDIR) return;
        throw Error(ErrorKind::configuration,
                    "the file of known hosts '" + file.string() + "' cannot be read: " +
                        std::generic_category().message(code) + "; check its permissions");
    }
    std::string text;
    for (std::size_t number = 1; std::getline(stream, text); ++number) {
        std::istringstream words(text);
        Line line;
        line.file = file;
        line.number = number;
        std::string marker;
        std::string key;
        if (!(words >> line.names) || line.names.starts_with('#')) continue;
        if (line.names.starts_with('@')) {
            marker = line.names;
            words >> line.names;
        }
        words >> line.type >> key;
        line.is_revoked = marker == "@revoked";
        line.key = base64_decoded(key).value_or("");
        const bool has_known_marker = marker.empty() || line.is_revoked;
        if (has_known_marker && is_valid(line)) lines_.push_back(std::move(line));
    }
}

bool KnownHosts::is_valid(const Line& line) {
    return !line.type.empty() && key_type_of(line.key) == line.type;
}

std::vector<const KnownHosts::Line*> KnownHosts::lines_for(const std::string& name) const {
    std::vector<const Line*> found;
    for (const Line& line : lines_) {
        if (matches(line.names, name)) found.push_back(&line);
    }
    return found;
}

HostKeyCheck KnownHosts::check(std::string_view address, std::uint16_t port,
                               std::string_view key) const {
    const std::vector<const Line*> own = lines_for(known_hosts_name(address, port));
    const std::vector<const Line*> of_address =
        port == usual_port ? own : lines_for(known_hosts_name(address, usual_port));
    HostKeyCheck result;
    const auto says = [&result](HostKeyVerdict verdict, const Line& line) {
        result = {verdict, line.file, line.number};
    };
    for (const Line* line : own) {
        if (line->is_revoked) continue;
        if (line->type != key_type_of(key)) {
            if (result.verdict == HostKeyVerdict::unknown) says(HostKeyVerdict::other_type, *line);
        } else if (result.verdict != HostKeyVerdict::changed) {
            says(HostKeyVerdict::changed, *line);
        }
    }
    for (const auto& lines : {own, of_address}) {
        for (const Line* line : lines) {
            if (!line->is_revoked && line->key == key) says(HostKeyVerdict::known, *line);
        }
    }
    for (const auto& lines : {own, of_address}) {
        for (const Line* line : lines) {
            if (line->is_revoked && line->key == key) says(HostKeyVerdict::revoked, *line);
        }
    }
    return result;
}

std::vector<std::string> KnownHosts::known_types(std::string_view address,
                                                 std::uint16_t port) const {
    std::vector<std::string> types;
    for (const std::uint16_t looked_up : {port, usual_port}) {
        for (const Line* line : lines_for(known_hosts_name(address, looked_up))) {
            const bool is_new = std::ranges::find(types, line->type) == types.end();
            if (!line->is_revoked && is_new) types.push_back(line->type);
        }
    }
    return types;
}

void KnownHosts::accept(std::string_view address, std::uint16_t port, std::string_view key) const {
    if (files_.empty()) throw Error(ErrorKind::usage, "there is no file of known hosts to add to");
    const fs::path& path = files_.front();
    std::error_code ignored;
    if (fs::create_directory(path.parent_path(), ignored)) {
        fs::permissions(path.parent_path(), fs::perms::owner_all, ignored);
    }
    const File file(path, O_RDWR | O_APPEND | O_CREAT, S_IRUSR | S_IWUSR);
    if (file.descriptor() < 0 || flock(file.descriptor(), LOCK_EX) != 0) {
        throw cannot_write(path, errno);
    }
    std::string line = file.ends_within_a_line() ? "\n" : "";
    line += known_hosts_name(address, port) + " " + key_type_of(key) + " " + base64_encoded(key);
    line += "\n";
    const ssize_t written = write(file.descriptor(), line.data(), line.size());
    if (written < 0) throw cannot_write(path, errno);
    if (static_cast<std::size_t>(written) != line.size()) throw cannot_write(path, ENOSPC);
}

}  // namespace renoir::launch
