#pragma once

// Processes that tests start beside the test.

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>

#include "base/descriptor.hpp"

/// All that can be read up to the end.
inline std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
        const ssize_t size = read(descriptor, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

/// Up to the end of a line, which is left out.
inline std::string read_line(int descriptor) {
    std::string line;
    char character = 0;
    while (read(descriptor, &character, 1) == 1 && character != '\n') line += character;
    return line;
}

inline void write_all(int descriptor, const std::string& text) {
    if (write(descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        throw std::runtime_error("a test cannot write");
    }
}

struct PipeEnds {
    renoir::detail::Descriptor reader;
    renoir::detail::Descriptor writer;
};

inline PipeEnds new_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return {renoir::detail::Descriptor(ends[0]), renoir::detail::Descriptor(ends[1])};
}

/// A copy of this process that does `work`, which gets a descriptor to write to, and then ends with
/// its result. What it writes comes out of output().
class Fork {
 public:
    template <typename Work>
    explicit Fork(const Work& work) {
        PipeEnds pipe = new_pipe();
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("no process");
        if (pid_ == 0) {
            pipe.reader.reset();
            _exit(result_of(work, pipe.writer.number()));
        }
        output_ = std::move(pipe.reader);
    }
    ~Fork() {
        if (pid_ > 0) kill();
    }
    Fork(const Fork&) = delete;
    Fork& operator=(const Fork&) = delete;

    [[nodiscard]] int output() const { return output_.number(); }

    /// Ends it as nothing else does: without any clean-up of its own.
    void kill() {
        ::kill(pid_, SIGKILL);
        (void)wait();
    }

    /// The exit code, or 128 and the number of the signal.
    int wait() {
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

 private:
    template <typename Work>
    static int result_of(const Work& work, int output) noexcept {
        try {
            return work(output);
        } catch (...) {
            return 99;
        }
    }

    pid_t pid_ = -1;
    renoir::detail::Descriptor output_;
};
