#include <renoir/config/cli.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>

namespace renoir {
namespace detail {
namespace {

void choose(RuntimeOptionValues& values, RuntimeConfig config) {
    if (values.chosen) {
        throw Error(ErrorKind::configuration,
                    "--local and --remote exclude each other; keep one of them");
    }
    values.chosen = std::move(config);
}

Error wrong_number(const std::string& option, const std::string& text, const std::string& reason,
                   std::size_t least) {
    return {ErrorKind::configuration, option + " " + text + ": " + reason +
                                          "; give a whole number from " + std::to_string(least) +
                                          " on"};
}

std::size_t number_of(const std::string& what, const std::string& option, const std::string& text,
                      std::size_t least) {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (result.ec == std::errc::result_out_of_range) {
        throw wrong_number(option, text, "this number of " + what + " is too large", least);
    }
    if (result.ec != std::errc{} || result.ptr != end) {
        throw wrong_number(option, text, "this is not a number of " + what, least);
    }
    return number;
}

std::size_t number_of_workers(const std::string& option, const std::string& text) {
    const std::size_t workers = number_of("workers", option, text, 1);
    if (workers == 0) throw wrong_number(option, text, "a job needs a worker", 1);
    return workers;
}

void reject_without_remote(const RuntimeConfig& config, const RuntimeOptionValues& values) {
    if (config.mode() == ExecutionMode::remote) return;
    if (!values.dry_run && !values.accept_new_host_keys) return;
    const std::string option = values.dry_run ? "--dry-run" : "--accept-new-host-keys";
    throw Error(ErrorKind::configuration,
                option + " is for hosts that --remote starts; give --remote FILE, or leave it out");
}

}  // namespace

void set_local(RuntimeOptionValues& values, const std::string& text) {
    choose(values, RuntimeConfig::local(number_of_workers("--local", text)));
}

void set_remote(RuntimeOptionValues& values, const std::string& text) {
    choose(values, RuntimeConfig::remote(text));
}

void set_workers_per_rank(RuntimeOptionValues& values, const std::string& text) {
    values.workers_per_rank = number_of_workers("--workers-per-rank", text);
}

void set_peer_timeout(RuntimeOptionValues& values, const std::string& text) {
    constexpr std::size_t most_seconds = 1'000'000;
    const std::size_t seconds = number_of("seconds", "--peer-timeout", text, 0);
    values.peer_timeout = std::chrono::seconds(std::min(seconds, most_seconds));
}

void set_pinning(RuntimeOptionValues& values, const std::string& text) {
    if (text == "none") {
        values.pinning = PinMode::none;
    } else if (text == "core") {
        values.pinning = PinMode::core;
    } else if (text == "numa") {
        values.pinning = PinMode::numa;
    } else {
        throw Error(ErrorKind::configuration,
                    "--pin " + text + ": there is no such binding; give none, core or numa");
    }
}

RuntimeConfig chosen_config(const RuntimeOptionValues& values) {
    if (values.chosen && values.workers_per_rank) {
        throw Error(ErrorKind::configuration,
                    "--workers-per-rank is for ranks that a launcher starts; leave it out beside "
                    "--local and --remote");
    }
    RuntimeConfig config = values.chosen ? *values.chosen : RuntimeConfig::all_cores();
    if (values.workers_per_rank) config = config.with_workers_per_rank(*values.workers_per_rank);
    if (values.peer_timeout) config = config.with_peer_timeout(*values.peer_timeout);
    reject_without_remote(config, values);
    return config.with_communication_thread(values.communication_thread)
        .with_pinning(values.pinning)
        .with_report_bindings(values.report_bindings)
        .with_dry_run(values.dry_run)
        .with_new_host_keys_accepted(values.accept_new_host_keys);
}

bool is_option(std::string_view word) {
    return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

void exit_with_usage_error(const std::string& program, std::string text) {
    text += text.ends_with('?') ? " " : "; ";
    print_error_line(text + "run " + program + " --help");
    std::exit(2);
}

}  // namespace detail

CommandLine RuntimeConfig::from_args(int argc, const char* const* argv) {
    // What follows the mark is none of our business, and CLI11 would take brackets apart there.
    const char* const* const end = argv + argc;
    const char* const* const mark =
        std::find_if(argv, end, [](const char* word) { return std::string_view(word) == "--"; });

    CLI::App app("Arguments that are no options, and everything after '--', go to the program.");
    app.allow_extras();
    const RuntimeOptions options = add_runtime_options(app);
    parse(app, static_cast<int>(mark - argv), argv);

    std::vector<std::string> words{*argv};
    for (std::string& word : app.remaining()) {
        if (detail::is_option(word)) detail::exit_because_unexpected(app, word);
        words.push_back(std::move(word));
    }
    if (mark != end) words.insert(words.end(), std::next(mark), end);
    return {options.config(), Arguments(std::move(words))};
}

}  // namespace renoir
