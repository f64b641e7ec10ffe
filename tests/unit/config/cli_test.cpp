#include <renoir/config/cli.hpp>

#include <string>
#include <vector>

#include "catch.hpp"
#include "child.hpp"

using renoir::testing::ChildResult;
using renoir::testing::run_in_child;

namespace {

/// A program with options of its own.
struct Program {
    CLI::App app{"Counts words"};
    std::vector<std::string> files;
    std::size_t top = 10;
    renoir::RuntimeOptions runtime = renoir::add_runtime_options(app);

    Program() {
        app.add_option("FILE", files, "What to count")->required();
        app.add_option("--top", top, "How many to print");
    }

    void parse(const std::vector<std::string>& words) {
        std::vector<const char*> argv{"count"};
        for (const std::string& word : words) argv.push_back(word.c_str());
        renoir::parse(app, static_cast<int>(argv.size()), argv.data());
    }
};

ChildResult run_program(const std::vector<std::string>& words) {
    return run_in_child([words] {
        Program program;
        program.parse(words);
        std::cout << program.runtime.config().workers();
    });
}

}  // namespace

TEST_CASE("the program's options and the runtime's mix freely", "[config]") {
    Program program;
    program.parse({"a", "--local", "3", "--top=5", "b", "--pin", "core", "--", "--c"});
    CHECK(program.files == std::vector<std::string>{"a", "b", "--c"});
    CHECK(program.top == 5);
    CHECK(program.runtime.config().workers() == 3);
    CHECK(program.runtime.config().pinning() == renoir::PinMode::core);
}

TEST_CASE("without runtime options such a program uses all cores", "[config]") {
    Program program;
    program.parse({"a"});
    CHECK(program.runtime.config().workers() == renoir::RuntimeConfig::all_cores().workers());
    CHECK_FALSE(program.runtime.config().report_bindings());
}

TEST_CASE("help shows the program's options and the runtime's in a group", "[config]") {
    const ChildResult result = run_program({"--help"});
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    for (const char* text : {"Counts words", "--top", "FILE", "Runtime options", "--local"}) {
        CHECK_THAT(result.out, Catch::Matchers::ContainsSubstring(text));
    }
    CHECK(result.out.find("--top") < result.out.find("Runtime options"));
    CHECK(result.out.find("Runtime options") < result.out.find("--local"));
}

TEST_CASE("both kinds of programs report mistakes in the same way", "[config]") {
    const auto [words, text] = GENERATE(table<std::vector<std::string>, std::string>({
        {{"a", "--local", "0"}, "--local 0: a job needs a worker; give a whole number from 1 on"},
        {{"a", "--tpo", "3"}, "unknown option '--tpo', did you mean '--top'? run count --help"},
        {std::vector<std::string>{}, "FILE is required; run count --help"},
        {{"a", "--dry-run"},
         "--dry-run is for hosts that --remote starts; give --remote FILE, or leave it out"},
        {{"a", "--remote", "none.toml"},
         "none.toml: there is no such file; give the TOML file that lists the hosts"},
    }));
    const ChildResult result = run_program(words);
    CHECK(result.err == "error: " + text + "\n");
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
}

TEST_CASE("a wrong value of an option of the program is reported too", "[config]") {
    const ChildResult result = run_program({"a", "--top", "x"});
    CHECK_THAT(result.err, Catch::Matchers::StartsWith("error: "));
    CHECK_THAT(result.err, Catch::Matchers::ContainsSubstring("--top = x"));
    CHECK_THAT(result.err, Catch::Matchers::EndsWith("; run count --help\n"));
    CHECK(result.exit_code == 2);
}

TEST_CASE("an argument too many is named", "[config]") {
    const ChildResult result = run_in_child([] {
        CLI::App app;
        const auto runtime = renoir::add_runtime_options(app);
        const char* argv[] = {"none", "extra"};
        renoir::parse(app, 2, argv);
    });
    CHECK(result.err == "error: unexpected argument 'extra'; run none --help\n");
    CHECK(result.exit_code == 2);
}
