// What an error says about the place where a user function failed.

#include "catch.hpp"

#include <renoir/runtime/operator_info.hpp>

#include <memory>
#include <stdexcept>

namespace {

using renoir::OperatorInfo;
using renoir::detail::call_user;
using renoir::detail::OperatorFailure;

const OperatorInfo outer{"outer", std::source_location::current()};
const OperatorInfo inner{"inner", std::source_location::current()};

/// The operator and the text of the failure that `function` causes inside `outer`.
template <class Function>
std::pair<std::string, std::string> failure_of(Function function) {
    try {
        call_user(outer, function);
    } catch (const OperatorFailure& failure) {
        return {failure.failed_operator().name, failure.what()};
    }
    return {};
}

}  // namespace

TEST_CASE("an operator is named with the file and the line of the user") {
    const OperatorInfo info{"map", std::source_location::current()};
    REQUIRE_THAT(info.text(), Catch::Matchers::StartsWith("map (operator_info_test.cpp:"));
}

TEST_CASE("what a user function throws is reported with the name of the operator") {
    using Failure = std::pair<std::string, std::string>;
    REQUIRE(failure_of([] { throw std::runtime_error("a text"); }) == Failure("outer", "a text"));
    REQUIRE(failure_of([] { throw std::string("a string"); }) == Failure("outer", "a string"));
    REQUIRE(failure_of([] { throw "a literal"; }) == Failure("outer", "a literal"));
    REQUIRE(failure_of([] { throw 7; }).second == "an exception that is not a std::exception");
}

TEST_CASE("the innermost operator is the one that failed") {
    auto nested = [] {
        auto fails = [] { throw std::runtime_error("deep"); };
        call_user(inner, fails);
    };
    REQUIRE(failure_of(nested) == std::pair<std::string, std::string>("inner", "deep"));
}

TEST_CASE("a user function gets its arguments as they are and its result is handed on") {
    int target = 0;
    auto function = [](int& changed, std::unique_ptr<int> moved) -> int& {
        return changed = *moved;
    };
    int& result = call_user(outer, function, target, std::make_unique<int>(5));
    REQUIRE(&result == &target);
    REQUIRE(target == 5);
}
