#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "child.hpp"

using renoir::PinMode;
using renoir::RuntimeConfig;
using renoir::testing::ChildResult;
using renoir::testing::run_in_child;

namespace {

using Words = std::vector<std::string>;

renoir::CommandLine read(const Words& words) {
    std::vector<const char*> argv{"prog"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    return RuntimeConfig::from_args(static_cast<int>(argv.size()), argv.data());
}

ChildResult read_in_child(const Words& words) {
    return run_in_child([words] { (void)read(words); });
}

Words own_arguments(const Words& words) {
    const auto [config, args] = read(words);
    CHECK(args.at(0) == "prog");
    return {args.begin() + 1, args.end()};
}

}  // namespace

TEST_CASE("without options a program uses all cores", "[config]") {
    const auto [config, args] = read({});
    CHECK(config.mode() == renoir::ExecutionMode::automatic);
    CHECK(config.workers() == RuntimeConfig::all_cores().workers());
    CHECK(config.pinning() == PinMode::automatic);
    CHECK_FALSE(config.report_bindings());
    CHECK(Words(args) == Words{"prog"});
}

TEST_CASE("the number of workers has four spellings", "[config]") {
    const Words words =
        GENERATE(Words{"--local", "3"}, Words{"--local=3"}, Words{"-l", "3"}, Words{"-l3"});
    const auto [config, args] = read(words);
    CHECK(config.workers() == 3);
    CHECK(args.size() == 1);
}

TEST_CASE("bindings are chosen by name", "[config]") {
    CHECK(read({"--pin", "none"}).config.pinning() == PinMode::none);
    CHECK(read({"--pin", "core"}).config.pinning() == PinMode::core);
    CHECK(read({"--pin=numa", "--report-bindings"}).config.pinning() == PinMode::numa);
    CHECK(read({"--pin=numa", "--report-bindings"}).config.report_bindings());
}

TEST_CASE("a file of hosts gives a remote configuration", "[config]") {
    const std::string file = "command_line_test.toml";
    std::ofstream(file) << "[[host]]\naddress='a'\nbase_port=1\nnum_cores=2\n";
    const std::string option = GENERATE("-r", "--remote");
    const auto [config, args] = read({option, file, "--pin", "core", "x"});
    CHECK(config.mode() == renoir::ExecutionMode::remote);
    CHECK(config.file() == file);
    CHECK(config.workers() == 2);
    CHECK(config.pinning() == PinMode::core);
    CHECK(args[1] == "x");
    CHECK_FALSE(config.dry_run());
    CHECK_FALSE(config.accepts_new_host_keys());
}

TEST_CASE("a remote job may be printed only, and may accept keys of hosts", "[config]") {
    const std::string file = "command_line_remote_test.toml";
    std::ofstream(file) << "[[host]]\naddress='a'\nbase_port=1\nnum_cores=2\n";
    const auto dry = read({"--dry-run", "-r", file}).config;
    CHECK(dry.dry_run());
    CHECK_FALSE(dry.accepts_new_host_keys());
    const auto accepting = read({"--remote=" + file, "x", "--accept-new-host-keys"}).config;
    CHECK(accepting.accepts_new_host_keys());
    CHECK_FALSE(accepting.dry_run());
}

TEST_CASE("the ranks understand the options of the remote job they belong to", "[config]") {
    const ChildResult result = run_in_child([] {
        setenv("RENOIR_HOSTS", "host = [{ address = 'a', base_port = 1, num_cores = 2 }]", 1);
        const auto [config, args] =
            read({"x", "--remote", "not-here.toml", "--dry-run", "--accept-new-host-keys"});
        std::cout << config.workers() << config.dry_run() << config.accepts_new_host_keys()
                  << args.at(1);
    });
    CHECK(result.err.empty());
    CHECK(result.out == "211x");
}

TEST_CASE("options of remote jobs are refused for other ones", "[config]") {
    const auto [option, before] = GENERATE(table<std::string, Words>({
        {"--dry-run", {}},
        {"--dry-run", {"--local", "2"}},
        {"--accept-new-host-keys", {}},
        {"--accept-new-host-keys", {"--workers-per-rank", "2"}},
    }));
    Words words = before;
    words.push_back(option);
    const ChildResult result = read_in_child(words);
    CHECK(result.err == "error: " + option +
                            " is for hosts that --remote starts; give --remote FILE, or leave it "
                            "out\n");
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
}

TEST_CASE("the runtime's options may stand anywhere among the arguments", "[config]") {
    const auto [config, args] = read({"a.txt", "--local", "2", "b.txt", "--report-bindings", "c"});
    CHECK(config.workers() == 2);
    CHECK(config.report_bindings());
    CHECK(Words(args) == Words{"prog", "a.txt", "b.txt", "c"});
}

TEST_CASE("what is no option goes to the program as it is", "[config]") {
    CHECK(own_arguments({"-", "-5", "-0.5"}) == Words{"-", "-5", "-0.5"});
    CHECK(own_arguments({"[a,b]", "", "a b"}) == Words{"[a,b]", "", "a b"});
}

TEST_CASE("everything after the mark belongs to the program", "[config]") {
    const auto [config, args] =
        read({"a", "--local", "2", "--", "--local", "9", "--help", "--", "--other", "[x]"});
    CHECK(config.workers() == 2);
    CHECK(Words(args) == Words{"prog", "a", "--local", "9", "--help", "--", "--other", "[x]"});
    CHECK(own_arguments({"--"}).empty());
}

TEST_CASE("help goes to standard output and exits with 0", "[config]") {
    const std::string option = GENERATE("--help", "-h");
    const ChildResult result = read_in_child({"a", option});
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    for (const char* text : {"prog", "Runtime options", "--local", "-l", "--remote", "-r", "--pin",
                             "none|core|numa", "--report-bindings", "--help", "--dry-run",
                             "--accept-new-host-keys", "over SSH", "'slurm' or 'pbs'"}) {
        CHECK_THAT(result.out, Catch::Matchers::ContainsSubstring(text));
    }
}

TEST_CASE("a wrong command line is one line and exit code 2", "[config]") {
    const std::string see_help = "; run prog --help\n";
    const auto [words, text] = GENERATE_COPY(table<Words, std::string>({
        {{"--local", "0"}, "--local 0: a job needs a worker; give a whole number from 1 on\n"},
        {{"--local", "x"},
         "--local x: this is not a number of workers; give a whole number from 1 on\n"},
        {{"-l", "2x"},
         "--local 2x: this is not a number of workers; give a whole number from 1 on\n"},
        {{"--local=-1"},
         "--local -1: this is not a number of workers; give a whole number from 1 on\n"},
        {{"--local", "-1"},
         "--local -1: this is not a number of workers; give a whole number from 1 on\n"},
        {{"--local", ""},
         "--local : this is not a number of workers; give a whole number from 1 on\n"},
        {{"--local", "1.5"},
         "--local 1.5: this is not a number of workers; give a whole number from 1 on\n"},
        {{"--local", "99999999999999999999"},
         "--local 99999999999999999999: this number of workers is too large; "
         "give a whole number from 1 on\n"},
        {{"--local", "1", "--remote", "/dev/null"},
         "/dev/null:1:1: the file has no 'host'; add for example a [[host]] table for every "
         "host\n"},
        {{"--remote", "nowhere.toml"},
         "nowhere.toml: there is no such file; give the TOML file that lists the hosts\n"},
        {{"--pin", "socket"}, "--pin socket: there is no such binding; give none, core or numa\n"},
        {{"--locl", "2"}, "unknown option '--locl', did you mean '--local'? run prog --help\n"},
        {{"--lokal=2"}, "unknown option '--lokal', did you mean '--local'? run prog --help\n"},
        {{"--frobnicate"}, "unknown option '--frobnicate'" + see_help},
        {{"file", "-x"}, "unknown option '-x'" + see_help},
    }));
    const ChildResult result = read_in_child(words);
    CAPTURE(words);
    CHECK(result.err == "error: " + text);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
}

TEST_CASE("a missing or repeated value names its option", "[config]") {
    const auto [words, option] = GENERATE(table<Words, std::string>({
        {{"--local"}, "--local: "},
        {{"a", "--local", "--", "4"}, "--local: "},
        {{"--local", "1", "--local", "2"}, "--local: "},
        {{"--remote"}, "--remote: "},
        {{"--pin"}, "--pin: "},
    }));
    const ChildResult result = read_in_child(words);
    CAPTURE(words);
    CHECK_THAT(result.err, Catch::Matchers::StartsWith("error: " + option));
    CHECK_THAT(result.err, Catch::Matchers::EndsWith("; run prog --help\n"));
    CHECK(result.err.find('\n') == result.err.size() - 1);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
}

TEST_CASE("local and remote exclude each other", "[config]") {
    const std::string file = "command_line_both_test.toml";
    std::ofstream(file) << "[[host]]\naddress='a'\nbase_port=1\nnum_cores=2\n";
    const ChildResult result = read_in_child({"--remote", file, "--local", "1"});
    CHECK(result.err == "error: --local and --remote exclude each other; keep one of them\n");
    CHECK(result.exit_code == 2);
}

TEST_CASE("a plain main without the argument it needs ends properly", "[config]") {
    const ChildResult result = run_in_child([] {
        const auto [config, args] = read({"--local", "1"});
        std::cout << args.at(1);
    });
    CHECK(result.err == "error: missing argument 1 of prog; run prog --help\n");
    CHECK(result.exit_code == 2);
}
