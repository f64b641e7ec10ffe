#include "launch/prompt.hpp"

#include <renoir/base/error.hpp>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "catch.hpp"
#include "process.hpp"

using namespace renoir::launch;
using renoir::detail::Descriptor;

namespace {

const HostEntry entry{2, "host2.lan"};

renoir::SshConfig with_password_command(const std::string& command) {
    renoir::SshConfig ssh;
    ssh.password_command = command;
    return ssh;
}

std::string password_from(const std::string& command) {
    const Credentials credentials = resolved_credentials(entry, with_password_command(command), {});
    REQUIRE(credentials.password);
    return std::string(credentials.password->view());
}

std::string error_of(const renoir::SshConfig& ssh) {
    try {
        (void)resolved_credentials(entry, ssh, {});
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        return error.what();
    }
    return "no error";
}

std::string error_of(const std::string& command) {
    return error_of(with_password_command(command));
}

/// Up to a colon and a blank, behind which a question waits for its answer.
std::string read_question(int terminal) {
    std::string text;
    char character = 0;
    while (!text.ends_with("alice: ") && !text.ends_with("key: ") &&
           read(terminal, &character, 1) == 1) {
        text += character;
    }
    return text;
}

}  // namespace

TEST_CASE("a password is the first line that its command prints", "[launch]") {
    CHECK(password_from("echo secret") == "secret");
    CHECK(password_from("printf secret") == "secret");
    CHECK(password_from("printf 'secret\\nnote\\nnote\\n'") == "secret");
    CHECK(password_from("printf ' with  blanks \\n'") == " with  blanks ");
    CHECK(password_from("a=sec; printf '%s\\n' \"$a\"ret | cat") == "secret");
}

TEST_CASE("a passphrase comes from its own command", "[launch]") {
    renoir::SshConfig ssh = with_password_command("echo first");
    ssh.key_passphrase_command = "echo second; echo note";
    const Credentials credentials = resolved_credentials(entry, ssh, {});
    REQUIRE(credentials.password);
    REQUIRE(credentials.key_passphrase);
    CHECK(credentials.password->view() == "first");
    CHECK(credentials.key_passphrase->view() == "second");
}

TEST_CASE("without commands the credentials are those of the table", "[launch]") {
    renoir::SshConfig ssh;
    ssh.username = "alice";
    ssh.password = "p";
    const Credentials credentials = resolved_credentials(
        entry, ssh, [](const SecretQuestion&) { return std::optional<Secret>("answer"); });
    CHECK(credentials.username == "alice");
    CHECK(credentials.password->view() == "p");
    CHECK_FALSE(credentials.key_passphrase);
    REQUIRE(credentials.ask);
    CHECK(credentials.ask({entry, SecretKind::password, "alice", {}})->view() == "answer");
}

TEST_CASE("a command that fails is an error without what it has printed", "[launch]") {
    const std::string begin = "host 2 (host2.lan): the command in 'ssh.password_command' ";
    const std::string end = "; try it in a shell, it has to print the secret";
    CHECK(error_of("exit 3") == begin + "ends with exit code 3" + end);
    CHECK(error_of("echo secret; exit 1") == begin + "ends with exit code 1" + end);
    CHECK(error_of("echo secret; kill -9 $$") == begin + "ends with exit code 137" + end);
    CHECK(error_of("renoir-no-such-program 2>/dev/null") ==
          begin + "ends with exit code 127" + end);
    CHECK(error_of("true") == begin + "prints nothing" + end);
    CHECK(error_of("printf '\\nsecret\\n'") == begin + "prints nothing" + end);

    renoir::SshConfig ssh;
    ssh.key_passphrase_command = "exit 3";
    CHECK(error_of(ssh) ==
          "host 2 (host2.lan): the command in 'ssh.key_passphrase_command' ends "
          "with exit code 3" +
              end);
}

TEST_CASE("a command that prints without end is an error", "[launch]") {
    CHECK(error_of("yes secret").find("secret;") == std::string::npos);
    CHECK(
        error_of("yes word")
            .starts_with(
                "host 2 (host2.lan): the command in 'ssh.password_command' ends with exit code "));
}

TEST_CASE("a question is asked at the terminal, and its answer is not shown", "[launch]") {
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
        TerminalPrompt prompt;
        const auto password = prompt.ask({entry, SecretKind::password, "alice", {}});
        const auto passphrase = prompt.ask({entry, SecretKind::key_passphrase, "alice", "/key"});
        const bool is_right = password && password->view() == "secret one" && passphrase &&
                              passphrase->view() == "secret two";
        // Now what is typed is shown again.
        (void)!write(STDOUT_FILENO, "key: ", 5);
        char character = 0;
        while (read(STDIN_FILENO, &character, 1) == 1 && character != '\n') {
        }
        _exit(is_right ? 7 : 1);
    }
    const Descriptor owner(terminal);
    CHECK(read_question(terminal) == "host 2 (host2.lan): password of alice: ");
    write_all(terminal, "secret one\n");
    CHECK(read_question(terminal) == "\r\nhost 2 (host2.lan): passphrase of /key: ");
    write_all(terminal, "secret two\n");
    CHECK(read_question(terminal) == "\r\nkey: ");
    write_all(terminal, "shown\n");
    CHECK(read_line(terminal) == "shown\r");
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("without a terminal there is nobody to ask", "[launch]") {
    Fork child([](int) {
        setsid();
        TerminalPrompt prompt;
        return prompt.ask({entry, SecretKind::password, "alice", {}}) ? 1 : 7;
    });
    CHECK(child.wait() == 7);
}
