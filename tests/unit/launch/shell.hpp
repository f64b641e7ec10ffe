#pragma once

// Runs a line in /bin/sh, for tests of what is written for a shell.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <string>

struct ShellResult {
    std::string output;
    int exit_code = 0;
};

inline ShellResult run_in_shell(const std::string& line) {
    FILE* const pipe = popen(line.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("no shell");
    ShellResult result;
    std::array<char, 4096> buffer{};
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        result.output.append(buffer.data(), size);
    }
    const int status = pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

/// A word of up to 12 bytes, many of them such as mean something to a shell.
inline std::string hostile_word(std::mt19937& random) {
    static const std::string bytes = "ab \t\n'\"$`\\;&|<>()*?[]{}~#!=%^\r\x01\xff";
    std::string word(random() % 13, ' ');
    for (char& c : word) c = bytes[random() % bytes.size()];
    return word;
}
