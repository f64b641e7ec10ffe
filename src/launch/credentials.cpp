#include "launch/credentials.hpp"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "launch/base64.hpp"
#include "launch/known_hosts.hpp"

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t largest_key_file = 64 * 1024;

/// Reads the length-prefixed texts that OpenSSH's format consists of.
class Fields {
 public:
    explicit Fields(std::string_view bytes) : rest_(bytes) {}

    std::uint32_t number() {
        std::uint32_t value = 0;
        for (const char byte : take(4)) value = value << 8 | static_cast<unsigned char>(byte);
        return value;
    }

    std::string_view text() { return take(number()); }

    std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

 private:
    std::string_view rest_;
};

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// What lies between the first and the last line, without line ends.
std::string body_of(std::string_view text) {
    std::string body;
    const std::size_t start = text.find('\n');
    const std::size_t end = text.rfind("-----END");
    if (start == std::string_view::npos || end == std::string_view::npos || end < start) return {};
    for (const char character : text.substr(start, end - start)) {
        if (character != '\n' && character != '\r') body += character;
    }
    return body;
}

/// "openssh-key-v1", cipher, key derivation and its options, number of keys, public key.
std::optional<PrivateKeyFile> inspect_openssh(std::string_view text) {
    std::string body = body_of(text);
    std::optional<std::string> bytes = base64_decoded(body);
    wipe(body);
    if (!bytes) return std::nullopt;
    constexpr std::string_view magic("openssh-key-v1\0", 15);
    Fields fields(*bytes);
    std::optional<PrivateKeyFile> key;
    if (fields.take(magic.size()) == magic) {
        key.emplace();
        key->is_encrypted = fields.text() != "none";
        (void)fields.text();
        (void)fields.text();
        (void)fields.number();
        key->type = key_type_of(fields.text());
        if (key->type.empty()) key.reset();
    }
    wipe(*bytes);
    return key;
}

std::optional<PrivateKeyFile> inspect(std::string_view text) {
    const std::string_view first_line = text.substr(0, text.find('\n'));
    if (!contains(first_line, "PRIVATE KEY-----")) return std::nullopt;
    if (contains(first_line, "OPENSSH")) return inspect_openssh(text);
    PrivateKeyFile key;
    key.is_encrypted = contains(text, "ENCRYPTED");
    if (contains(first_line, "RSA")) key.type = "ssh-rsa";
    return key;
}

std::string content_of(const HostEntry& host, const fs::path& file) {
    std::error_code failure;
    if (fs::is_directory(file, failure)) {
        throw host.error("the key file '" + file.string() +
                         "' is a directory; give the file of a private key in 'ssh.key_file'");
    }
    std::ifstream stream(file, std::ios::binary);
    const int code = errno;
    if (!stream) {
        throw host.error("the key file '" + file.string() +
                         "' cannot be read: " + std::generic_category().message(code) +
                         "; correct 'ssh.key_file' or the permissions of the file");
    }
    std::string text(largest_key_file, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace

void wipe(std::string& text) noexcept {
    explicit_bzero(text.data(), text.size());
    text.clear();
}

Secret::Secret(std::string_view text) : text_(new char[text.size() + 1], Wipe{text.size()}) {
    if (!text.empty()) std::memcpy(text_.get(), text.data(), text.size());
    text_[text.size()] = '\0';
}

void Secret::Wipe::operator()(char* text) const noexcept {
    explicit_bzero(text, size);
    delete[] text;
}

Credentials credentials_of(const SshConfig& ssh, SecretSource ask) {
    Credentials credentials;
    credentials.username = ssh.username ? *ssh.username : local_username();
    if (ssh.password) credentials.password.emplace(*ssh.password);
    credentials.key_file = ssh.key_file;
    if (ssh.key_passphrase) credentials.key_passphrase.emplace(*ssh.key_passphrase);
    credentials.ask = std::move(ask);
    return credentials;
}

std::string local_username() {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
        found != nullptr) {
        return found->pw_name;
    }
    const char* name = std::getenv("USER");
    return name == nullptr ? std::to_string(geteuid()) : name;
}

std::vector<fs::path> usual_key_files() {
    std::vector<fs::path> files;
    const char* home = std::getenv("HOME");
    if (home == nullptr) return files;
    for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
        fs::path file = fs::path(home) / ".ssh" / name;
        std::error_code ignored;
        if (fs::is_regular_file(file, ignored)) files.push_back(std::move(file));
    }
    return files;
}

PrivateKeyFile inspect_key_file(const HostEntry& host, const fs::path& file) {
    std::string text = content_of(host, file);
    const std::optional<PrivateKeyFile> key = inspect(text);
    const bool is_public = text.starts_with("ssh-") || text.starts_with("ecdsa-");
    wipe(text);
    if (key) return *key;
    throw host.error("the key file '" + file.string() +
                     (is_public ? "' holds a public key; give the file of its private half"
                                : "' holds no private key that can be understood; give one that "
                                  "ssh-keygen has made") +
                     " in 'ssh.key_file'");
}

}  // namespace renoir::launch
