/// Makes the inputs of the benchmarks, the same for the same options on every machine.
///
///     generate text words.txt --bytes 500M
///     generate points points.csv --points 4M --clusters 30
///     generate graph edges.csv --vertices 1M --edges 10M
///     generate bids bids.csv --bids 100M

#include <pthread.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <renoir/base/error.hpp>

#include "bids.hpp"
#include "chunk_writer.hpp"
#include "graph.hpp"
#include "points.hpp"
#include "sizes.hpp"
#include "text.hpp"

namespace {

using generate::ChunkSource;
using renoir::Error;
using renoir::ErrorKind;

constexpr std::uint64_t most_bytes = 1'000'000'000'000'000;
constexpr std::uint64_t most_rows = 1'000'000'000'000;
constexpr std::uint64_t most_words = 10'000'000;
constexpr std::uint64_t most_clusters = 100'000'000;
constexpr std::uint64_t most_threads = 1024;

bool is_ignored(int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// Signals that end the program. They stay blocked and are asked for between chunks, so that the
/// unfinished file is removed. What nohup or a shell lets us ignore is not among them.
sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        if (!is_ignored(signal)) sigaddset(&signals, signal);
    }
    return signals;
}

bool interrupted() {
    const sigset_t signals = ending_signals();
    constexpr timespec at_once{0, 0};
    return sigtimedwait(&signals, nullptr, &at_once) > 0;
}

void block_signals() {
    sigset_t signals = ending_signals();
    sigaddset(&signals, SIGXFSZ);  // a file size limit is then an ordinary write error
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

unsigned usable_cores() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

/// Adds an option that takes a size such as 500M.
template <typename Number>
CLI::Option* add_size(CLI::App& app, const std::string& name, Number& value, std::uint64_t largest,
                      const std::string& description) {
    const auto read = [name, &value, largest](const std::string& text) {
        value = static_cast<Number>(generate::parse_size(name, text, largest));
    };
    CLI::Option* option = app.add_option_function<std::string>(name, read, description);
    option->type_name("N");
    if (value != 0) option->default_str(std::to_string(value));
    return option;
}

/// What the command line asked for.
struct Request {
    std::string out;
    unsigned threads = std::min(usable_cores(), 8U);
    generate::TextOptions text;
    generate::PointsOptions points;
    generate::GraphOptions graph;
    std::uint64_t bids = 0;
};

/// The command line: one subcommand for each kind of data.
class CommandLine {
 public:
    CommandLine() {
        app_.require_subcommand(1);
        text_ = add_kind("text", "words with Zipf frequencies, about ten a line");
        add_size(*text_, "--bytes", request_.text.bytes, most_bytes, "size of the file")
            ->required();
        add_size(*text_, "--words", request_.text.words, most_words, "size of the vocabulary");
        text_->add_option("--exponent", request_.text.exponent, "exponent of Zipf's law")
            ->capture_default_str();
        add_seed(*text_, request_.text.seed);

        points_ = add_kind("points", "x,y lines around some centres");
        add_size(*points_, "--points", request_.points.points, most_rows, "lines")->required();
        add_size(*points_, "--clusters", request_.points.clusters, most_clusters, "centres")
            ->required();
        add_seed(*points_, request_.points.seed);

        graph_ = add_kind("graph", "s,d lines: edges of a directed power-law graph");
        add_size(*graph_, "--vertices", request_.graph.vertices, generate::max_vertices,
                 "vertices, numbered from 0")
            ->required();
        add_size(*graph_, "--edges", request_.graph.edges, most_rows, "lines")->required();
        add_seed(*graph_, request_.graph.seed);

        bids_ = add_kind("bids", "auction,bidder,price,time_ms lines, the same for everybody");
        add_size(*bids_, "--bids", request_.bids, most_rows, "lines")->required();
    }

    /// Reads the arguments; returns the exit code if the program is to end at once (--help).
    std::optional<int> read(int argc, char** argv) {
        try {
            app_.parse(argc, argv);
            check_exponent();
            return std::nullopt;
        } catch (const CLI::ParseError& problem) {
            if (problem.get_exit_code() == 0) return app_.exit(problem);
            throw Error(ErrorKind::configuration, explain(problem, argc, argv));
        }
    }

    [[nodiscard]] const Request& request() const noexcept { return request_; }

    [[nodiscard]] std::unique_ptr<ChunkSource> make_source() const {
        if (*text_) return std::make_unique<generate::Text>(request_.text);
        if (*points_) return std::make_unique<generate::Points>(request_.points);
        if (*graph_) return std::make_unique<generate::Graph>(request_.graph);
        return std::make_unique<generate::Bids>(request_.bids);
    }

 private:
    CLI::App* add_kind(const std::string& name, const std::string& description) {
        CLI::App* kind = app_.add_subcommand(name, description);
        kind->add_option("OUT", request_.out, "file to write")->required()->type_name("");
        add_size(*kind, "--threads", request_.threads, most_threads,
                 "threads; the file does not depend on it");
        return kind;
    }

    static void add_seed(CLI::App& kind, std::uint64_t& seed) {
        kind.add_option("--seed", seed, "which of the random files")->capture_default_str();
    }

    void check_exponent() const {
        constexpr double most = 10;
        if (request_.text.exponent >= 0 && request_.text.exponent <= most) return;
        throw Error(ErrorKind::configuration, "--exponent is " +
                                                  std::to_string(request_.text.exponent) +
                                                  "; give a number from 0 to 10");
    }

    [[nodiscard]] std::string explain(const CLI::ParseError& problem, int argc, char** argv) const {
        if (!app_.get_subcommands().empty() || argc < 2 || argv[1][0] == '-') {
            return std::string(problem.what()) + "; see 'generate --help'";
        }
        return "there is no kind '" + std::string(argv[1]) +
               "'; choose text, points, graph or bids";
    }

    Request request_;
    CLI::App app_{"Makes inputs for benchmarks, the same for the same options on every machine.",
                  "generate"};
    CLI::App* text_ = nullptr;
    CLI::App* points_ = nullptr;
    CLI::App* graph_ = nullptr;
    CLI::App* bids_ = nullptr;
};

void write(const CommandLine& command_line) {
    const Request& request = command_line.request();
    block_signals();
    generate::OutputFile file(request.out);
    const auto source = command_line.make_source();
    generate::write_chunks(*source, file, request.threads, interrupted);
    file.commit();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        CommandLine command_line;
        if (const auto exit_code = command_line.read(argc, argv)) return *exit_code;
        write(command_line);
        return 0;
    } catch (const Error& error) {
        std::cerr << "error: " << error.what() << '\n';
        return error.exit_code();
    } catch (const std::bad_alloc&) {
        std::cerr << "error: not enough memory for these options; ask for less\n";
        return 1;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "; try again with --threads 1\n";
        return 1;
    }
}
