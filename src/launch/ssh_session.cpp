#include "launch/ssh_session.hpp"

#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "launch/command.hpp"
#include "launch/connection.hpp"
#include "launch/forwarded_port.hpp"
#include "launch/login.hpp"
#include "launch/sha256.hpp"
#include "launch/upload.hpp"

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

std::string content_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    const int code = errno;
    std::error_code ignored;
    if (!stream || !fs::is_regular_file(path, ignored)) {
        throw Error(ErrorKind::input,
                    "the file '" + path.string() + "' to copy to the hosts cannot be read: " +
                        (stream ? "it is no file" : std::generic_category().message(code)) +
                        "; check its path and permissions");
    }
    std::string content(fs::file_size(path, ignored), '\0');
    stream.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(stream.gcount()));
    return content;
}

std::string line_of(const HostKeyCheck& check) {
    return check.file.string() + ":" + std::to_string(check.line);
}

/// The command that fetches the keys of a host, for the user to compare and to keep.
std::string key_scan(const Connection& connection, const SshOptions& options) {
    const std::string port =
        connection.port() == 22 ? "" : "-p " + std::to_string(connection.port()) + " ";
    const std::string file =
        options.known_hosts.empty() ? "" : " >> " + options.known_hosts.front().string();
    return "ssh-keyscan " + port + connection.entry().address + file;
}

/// No credential leaves this machine before the host is known.
void check_host(const Connection& connection, const KnownHosts& known, const SshOptions& options) {
    const HostEntry& entry = connection.entry();
    const std::string key = connection.host_key();
    const HostKeyCheck check = known.check(entry.address, connection.port(), key);
    const std::string shown = key_type_of(key) + " key " + fingerprint_of(key);
    switch (check.verdict) {
        case HostKeyVerdict::known:
            return;
        case HostKeyVerdict::unknown:
            if (options.accept_new_host_keys) {
                return known.accept(entry.address, connection.port(), key);
            }
            throw entry.error("the host is unknown: it shows the " + shown +
                              "; if that is right, start with --accept-new-host-keys, or add it: " +
                              key_scan(connection, options));
        case HostKeyVerdict::other_type:
            throw entry.error("the host shows its " + shown +
                              ", but only a key of another type is known (" + line_of(check) +
                              "); if it is right, add it: " + key_scan(connection, options));
        case HostKeyVerdict::changed:
            throw entry.error("the key of the host has changed, somebody may pose as it: the " +
                              shown + " differs from " + line_of(check) +
                              "; if the change is right, remove the old one: ssh-keygen -R '" +
                              known_hosts_name(entry.address, connection.port()) + "' -f '" +
                              check.file.string() + "'");
        case HostKeyVerdict::revoked:
            throw entry.error("the host shows a key that is revoked in " + line_of(check) +
                              ", its " + shown + "; give the host a new key");
    }
}

}  // namespace

LocalFile::LocalFile(fs::path path) : path_(std::move(path)), content_(content_of(path_)) {
    Sha256 sum;
    sum.add(content_);
    sha256_ = hexadecimal(sum.digest());
}

class SshSession::Implementation {
 public:
    Implementation(HostEntry entry, std::uint16_t port, const Credentials& credentials,
                   const SshOptions& options)
        : known_(options.known_hosts),
          connection_(entry, port, known_.known_types(entry.address, port),
                      options.connect_timeout) {
        check_host(connection_, known_, options);
        log_in(connection_, credentials, options.connect_timeout);
        connection_.keep_alive();
    }

    Connection& connection() { return connection_; }

    std::uint16_t forward_port() { return port_.emplace(connection_).number(); }

    void run_all(const std::vector<RemoteCommand>& commands, std::uint16_t local_port) {
        run_commands(connection_, commands, port_ ? &*port_ : nullptr, local_port);
    }

 private:
    KnownHosts known_;
    Connection connection_;
    std::optional<ForwardedPort> port_;
};

SshSession::SshSession(HostEntry entry, std::uint16_t port, const Credentials& credentials,
                       const SshOptions& options)
    : implementation_(
          std::make_unique<Implementation>(std::move(entry), port, credentials, options)) {}

SshSession::~SshSession() = default;
SshSession::SshSession(SshSession&&) noexcept = default;
SshSession& SshSession::operator=(SshSession&&) noexcept = default;

RemoteResult SshSession::run(const std::string& command, const RunOptions& options) {
    return run_command(implementation_->connection(), command, options);
}

std::uint16_t SshSession::forward_port() {
    return implementation_->forward_port();
}

void SshSession::run_all(const std::vector<RemoteCommand>& commands, std::uint16_t local_port) {
    implementation_->run_all(commands, local_port);
}

void SshSession::interrupt() noexcept {
    implementation_->connection().interrupt();
}

std::string SshSession::local_address() const {
    return implementation_->connection().local_address();
}

UploadResult SshSession::upload(const LocalFile& file, const std::string& remote_path,
                                const std::function<void(std::uint64_t)>& on_progress) {
    return upload_file(implementation_->connection(), file, remote_path, on_progress);
}

}  // namespace renoir::launch
