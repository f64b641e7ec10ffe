#pragma once

// Runs a function in a child process, to see how a program ends and what it prints.

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace renoir::testing {

struct ChildResult {
    int exit_code = -1;  ///< -1 if a signal ended it
    std::string out;
    std::string err;
};

namespace detail {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

inline std::string content_of(std::FILE* file) {
    std::rewind(file);
    std::string text;
    for (int letter = std::fgetc(file); letter != EOF; letter = std::fgetc(file)) {
        text.push_back(static_cast<char>(letter));
    }
    return text;
}

// What escapes from the function must reach std::terminate as it does when it escapes from main().
inline void run_as_main(const std::function<void()>& function) noexcept {
    function();
}

}  // namespace detail

/// The exit code is 0 if the function returns.
inline ChildResult run_in_child(const std::function<void()>& function) {
    const detail::File out(std::tmpfile(), std::fclose);
    const detail::File err(std::tmpfile(), std::fclose);
    if (!out || !err) throw std::runtime_error("no temporary file");
    std::cout.flush();
    std::cerr.flush();
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no child process");
    if (child == 0) {
        dup2(fileno(out.get()), STDOUT_FILENO);
        dup2(fileno(err.get()), STDERR_FILENO);
        detail::run_as_main(function);
        std::cout.flush();
        std::fflush(stdout);
        _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) throw std::runtime_error("the child is lost");
    ChildResult result;
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    result.out = detail::content_of(out.get());
    result.err = detail::content_of(err.get());
    return result;
}

}  // namespace renoir::testing
