#pragma once

/// The keys by which hosts are recognised: OpenSSH's files known_hosts.
///
///     KnownHosts known(KnownHosts::usual_files());
///     if (known.check("host2.lan", 22, key).verdict != HostKeyVerdict::known) refuse();

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace renoir::launch {

enum class HostKeyVerdict {
    known,       ///< this key is the host's
    unknown,     ///< no key of the host is known
    other_type,  ///< keys of the host are known, but none of this type
    changed,     ///< another key of this type is known
    revoked,     ///< the key is marked as one to trust no more
};

struct HostKeyCheck {
    HostKeyVerdict verdict = HostKeyVerdict::unknown;
    std::filesystem::path file;  ///< of the line that says so; empty if there is none
    std::size_t line = 0;
};

/// "ssh-ed25519", the type that a key as it travels begins with; empty if it is no key.
[[nodiscard]] std::string key_type_of(std::string_view key);

/// "SHA256:...", as ssh-keygen prints it.
[[nodiscard]] std::string fingerprint_of(std::string_view key);

/// The name under which a host is looked up: its address, or "[address]:port" where the port is
/// not 22.
[[nodiscard]] std::string known_hosts_name(std::string_view address, std::uint16_t port);

/// The content of one or several such files, read when constructed. Names are plain, with port,
/// with the wildcards * and ?, negated with ! or hashed. Lines that cannot be understood are
/// skipped, and so are authorities (certificates of hosts are not used).
class KnownHosts {
 public:
    /// ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.
    [[nodiscard]] static std::vector<std::filesystem::path> usual_files();

    /// A file that does not exist is empty. Throws Error (configuration) for one that cannot be
    /// read: it may revoke keys.
    explicit KnownHosts(std::vector<std::filesystem::path> files);

    /// `key` as it travels. As with ssh, a key known for the address alone counts at each port.
    [[nodiscard]] HostKeyCheck check(std::string_view address, std::uint16_t port,
                                     std::string_view key) const;

    /// The types of the keys that are known for a host, for the negotiation with it.
    [[nodiscard]] std::vector<std::string> known_types(std::string_view address,
                                                       std::uint16_t port) const;

    /// Adds a line for the key to the first file, which is made (mode 600) where there is none.
    /// Lines that several processes add at a time all stay whole. Throws Error (output).
    void accept(std::string_view address, std::uint16_t port, std::string_view key) const;

    [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
    struct Line {
        bool is_revoked = false;
        std::string names;
        std::string type;
        std::string key;
        std::filesystem::path file;
        std::size_t number = 0;
    };

    void read(const std::filesystem::path& file);
    [[nodiscard]] static bool is_valid(const Line& line);
    [[nodiscard]] std::vector<const Line*> lines_for(const std::string& name) const;

    std::vector<std::filesystem::path> files_;
    std::vector<Line> lines_;
};

}  // namespace renoir::launch
