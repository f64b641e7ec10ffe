#pragma once

/// With what a user logs in to a host, in memory that is wiped when it is no longer needed.
///
///     const Credentials credentials = credentials_of(host.ssh, ask_on_the_terminal);

#include <renoir/config/runtime_config.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launch/host_entry.hpp"

namespace renoir::launch {

/// Overwrites a text and empties it.
void wipe(std::string& text) noexcept;

/// A text that is wiped at its end, and never copied by accident.
class Secret {
 public:
    explicit Secret(std::string_view text);

    [[nodiscard]] const char* c_str() const noexcept { return text_.get(); }
    [[nodiscard]] std::string_view view() const noexcept {
        return {text_.get(), text_.get_deleter().size};
    }

 private:
    struct Wipe {
        std::size_t size = 0;
        void operator()(char* text) const noexcept;
    };
    std::unique_ptr<char[], Wipe> text_;
};

enum class SecretKind { password, key_passphrase };

/// What somebody has to be asked for.
struct SecretQuestion {
    const HostEntry& host;
    SecretKind kind;
    std::string username;
    std::filesystem::path key_file;  ///< of a passphrase
};

/// Answers from a prompt or from a command; nothing when there is nobody to ask. It may be called
/// from several threads at a time, one for each host.
using SecretSource = std::function<std::optional<Secret>(const SecretQuestion&)>;

/// What is tried: the password; else the key file; else the keys of the agent, the usual key files
/// and at last a password that somebody is asked for.
struct Credentials {
    std::string username;
    std::optional<Secret> password;
    std::optional<std::filesystem::path> key_file;
    std::optional<Secret> key_passphrase;
    SecretSource ask;
};

/// Copies what a host's configuration holds; the user is the local one where it names none.
[[nodiscard]] Credentials credentials_of(const SshConfig& ssh, SecretSource ask = {});

/// The name of the user that runs this process.
[[nodiscard]] std::string local_username();

/// Which of ~/.ssh/id_ed25519, id_ecdsa and id_rsa exist.
[[nodiscard]] std::vector<std::filesystem::path> usual_key_files();

/// What can be told of a private key without its passphrase.
struct PrivateKeyFile {
    std::string type;  ///< "ssh-ed25519"; empty where the format does not say it
    bool is_encrypted = false;

    [[nodiscard]] bool is_rsa() const { return type == "ssh-rsa"; }
};

/// Throws Error (configuration) for a file that cannot be read or holds no private key.
[[nodiscard]] PrivateKeyFile inspect_key_file(const HostEntry& host,
                                              const std::filesystem::path& file);

}  // namespace renoir::launch
