#include "launch/prompt.hpp"

#include "base/child_process.hpp"
#include "base/descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace renoir::launch {
namespace {

/// Waits for input; returns whether there is some, or its end, before the question is given up.
bool has_input(int descriptor, const detail::WakeUp& given_up) {
    std::array<pollfd, 2> wanted{{{given_up.descriptor(), POLLIN, 0}, {descriptor, POLLIN, 0}}};
    while (poll(wanted.data(), wanted.size(), -1) < 0 && errno == EINTR) {
    }
    return wanted[0].revents == 0;
}

/// Up to the end of the line; nothing at the end of the input, or when the question is given up.
std::optional<Secret> read_line(int descriptor, const detail::WakeUp& given_up) {
    std::string line;
    char character = 0;
    bool is_whole = false;
    while (!is_whole && has_input(descriptor, given_up) && read(descriptor, &character, 1) == 1) {
        is_whole = character == '\n';
        if (!is_whole) line += character;
    }
    std::optional<Secret> secret;
    if (is_whole) secret.emplace(line);
    wipe(line);
    return secret;
}

std::string question_text(const SecretQuestion& question) {
    if (question.kind == SecretKind::password) {
        return question.host.name() + ": password of " + question.username + ": ";
    }
    return question.host.name() + ": passphrase of " + question.key_file.string() + ": ";
}

/// The first line of what a command of the local shell prints.
Secret printed_by(const HostEntry& entry, const char* key, const std::string& command) {
    detail::CapturedOutput output = detail::capture_output({"sh", "-c", command});
    const std::size_t end = std::min(output.text.find('\n'), output.text.size());
    const bool is_usable = output.exit_code == 0 && end > 0;
    Secret secret(std::string_view(output.text).substr(0, end));
    wipe(output.text);
    if (is_usable) return secret;
    throw entry.error(std::string("the command in 'ssh.") + key + "' " +
                      (output.exit_code == 0
                           ? "prints nothing"
                           : "ends with exit code " + std::to_string(output.exit_code)) +
                      "; try it in a shell, it has to print the secret");
}

}  // namespace

struct TerminalPrompt::Terminal {
    detail::Descriptor descriptor{open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)};
    std::optional<termios> shown;  ///< how it was before the first question

    void hide_input() noexcept {
        termios hidden{};
        if (tcgetattr(descriptor.number(), &hidden) != 0) return;
        if (!shown) shown = hidden;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        hidden.c_lflag |= ECHONL;
        tcsetattr(descriptor.number(), TCSAFLUSH, &hidden);
    }
};

TerminalPrompt::TerminalPrompt() : terminal_(std::make_unique<Terminal>()) {}

TerminalPrompt::~TerminalPrompt() = default;

std::optional<Secret> TerminalPrompt::ask(const SecretQuestion& question) {
    const std::scoped_lock lock(one_at_a_time_);
    const int terminal = terminal_->descriptor.number();
    const std::string text = question_text(question);
    if (terminal < 0 || is_given_up()) return std::nullopt;
    terminal_->hide_input();
    if (write(terminal, text.data(), text.size()) < 0) return std::nullopt;
    std::optional<Secret> answer = read_line(terminal, given_up_);
    // The question stands in a line that nobody ends.
    if (is_given_up()) (void)!write(terminal, "\n", 1);
    restore();
    return answer;
}

bool TerminalPrompt::is_given_up() const noexcept {
    pollfd wanted{given_up_.descriptor(), POLLIN, 0};
    return poll(&wanted, 1, 0) == 1;
}

void TerminalPrompt::restore() noexcept {
    if (!terminal_->shown) return;
    tcsetattr(terminal_->descriptor.number(), TCSAFLUSH, &*terminal_->shown);
}

Credentials resolved_credentials(const HostEntry& entry, const SshConfig& ssh, SecretSource ask) {
    Credentials credentials = credentials_of(ssh, std::move(ask));
    if (ssh.password_command) {
        credentials.password = printed_by(entry, "password_command", *ssh.password_command);
    }
    if (ssh.key_passphrase_command) {
        credentials.key_passphrase =
            printed_by(entry, "key_passphrase_command", *ssh.key_passphrase_command);
    }
    return credentials;
}

}  // namespace renoir::launch
