#include "launch/login.hpp"

#include "launch/ssh_agent.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <utility>

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

struct AgentEnd {
    void operator()(LIBSSH2_AGENT* agent) const noexcept {
        libssh2_agent_disconnect(agent);
        libssh2_agent_free(agent);
    }
};

std::string in_quotes(const std::string& text) {
    return "'" + text + "'";
}

unsigned length_of(std::string_view text) {
    return static_cast<unsigned>(text.size());
}

constexpr const char* rsa_remedy =
    "the SSH library here (libssh2 before 1.11) cannot use RSA keys with OpenSSH 8.8 and later; "
    "use "
    "an ed25519 key (ssh-keygen -t ed25519), or build with libssh2 1.11";

constexpr std::chrono::seconds patience_for_agent{3};

/// One login; what was tried in vain is remembered for the message.
class Login {
 public:
    Login(Connection& connection, const Credentials& credentials,
          std::chrono::milliseconds patience)
        : connection_(connection), credentials_(credentials), patience_(patience) {}

    void run() {
        if (is_let_in_without_credentials()) return;
        if (credentials_.password) return with_password(*credentials_.password);
        if (credentials_.key_file) return with_configured_key(*credentials_.key_file);
        if (takes("publickey") && (with_agent() || with_usual_keys())) return;
        with_password_of_somebody();
    }

 private:
    [[nodiscard]] const HostEntry& entry() const { return connection_.entry(); }
    [[nodiscard]] LIBSSH2_SESSION* session() const { return connection_.session(); }
    [[nodiscard]] const std::string& username() const { return credentials_.username; }
    [[nodiscard]] std::string user() const { return "user " + in_quotes(username()); }

    template <class Call>
    int call(Call function) {
        return connection_.call(Clock::now() + patience_, function);
    }

    bool is_let_in_without_credentials() {
        const char* list = connection_.call_pointer(Clock::now() + patience_, [this] {
            return libssh2_userauth_list(session(), username().data(), length_of(username()));
        });
        if (list == nullptr && libssh2_userauth_authenticated(session()) != 0) return true;
        if (list == nullptr) {
            throw connection_.failure(libssh2_session_last_errno(session()),
                                      "the host does not tell how to log in as " + user() + " (" +
                                          last_words(session()) + "); check its sshd");
        }
        methods_ = list;
        return false;
    }

    [[nodiscard]] bool takes(const std::string& method) const {
        return ("," + methods_ + ",").find("," + method + ",") != std::string::npos;
    }

    [[nodiscard]] bool takes_passwords() const {
        return takes("password") || takes("keyboard-interactive");
    }

    // ---- passwords -----------------------------------------------------------------------------

    void with_password(const Secret& password) {
        if (!takes_passwords()) {
            throw entry().error("the host takes no password from " + user() + " (it takes: " +
                                methods_ + "); give 'ssh.key_file' instead of 'ssh.password'");
        }
        if (takes("password") && plain_password(password)) return;
        if (takes("keyboard-interactive") && interactive_password(password)) return;
        throw entry().error("the host refuses the password of " + user() +
                            "; correct 'ssh.password' or 'ssh.username'");
    }

    bool plain_password(const Secret& password) {
        const int code = call([&] {
            return libssh2_userauth_password_ex(session(), username().data(), length_of(username()),
                                                password.c_str(), length_of(password.view()),
                                                nullptr);
        });
        if (code == LIBSSH2_ERROR_PASSWORD_EXPIRED) {
            throw entry().error("the password of " + user() +
                                " has expired; log in with ssh and change it");
        }
        return is_accepted(code);
    }

    bool interactive_password(const Secret& password) {
        answer_ = &password;
        *libssh2_session_abstract(session()) = this;
        const int code = call([&] {
            return libssh2_userauth_keyboard_interactive_ex(session(), username().data(),
                                                            length_of(username()), answer_prompts);
        });
        *libssh2_session_abstract(session()) = nullptr;
        return is_accepted(code);
    }

    /// The password answers the first question whose answer is not shown; there is none for others.
    static void answer_prompts(const char* /*name*/, int /*name_length*/,
                               const char* /*instruction*/, int /*instruction_length*/, int count,
                               const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                               LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** owner) {
        auto& login = *static_cast<Login*>(*owner);
        for (int i = 0; i < count; ++i) {
            const Secret* answer =
                prompts[i].echo == 0 ? std::exchange(login.answer_, nullptr) : nullptr;
            const std::string_view text = answer == nullptr ? std::string_view() : answer->view();
            responses[i].text = copy_for_library(text);
            responses[i].length = responses[i].text == nullptr ? 0 : length_of(text);
        }
    }

    void with_password_of_somebody() {
        if (takes_passwords()) {
            if (const auto password = ask(SecretKind::password)) return with_password(*password);
        }
        const std::string tried = tried_.empty() ? "there is no key to try" : "tried: " + tried_;
        throw entry().error("no way to log in as " + user() + " (" + tried +
                            "; the host takes: " + methods_ + "); " +
                            (tried_rsa_ ? rsa_remedy : "give 'ssh.key_file' or 'ssh.password'"));
    }

    std::optional<Secret> ask(SecretKind kind, const fs::path& key_file = {}) {
        if (!credentials_.ask) return std::nullopt;
        return credentials_.ask({entry(), kind, username(), key_file});
    }

    // ---- keys ----------------------------------------------------------------------------------

    void with_configured_key(const fs::path& file) {
        const PrivateKeyFile key = inspect_key_file(entry(), file);
        if (!takes("publickey")) {
            throw entry().error("the host takes no key from " + user() + " (it takes: " + methods_ +
                                "); give 'ssh.password' instead of 'ssh.key_file'");
        }
        if (!key.is_encrypted) return with_configured_key(file, key, nullptr);
        if (credentials_.key_passphrase) {
            return with_configured_key(file, key, credentials_.key_passphrase->c_str());
        }
        const std::optional<Secret> passphrase = ask(SecretKind::key_passphrase, file);
        if (!passphrase) {
            throw entry().error("the key file " + in_quotes(file.string()) +
                                " is encrypted; give 'ssh.key_passphrase'");
        }
        with_configured_key(file, key, passphrase->c_str());
    }

    void with_configured_key(const fs::path& file, const PrivateKeyFile& key,
                             const char* passphrase) {
        const int code = try_key(file, passphrase);
        if (is_unreadable(code)) throw cannot_use(file, key);
        if (is_accepted(code)) return;
        const std::string start =
            "the host refuses the key " + in_quotes(file.string()) + " of " + user() + "; ";
        if (key.is_rsa() && !can_use_rsa()) throw entry().error(start + rsa_remedy);
        throw entry().error(start +
                            "add its public half to ~/.ssh/authorized_keys there "
                            "(ssh-copy-id), or correct 'ssh.key_file' or 'ssh.username'");
    }

    Error cannot_use(const fs::path& file, const PrivateKeyFile& key) const {
        const std::string name = "key file " + in_quotes(file.string());
        if (key.is_encrypted) {
            return entry().error("wrong passphrase for the " + name +
                                 "; correct 'ssh.key_passphrase'");
        }
        return entry().error("the " + name + " cannot be used (" + last_words(session()) +
                             "); give an ed25519 or ECDSA key that ssh-keygen has made");
    }

    int try_key(const fs::path& file, const char* passphrase) {
        return call([&] {
            return libssh2_userauth_publickey_fromfile_ex(session(), username().data(),
                                                          length_of(username()), nullptr,
                                                          file.c_str(), passphrase);
        });
    }

    bool with_usual_keys() {
        for (const fs::path& file : usual_key_files()) {
            const PrivateKeyFile key = inspect_key_file(entry(), file);
            std::optional<Secret> passphrase;
            if (key.is_encrypted) passphrase = ask(SecretKind::key_passphrase, file);
            if (key.is_encrypted && !passphrase) {
                remember(in_quotes(file.string()) + " is encrypted", false);
                continue;
            }
            const int code = try_key(file, passphrase ? passphrase->c_str() : nullptr);
            if (is_unreadable(code)) throw cannot_use(file, key);
            if (is_accepted(code)) return true;
            remember(in_quotes(file.string()), key.is_rsa());
        }
        return false;
    }

    bool with_agent() {
        if (std::getenv("SSH_AUTH_SOCK") == nullptr) return false;
        const std::unique_ptr<LIBSSH2_AGENT, AgentEnd> agent(libssh2_agent_init(session()));
        if (!agent || !does_agent_answer(patience_for_agent) ||
            libssh2_agent_connect(agent.get()) != 0 ||
            libssh2_agent_list_identities(agent.get()) != 0) {
            remember("the ssh-agent does not answer", false);
            return false;
        }
        libssh2_agent_publickey* previous = nullptr;
        libssh2_agent_publickey* key = nullptr;
        while (libssh2_agent_get_identity(agent.get(), &key, previous) == 0) {
            if (is_accepted(call([&] {
                    return libssh2_agent_userauth(agent.get(), username().c_str(), key);
                }))) {
                return true;
            }
            const std::string_view blob(reinterpret_cast<const char*>(key->blob), key->blob_len);
            remember("key " + in_quotes(key->comment) + " of the ssh-agent",
                     blob.find("ssh-rsa") == 4);
            previous = key;
        }
        return false;
    }

    // ---- results -------------------------------------------------------------------------------

    void remember(const std::string& what, bool is_rsa) {
        tried_ += (tried_.empty() ? "" : ", ") + what;
        tried_rsa_ = tried_rsa_ || (is_rsa && !can_use_rsa());
    }

    static bool is_unreadable(int code) {
        return code == LIBSSH2_ERROR_FILE || code == LIBSSH2_ERROR_KEYFILE_AUTH_FAILED;
    }

    /// Whatever is not the end of the connection is a refusal: the library names it in many ways.
    [[nodiscard]] bool is_accepted(int code) const {
        if (code == 0) return true;
        if (!Connection::means_lost(code)) return false;
        if (tried_.empty()) throw connection_.lost();
        throw entry().error("the host ends the login after several keys (tried: " + tried_ +
                            "); name the right one in 'ssh.key_file'");
    }

    Connection& connection_;
    const Credentials& credentials_;
    std::chrono::milliseconds patience_;
    std::string methods_;
    std::string tried_;
    bool tried_rsa_ = false;
    const Secret* answer_ = nullptr;
};

}  // namespace

void log_in(Connection& connection, const Credentials& credentials,
            std::chrono::milliseconds patience) {
    Login(connection, credentials, patience).run();
}

}  // namespace renoir::launch
