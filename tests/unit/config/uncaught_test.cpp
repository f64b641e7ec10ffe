#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "catch.hpp"
#include "child.hpp"

using renoir::testing::run_in_child;

TEST_CASE("an uncaught error is one line and its exit code", "[base]") {
    const auto usage = run_in_child([] {
        renoir::report_uncaught_errors();
        std::cout << "half a result";
        throw renoir::Error(renoir::ErrorKind::usage, "wrong\nuse; do\tbetter");
    });
    CHECK(usage.exit_code == 2);
    CHECK(usage.err == "error: wrong use; do better\n");
    CHECK(usage.out == "half a result");

    const auto failure = run_in_child([] {
        renoir::report_uncaught_errors();
        throw renoir::Error(renoir::ErrorKind::user_function, "map failed");
    });
    CHECK(failure.exit_code == 1);
    CHECK(failure.err == "error: map failed\n");
}

TEST_CASE("another uncaught exception is one line and exit code 1", "[base]") {
    const auto result = run_in_child([] {
        renoir::report_uncaught_errors();
        throw std::runtime_error("lost");
    });
    CHECK(result.exit_code == 1);
    CHECK(result.err == "error: lost\n");
}

TEST_CASE("an error that escapes from a thread is reported too", "[base]") {
    const auto result = run_in_child([] {
        renoir::report_uncaught_errors();
        std::thread([] { throw renoir::Error(renoir::ErrorKind::input, "gone"); }).join();
    });
    CHECK(result.exit_code == 2);
    CHECK(result.err == "error: gone\n");
}

TEST_CASE("what is no exception goes to the handler installed before", "[base]") {
    const auto previous = [] {
        std::fputs("previous\n", stderr);
        std::_Exit(7);
    };
    const auto thrown = run_in_child([previous] {
        std::set_terminate(previous);
        renoir::report_uncaught_errors();
        renoir::report_uncaught_errors();
        throw 3;
    });
    CHECK(thrown.exit_code == 7);
    CHECK(thrown.err == "previous\n");

    const auto called = run_in_child([previous] {
        std::set_terminate(previous);
        renoir::report_uncaught_errors();
        std::terminate();
    });
    CHECK(called.exit_code == 7);
    CHECK(called.err == "previous\n");
}

TEST_CASE("a program that catches is not affected", "[base]") {
    const auto result = run_in_child([] {
        renoir::report_uncaught_errors();
        try {
            throw renoir::Error(renoir::ErrorKind::input, "caught");
        } catch (const renoir::Error& error) {
            std::cout << error.what();
        }
    });
    CHECK(result.exit_code == 0);
    CHECK(result.out == "caught");
    CHECK(result.err.empty());
}
