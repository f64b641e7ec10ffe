#pragma once

/// What an error says about the operator in which it happened.

#include <renoir/base/error.hpp>

#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

namespace renoir {

/// Name of an operator and where the user's program calls it.
struct OperatorInfo {
    std::string name;
    std::source_location where;

    /// For example `map (wordcount.cpp:12)`.
    [[nodiscard]] std::string text() const;
};

namespace detail {

/// Carries the operator with the text of the exception that left a user function; the worker adds
/// its own place and turns it into renoir::Error.
class OperatorFailure : public std::exception {
 public:
    OperatorFailure(const OperatorInfo& failed, std::string text)
        : operator_(&failed), text_(std::move(text)) {}

    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
    [[nodiscard]] const OperatorInfo& failed_operator() const noexcept { return *operator_; }

 private:
    const OperatorInfo* operator_;
    std::string text_;
};

/// The text of the exception being handled.
[[nodiscard]] std::string current_exception_text();

/// Rethrows the exception being handled as an OperatorFailure of `info`, unless it already is one
/// of an operator further down.
[[noreturn]] void rethrow_as_failure_of(const OperatorInfo& info);

/// Calls a user function; what it throws is reported with the name of the operator.
/// Always inlined: what the function works on stays in registers, which is worth a third of the
/// time of a keyed count.
template <class Function, class... Arguments>
[[gnu::always_inline]] inline decltype(auto) call_user(const OperatorInfo& info, Function& function,
                                                       Arguments&&... arguments) {
    if constexpr (std::is_nothrow_invocable_v<Function&, Arguments...>) {
        return std::invoke(function, std::forward<Arguments>(arguments)...);
    } else {
        try {
            return std::invoke(function, std::forward<Arguments>(arguments)...);
        } catch (...) {
            rethrow_as_failure_of(info);
        }
    }
}

}  // namespace detail

}  // namespace renoir
