#pragma once

/// How the program ends when it cannot do what was asked.

#include <stdexcept>
#include <string>

namespace baseline {

/// Carries the exit code: 2 for what the caller must change, 1 for what went wrong on the way.
class Failure : public std::runtime_error {
 public:
    Failure(int exit_code, const std::string& message)
        : std::runtime_error(message), exit_code_(exit_code) {}

    [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

 private:
    int exit_code_;
};

}  // namespace baseline
