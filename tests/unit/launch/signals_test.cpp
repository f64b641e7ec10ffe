#include "launch/signals.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string>

#include "base/child_process.hpp"
#include "catch.hpp"
#include "process.hpp"

using namespace renoir::launch;
using renoir::detail::Descriptor;

namespace {

bool is_blocked(int signal) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, signal) == 1;
}

auto pipe_handler() {
    struct sigaction action {};
    sigaction(SIGPIPE, nullptr, &action);
    return action.sa_handler;
}

bool is_readable(int descriptor) {
    pollfd wanted{descriptor, POLLIN, 0};
    return poll(&wanted, 1, 0) == 1;
}

constexpr auto watched = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD};

}  // namespace

TEST_CASE("signals of a job are held back and told", "[launch]") {
    SignalWatch signals;
    CHECK_FALSE(signals.next());
    for (const int number : watched) {
        CAPTURE(number);
        CHECK_FALSE(is_readable(signals.descriptor()));
        REQUIRE(kill(getpid(), number) == 0);
        CHECK(is_readable(signals.descriptor()));
        const auto signal = signals.next();
        REQUIRE(signal);
        CHECK(signal->number == number);
        CHECK_FALSE(signal->is_of_terminal);
        CHECK_FALSE(signals.next());
    }
}

TEST_CASE("some signals end a job", "[launch]") {
    using Signal = SignalWatch::Signal;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        CHECK(Signal{number, false}.ends_job());
    }
    for (const int number : {SIGUSR1, SIGUSR2, SIGCHLD}) {
        CHECK_FALSE(Signal{number, false}.ends_job());
    }
}

TEST_CASE("the end of a child is told", "[launch]") {
    SignalWatch signals;
    Fork child([](int) { return 5; });
    pollfd wanted{signals.descriptor(), POLLIN, 0};
    REQUIRE(poll(&wanted, 1, 20'000) == 1);
    CHECK(signals.next()->number == SIGCHLD);
    CHECK(child.wait() == 5);
}

TEST_CASE("signals are as before when they are watched no more", "[launch]") {
    sigset_t only_one;
    sigemptyset(&only_one);
    sigaddset(&only_one, SIGUSR2);
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, &only_one, &before);
    const auto pipe_before = pipe_handler();
    {
        const SignalWatch signals;
        for (const int number : watched) CHECK(is_blocked(number));
        CHECK(pipe_handler() == SIG_IGN);
    }
    for (const int number : watched) CHECK(is_blocked(number) == (number == SIGUSR2));
    CHECK(pipe_handler() == pipe_before);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a signal of the terminal is told from one of a process", "[launch]") {
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
        SignalWatch signals;
        (void)!write(STDOUT_FILENO, "ready\n", 6);
        pollfd wanted{signals.descriptor(), POLLIN, 0};
        (void)poll(&wanted, 1, 20'000);
        const auto signal = signals.next();
        _exit(signal && signal->number == SIGINT && signal->is_of_terminal ? 7 : 1);
    }
    const Descriptor owner(terminal);
    CHECK(read_line(terminal) == "ready\r");
    write_all(terminal, "\x03");
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("signals that the launcher holds back are not held back in programs", "[launch]") {
    const SignalWatch signals;  // it also ignores SIGPIPE
    // Without a shell, which may change its mask itself.
    const std::string status =
        renoir::detail::capture_output({"grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"}).text;
    const auto mask_of = [&](const std::string& name) {
        return std::stoull(status.substr(status.find(name) + name.size()), nullptr, 16);
    };
    CHECK(mask_of("SigBlk:") == 0);
    CHECK((mask_of("SigIgn:") >> (SIGPIPE - 1) & 1U) == 0);
}
