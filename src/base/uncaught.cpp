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

/// On ranks other than 0: so long rank 0 may take for its line, and the launcher to end all then.
/// srun ends them after a second, and with another exit code than that of rank 0.
std::chrono::milliseconds patience_with_root() {
    const bool is_srun = detail::launched_rank() && detail::launched_rank()->launcher == "srun";
    return std::chrono::milliseconds(is_srun ? 700 : 1800);
}
/// So long the launcher may take to forward a line: srun --kill-on-bad-exit=1 loses what is still
/// on its way when the first rank ends.
constexpr std::chrono::milliseconds patience_with_line{200};

// Two threads may fail at the same time: the first one is reported, the other waits for the end.
void claim_the_end() noexcept {
    static std::atomic_flag ending = ATOMIC_FLAG_INIT;
    while (ending.test_and_set()) pause();
    flush_standard_output();
}

[[noreturn]] void end_process(const char* text, int exit_code) {
    claim_the_end();
    detail::print_error_line(text);
    _exit(exit_code);
}

[[noreturn]] void end_process(const Error& error) {
    if (!error.is_reported_by_root()) end_process(error.what(), error.exit_code());
    claim_the_end();
    // Not before it is out: the launcher ends rank 0 with the first rank that fails.
    std::this_thread::sleep_for(patience_with_root());
    _exit(error.exit_code());
}

void report_and_end() {
    if (const auto exception = std::current_exception()) {
        try {
            std::rethrow_exception(exception);
        } catch (const Error& error) {
            end_process(error);
        } catch (const std::exception& error) {
            end_process(error.what(), 1);
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

bool is_printing_rank() {
    return !launched_rank() || launched_rank()->rank == 0;
}

void print_error_line(std::string_view text) {
    std::string line = "error: ";
    if (!is_printing_rank()) {
        std::this_thread::sleep_for(patience_with_root());
        line += "rank " + std::to_string(launched_rank()->rank) + " (" + host_name() + "): ";
    }
    line += text;
    std::ranges::replace_if(
        line, [](char letter) { return static_cast<unsigned char>(letter) < 0x20; }, ' ');
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
    if (launched_rank() && launched_rank()->ranks > 1)
        std::this_thread::sleep_for(patience_with_line);
}

}  // namespace detail
}  // namespace renoir
