#pragma once

/// The runtime's command line options for programs that have options of their own (CLI11).
/// Link `renoir::cli` for this header; the umbrella header does not include it.
///
///     CLI::App app{"Counts the words of files"};
///     std::size_t top = 10;
///     app.add_option("--top", top, "How many words to print");
///     auto runtime = renoir::add_runtime_options(app);
///     renoir::parse(app, argc, argv);
///     renoir::StreamContext ctx(runtime.config());

#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>
#include <renoir/config/runtime_config.hpp>
#include <renoir/config/suggestion.hpp>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace renoir {

// Nothing of CLI11 crosses the border of the compiled library: a program may use another version.
namespace detail {

/// What the options say so far.
struct RuntimeOptionValues {
    std::optional<RuntimeConfig> chosen;  ///< by --local or --remote
    std::optional<std::size_t> workers_per_rank;
    std::optional<std::chrono::seconds> peer_timeout;
    bool communication_thread = false;
    PinMode pinning = PinMode::automatic;
    bool report_bindings = false;
    bool dry_run = false;
    bool accept_new_host_keys = false;
};

/// The option functions; each throws Error (configuration) for a wrong value.
void set_local(RuntimeOptionValues& values, const std::string& text);
void set_remote(RuntimeOptionValues& values, const std::string& text);
void set_workers_per_rank(RuntimeOptionValues& values, const std::string& text);
void set_peer_timeout(RuntimeOptionValues& values, const std::string& text);
void set_pinning(RuntimeOptionValues& values, const std::string& text);
[[nodiscard]] RuntimeConfig chosen_config(const RuntimeOptionValues& values);

/// Whether a word of a command line is an option: `-5` and `-` are not.
[[nodiscard]] bool is_option(std::string_view word);

/// Prints `error: <text>; run <program> --help` and exits with 2.
[[noreturn]] void exit_with_usage_error(const std::string& program, std::string text);

inline std::vector<std::string> long_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

[[noreturn]] inline void exit_because_unexpected(const CLI::App& app, const std::string& word) {
    if (!is_option(word))
        exit_with_usage_error(app.get_name(), "unexpected argument '" + word + "'");
    const std::vector<std::string> names = long_names(app);
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string name = word.substr(0, word.find('='));
    std::string text = "unknown option '" + name + "'";
    if (const std::string hint = did_you_mean(name, candidates); !hint.empty()) text += ", " + hint;
    exit_with_usage_error(app.get_name(), std::move(text));
}

}  // namespace detail

/// What add_runtime_options() returns: the way to the configuration once the line was parsed.
class RuntimeOptions {
 public:
    explicit RuntimeOptions(std::shared_ptr<const detail::RuntimeOptionValues> values)
        : values_(std::move(values)) {}

    /// The configuration that the command line asks for; all cores if it asks for nothing.
    /// Call it after parse().
    [[nodiscard]] RuntimeConfig config() const { return detail::chosen_config(*values_); }

 private:
    std::shared_ptr<const detail::RuntimeOptionValues> values_;
};

/// Adds the options that every program of the runtime understands to those of `app`, in a group
/// of their own: `--local`, `--remote`, `--workers-per-rank`, `--pin`, `--report-bindings`,
/// `--comm-thread`, `--peer-timeout`, `--dry-run` and `--accept-new-host-keys`.
[[nodiscard]] inline RuntimeOptions add_runtime_options(CLI::App& app) {
    using Values = detail::RuntimeOptionValues;
    constexpr const char* group = "Runtime options";
    const auto values = std::make_shared<Values>();
    const auto add = [&](const char* names, auto function, const char* type, const char* text) {
        app.add_option_function<std::string>(
               names, [values, function](const std::string& word) { function(*values, word); },
               text)
            ->type_name(type)
            ->group(group);
    };
    const auto add_flag = [&](const char* name, bool Values::*flag, const char* text) {
        app.add_flag_callback(
               name, [values, flag] { (*values).*flag = true; }, text)
            ->group(group);
    };
    add("-l,--local", detail::set_local, "N",
        "Run on N workers in this process; all cores without this option");
    add("-r,--remote", detail::set_remote, "FILE",
        "Start the job on the hosts of FILE, a TOML list, over SSH; 'slurm' or 'pbs': those of the "
        "allocation");
    add("--workers-per-rank", detail::set_workers_per_rank, "N",
        "Under mpirun or srun: run N workers on each rank; one for each of its cores without this "
        "option");
    add("--pin", detail::set_pinning, "none|core|numa",
        "Bind workers to nothing, to one core each, or to one NUMA node each");
    add_flag("--report-bindings", &Values::report_bindings, "Print which worker runs where");
    add_flag("--comm-thread", &Values::communication_thread,
             "Let a thread of its own send and receive on each rank, not the workers in passing");
    add("--peer-timeout", detail::set_peer_timeout, "SECONDS",
        "Give the job up when a rank was silent for so long, 60 without this option; 0: never");
    add_flag("--dry-run", &Values::dry_run,
             "Print the hostfile and the command of mpirun for --remote, and stop");
    add_flag("--accept-new-host-keys", &Values::accept_new_host_keys,
             "Add the keys of hosts that are not known yet to known_hosts");
    return RuntimeOptions(values);
}

/// Parses the command line with `app` the way RuntimeConfig::from_args() does: help goes to
/// standard output and exits with 0, a mistake is one line `error: ...` on standard error and
/// exits with 2. Also calls report_uncaught_errors().
inline void parse(CLI::App& app, int argc, const char* const* argv) {
    report_uncaught_errors();
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& request) {
        std::exit(detail::is_printing_rank() ? app.exit(request) : 0);
    } catch (const CLI::RuntimeError& request) {
        std::exit(request.get_exit_code());
    } catch (const CLI::ExtrasError&) {
        detail::exit_because_unexpected(app, app.remaining(true).front());
    } catch (const CLI::ParseError& error) {
        detail::exit_with_usage_error(app.get_name(), error.what());
    } catch (const Error& error) {
        detail::print_error_line(error.what());
        std::exit(error.exit_code());
    }
}

}  // namespace renoir
