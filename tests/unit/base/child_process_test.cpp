#include "base/child_process.hpp"

#include <renoir/base/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "environment.hpp"
#include "folder.hpp"
#include "process.hpp"

using namespace renoir::detail;
using Catch::Matchers::StartsWith;
using Words = std::vector<std::string>;

namespace {

Words script(const std::string& text) {
    return {"sh", "-c", text};
}

/// What a script prints whose exit code is 0.
std::string printed(const std::string& text, const ChildOptions& options = {}) {
    ChildProcess child(script(text), options);
    const std::string output = read_all(child.output());
    CHECK(child.wait() == 0);
    return output;
}

/// Runs forever, unlike most programs without input.
const Words endless{"sleep", "1000000"};

std::string start_error(const std::string& program) {
    try {
        const ChildProcess child({program}, {});
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        return error.what();
    }
    return "no error";
}

/// Standard input of this process is something else while it lives.
class OtherInput {
 public:
    explicit OtherInput(int descriptor) : before_(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10)) {
        dup2(descriptor, STDIN_FILENO);
    }
    ~OtherInput() {
        if (before_.number() >= 0) {
            dup2(before_.number(), STDIN_FILENO);
        } else {
            close(STDIN_FILENO);
        }
    }
    OtherInput(const OtherInput&) = delete;
    OtherInput& operator=(const OtherInput&) = delete;

 private:
    Descriptor before_;
};

}  // namespace

TEST_CASE("output and errors of a program come through pipes of their own", "[child process]") {
    ChildOptions options;
    options.catches_errors = true;
    ChildProcess child(script("echo out; echo err >&2; exit 3"), options);
    CHECK(read_all(child.output()) == "out\n");
    CHECK(read_all(child.errors()) == "err\n");
    CHECK(child.wait() == 3);
    CHECK(child.exit_code() == 3);
}

TEST_CASE("words reach a program as they are", "[child process]") {
    ChildProcess child({"printf", "%s|", "", "a b", "$HOME", "it's", "\n"}, {});
    CHECK(read_all(child.output()) == "|a b|$HOME|it's|\n|");
}

TEST_CASE("a program that a signal has ended has a code of more than 128", "[child process]") {
    ChildProcess killed(script("kill -9 $$"), {});
    CHECK_FALSE(killed.ending_signal());
    CHECK(killed.wait() == 137);
    CHECK(killed.ending_signal() == SIGKILL);
    ChildProcess aborted(script("kill -ABRT $$"), {});
    CHECK(aborted.wait() == 134);
    CHECK(aborted.ending_signal() == SIGABRT);
    ChildProcess ended(script("exit 137"), {});
    CHECK(ended.wait() == 137);
    CHECK_FALSE(ended.ending_signal());
}

TEST_CASE("a program has no exit code while it runs", "[child process]") {
    ChildProcess child(endless, {});
    CHECK_FALSE(child.exit_code());
    child.send(SIGTERM);
    CHECK(child.wait() == 143);
    CHECK(child.exit_code() == 143);
    CHECK(child.wait() == 143);
    // Goes to nobody, least of all to a later process with the same number.
    child.send(SIGTERM);
}

TEST_CASE("a program ends with its owner, whatever it does about signals", "[child process]") {
    pid_t pid = -1;
    {
        ChildProcess child(script("trap '' TERM HUP INT; echo $$; exec sleep 1000000"), {});
        pid = std::stoi(read_line(child.output()));
        REQUIRE(kill(pid, 0) == 0);
    }
    CHECK(kill(pid, 0) == -1);
    CHECK(errno == ESRCH);
}

TEST_CASE("a program that cannot be started is named, with a remedy", "[child process]") {
    const Folder folder;
    const Variable path("PATH", (folder / "").string());
    CHECK(start_error("renoir-test-data") ==
          "renoir-test-data cannot be started: No such file or directory; install it, or put it "
          "into PATH");
    const std::string file = folder.write("renoir-test-data", "text").string();
    CHECK(start_error("renoir-test-data") ==
          "renoir-test-data cannot be started: Permission denied; install it, or put it into PATH");
    CHECK(start_error(file) == file + " cannot be started: Permission denied; check " + file);
}

TEST_CASE("programs are looked for in PATH", "[child process]") {
    const Folder folder;
    const auto file = folder.write("renoir-test-program", "#!/bin/sh\necho found\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    const Variable path("PATH", (folder / "").string() + ":" + std::getenv("PATH"));
    CHECK(capture_output({"renoir-test-program"}).text == "found\n");
}

TEST_CASE("variables are added to the environment or replaced in it", "[child process]") {
    const Variable kept("RENOIR_TEST_KEPT", "kept");
    const Variable replaced("RENOIR_TEST_REPLACED", "old");
    ChildOptions options;
    options.environment = {{"RENOIR_TEST_ADDED", "a=b c\n'"}, {"RENOIR_TEST_REPLACED", ""}};
    CHECK(printed("printf '%s|%s|%s' \"$RENOIR_TEST_KEPT\" \"${RENOIR_TEST_REPLACED-unset}\" "
                  "\"$RENOIR_TEST_ADDED\"",
                  options) == "kept||a=b c\n'");
    // A program that looks only at the first one sees the new value, too.
    CHECK(printed("tr '\\000' '\\n' </proc/$$/environ | grep '^RENOIR_TEST_REPLACED'", options) ==
          "RENOIR_TEST_REPLACED=\n");
    CHECK(std::string(std::getenv("RENOIR_TEST_REPLACED")) == "old");
}

TEST_CASE("a program has the input of this process or none", "[child process]") {
    PipeEnds pipe = new_pipe();
    const OtherInput input(pipe.reader.number());
    write_all(pipe.writer.number(), "input");
    pipe.writer.reset();
    CHECK(printed("cat") == "");
    ChildOptions options;
    options.has_input = true;
    CHECK(printed("cat", options) == "input");
}

TEST_CASE("a program ends when its launcher was killed", "[child process]") {
    // A pipe that only the program keeps open for writing tells its end.
    PipeEnds life = new_pipe();
    Fork launcher([&](int output) {
        fcntl(life.writer.number(), F_SETFD, 0);
        const ChildProcess child(script("echo $$; exec sleep 1000000"), {});
        write_all(output, read_line(child.output()) + "\n");
        pause();
        return 0;
    });
    life.writer.reset();
    const pid_t pid = std::stoi(read_line(launcher.output()));
    pollfd end{life.reader.number(), POLLIN, 0};
    REQUIRE(poll(&end, 1, 0) == 0);
    launcher.kill();
    constexpr int patience = 20'000;
    const bool has_ended = poll(&end, 1, patience) == 1;
    if (!has_ended) kill(pid, SIGKILL);
    CHECK(has_ended);
}

TEST_CASE("a program that outlives its owner goes on, and has a session of its own",
          "[child process]") {
    PipeEnds order = new_pipe();
    PipeEnds answer = new_pipe();
    Fork owner([&](int output) {
        fcntl(order.reader.number(), F_SETFD, 0);
        fcntl(answer.writer.number(), F_SETFD, 0);
        order.writer.reset();
        ChildOptions options;
        options.outlives_owner = true;
        const std::string reader = std::to_string(order.reader.number());
        const std::string writer = std::to_string(answer.writer.number());
        const ChildProcess child(
            script("read line <&" + reader + "; cut -d' ' -f6 /proc/$$/stat >&" + writer +
                   "; echo $$ >&" + writer),
            options);
        write_all(output, "started\n");
        pause();
        return 0;
    });
    answer.writer.reset();
    REQUIRE(read_line(owner.output()) == "started");
    owner.kill();
    write_all(order.writer.number(), "go on\n");
    const std::string session = read_line(answer.reader.number());
    REQUIRE_FALSE(session.empty());
    CHECK(std::stoi(session) == std::stoi(read_line(answer.reader.number())));
}

TEST_CASE("a program has none of the pipes to another one", "[child process]") {
    ChildOptions options;
    options.catches_errors = true;
    const ChildProcess other(endless, options);
    for (const int pipe : {other.output(), other.errors()}) {
        CHECK(printed("test ! -e /proc/self/fd/" + std::to_string(pipe) + " && echo none") ==
              "none\n");
    }
}

TEST_CASE("what a short program prints is captured with its exit code", "[child process]") {
    const CapturedOutput captured = capture_output(script("echo text; exit 4"));
    CHECK(captured.text == "text\n");
    CHECK(captured.exit_code == 4);
    CHECK(capture_output({"true"}).text.empty());
}

TEST_CASE("what a short program tells on standard error is captured beside it", "[child process]") {
    ChildOptions options;
    options.catches_errors = true;
    const CapturedOutput captured = capture_output(script("echo text; echo wrong >&2"), options);
    CHECK(captured.text == "text\n");
    CHECK(captured.errors == "wrong\n");
}

TEST_CASE("a program that prints too much is ended", "[child process]") {
    const CapturedOutput captured = capture_output({"yes"});
    CHECK(captured.text.size() <= (1U << 20) + 4096);
    CHECK_THAT(captured.text, StartsWith("y\ny\n"));
    CHECK(captured.exit_code != 0);
}
