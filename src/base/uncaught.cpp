#include "base/host_name.hpp"
#include "base/launcher.hpp"

#include <unistd.h>
#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

namespace renoir {
namespace {

// A terminate handler is a plain function without a context, so what it has to remember is static.
std::atomic<std::terminate_handler>& previous_handler() {
    static std::atomic<std::terminate_handler> handler{nullptr};
    return handler;
}
std::atomic<detail::EndOfAll>& end_of_all() {
    static std::atomic<detail::EndOfAll> function{nullptr};
    return function;
}

void flush_standard_output() noexcept {
    // Only standard output: flushing every open file would wait for a thread that reads from one.
    try {
        std::cout.flush();
        std::clog.flush();
    } catch (...) {
        // A stream that throws on failure cannot be flushed any further.
    }
    std::fflush(stdout);
}

// All ranks end with the first one that ends. So ranks that have an error at the same time print it
// one after the other, and rarely more than one comes to it. Before there is an MPI that could end
// them, srun does it a second after the first one, and with another exit code.
void wait_for_lower_ranks() {
    if (detail::is_printing_rank()) return;
    using std::chrono::milliseconds;
    const bool srun_ends_all =
        detail::launched_rank()->launcher == "srun" && end_of_all().load() == nullptr;
    const milliseconds time_of_root{srun_ends_all ? 700 : 1800};
    const milliseconds time_of_another{srun_ends_all ? 100 : 500};
    constexpr std::uint32_t most_others = 2;
    const std::uint32_t others = std::min(detail::launched_rank()->rank - 1, most_others);
    std::this_thread::sleep_for(time_of_root + others * time_of_another);
}

/// The text of an error that this rank alone has.
std::string with_own_rank(std::string_view text) {
    std::string line;
    if (!detail::is_printing_rank())
        line = "rank " + std::to_string(detail::launched_rank()->rank) + " (" +
               detail::host_name() + "): ";
    return line.append(text);
}

void print_in_turn(const std::string& text) {
    wait_for_lower_ranks();
    std::string line = "error: " + text;
    std::ranges::replace_if(
        line, [](char letter) { return static_cast<unsigned char>(letter) < 0x20; }, ' ');
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
    // srun --kill-on-bad-exit=1 loses what is still on its way when the first rank ends.
    constexpr std::chrono::milliseconds time_of_launcher{200};
    if (detail::launched_rank() && detail::launched_rank()->ranks > 1)
        std::this_thread::sleep_for(time_of_launcher);
}

// Two threads may fail at the same time: the first one is reported, the other waits for the end.
void claim_the_end() noexcept {
    static std::atomic_flag ending = ATOMIC_FLAG_INIT;
    while (ending.test_and_set()) pause();
    flush_standard_output();
}

[[noreturn]] void end_with(const std::string& text, int exit_code) {
    claim_the_end();
    print_in_turn(text);
    if (const auto end_all = end_of_all().load()) end_all(exit_code);
    _exit(exit_code);
}

void report_and_end() {
    if (const auto exception = std::current_exception()) {
        try {
            std::rethrow_exception(exception);
        } catch (const Error& error) {
            detail::end_process(error);
        } catch (const std::exception& error) {
            end_with(with_own_rank(error.what()), 1);
        } catch (...) {
            // Not ours to explain: the handler before this one decides.
        }
    }
    if (const auto handler = previous_handler().load()) handler();
    std::abort();
}

}  // namespace

void report_uncaught_errors() noexcept {
    if (std::get_terminate() == report_and_end) return;
    previous_handler() = std::set_terminate(report_and_end);
}

namespace detail {

void end_all_by(EndOfAll function) noexcept {
    end_of_all() = function;
}

bool is_printing_rank() {
    return !launched_rank() || launched_rank()->rank == 0;
}

void print_error_line(std::string_view text) {
    print_in_turn(with_own_rank(text));
}

// Where rank 0 does not come to an error that it has, another rank prints it just the same.
void end_process(const Error& error) {
    const std::string text = error.what();
    end_with(error.is_reported_by_root() ? text : with_own_rank(text), error.exit_code());
}

}  // namespace detail
}  // namespace renoir
