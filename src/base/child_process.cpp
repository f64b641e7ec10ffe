#include "base/child_process.hpp"

#include <renoir/base/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace renoir::detail {
namespace {

Error cannot_start(const std::string& program, int code) {
    const std::string text =
        program + " cannot be started: " + std::generic_category().message(code);
    // A folder in PATH that may not be read hides that the program is nowhere.
    const bool is_missing = code == ENOENT || (code == EACCES && program.find('/') == program.npos);
    return {ErrorKind::configuration,
            text + (is_missing ? "; install it, or put it into PATH" : "; check " + program)};
}

struct Pipe {
    Descriptor reader;
    Descriptor writer;
};

Pipe new_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw cannot_start("a pipe", errno);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The environment of this process with some variables more, for exec.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        bool is_replaced = false;
        for (const auto& variable : added) is_replaced = is_replaced || variable.first == name;
        if (!is_replaced) all.emplace_back(text);
    }
    for (const auto& [name, value] : added) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

/// What is between fork and exec: nothing but calls that are allowed in a process with threads.
struct Child {
    char** words;
    char** environment;
    pid_t parent;
    int input;  ///< -1: that of this process
    int output;
    int errors;  ///< -1: that of this process
    int report;  ///< is told why the program cannot be started
    bool outlives_owner;

    [[noreturn]] void run() const noexcept {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        signal(SIGPIPE, SIG_DFL);
        if (outlives_owner) {
            setsid();
        } else {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (getppid() != parent) _exit(1);
        }
        if ((input < 0 || dup2(input, STDIN_FILENO) >= 0) && dup2(output, STDOUT_FILENO) >= 0 &&
            (errors < 0 || dup2(errors, STDERR_FILENO) >= 0)) {
            execvpe(words[0], words, environment);
        }
        const int code = errno;
        (void)!write(report, &code, sizeof code);
        _exit(127);
    }
};

/// Adds what there is to read now; returns whether there can be more.
bool append_some(int descriptor, std::string& text) {
    std::array<char, 4096> buffer{};
    const ssize_t size = read(descriptor, buffer.data(), buffer.size());
    if (size < 0) return errno == EINTR;
    text.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words, const ChildOptions& options) {
    Pipe output = new_pipe();
    Pipe errors = options.catches_errors ? new_pipe() : Pipe();
    Pipe report = new_pipe();
    const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::vector<std::string> word_texts = words;
    std::vector<std::string> environment_texts = environment_with(options.environment);
    const std::vector<char*> word_pointers = pointers(word_texts);
    const std::vector<char*> environment_pointers = pointers(environment_texts);
    const Child child{const_cast<char**>(word_pointers.data()),
                      const_cast<char**>(environment_pointers.data()),
                      getpid(),
                      options.has_input ? -1 : nothing.number(),
                      output.writer.number(),
                      errors.writer.number(),
                      report.writer.number(),
                      options.outlives_owner};
    pid_ = fork();
    if (pid_ < 0) throw cannot_start(words.front(), errno);
    if (pid_ == 0) child.run();
    report.writer.reset();
    int code = 0;
    if (read(report.reader.number(), &code, sizeof code) == sizeof code) {
        wait();
        throw cannot_start(words.front(), code);
    }
    output_ = std::move(output.reader);
    errors_ = std::move(errors.reader);
}

ChildProcess::~ChildProcess() {
    if (pid_ <= 0 || exit_code()) return;
    send(SIGKILL);
    wait();
}

void ChildProcess::send(int signal) noexcept {
    if (!exit_code_) kill(pid_, signal);
}

void ChildProcess::take(int status) noexcept {
    if (WIFSIGNALED(status)) ending_signal_ = WTERMSIG(status);
    exit_code_ = ending_signal_ ? 128 + *ending_signal_ : WEXITSTATUS(status);
}

std::optional<int> ChildProcess::exit_code() noexcept {
    int status = 0;
    if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) take(status);
    return exit_code_;
}

int ChildProcess::wait() noexcept {
    int status = 0;
    while (!exit_code_) {
        if (waitpid(pid_, &status, 0) == pid_) {
            take(status);
        } else if (errno != EINTR) {
            exit_code_ = 255;
        }
    }
    return *exit_code_;
}

CapturedOutput capture_output(const std::vector<std::string>& words, const ChildOptions& options) {
    constexpr std::size_t limit = 1 << 20;
    ChildProcess child(words, options);
    CapturedOutput captured;
    // Without a pipe for the errors their number is -1, which poll() leaves out.
    std::array<pollfd, 2> pipes{{{child.output(), POLLIN, 0}, {child.errors(), POLLIN, 0}}};
    const std::array<std::string*, 2> texts{&captured.text, &captured.errors};
    while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
        if (poll(pipes.data(), pipes.size(), -1) < 0) {
            if (errno == EINTR) continue;
            break;
        }
        for (std::size_t i = 0; i < pipes.size(); ++i) {
            if (pipes[i].fd >= 0 && pipes[i].revents != 0 && !append_some(pipes[i].fd, *texts[i])) {
                pipes[i].fd = -1;
            }
        }
        if (captured.text.size() + captured.errors.size() < limit) continue;
        captured.exit_code = 1;
        return captured;
    }
    captured.exit_code = child.wait();
    return captured;
}

CapturedOutput capture_output(const std::vector<std::string>& words) {
    ChildOptions options;
    options.has_input = true;
    return capture_output(words, options);
}

}  // namespace renoir::detail
