#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

/// A variable of this process's environment that is as before at its end.
class Variable {
 public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) {
        const char* const before = std::getenv(name_.c_str());
        if (before != nullptr) before_ = before;
        setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable() {
        if (before_) {
            setenv(name_.c_str(), before_->c_str(), 1);
        } else {
            unsetenv(name_.c_str());
        }
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

 private:
    std::string name_;
    std::optional<std::string> before_;
};
