#include "catch.hpp"
#include "program.hpp"

using program_test::is_error_line;
using program_test::Outcome;
using program_test::read_file;
using program_test::TemporaryFolder;

namespace {

Outcome run_generate(const TemporaryFolder& folder, const std::string& arguments) {
    return program_test::run(folder, std::string(GENERATE_PROGRAM) + " " + arguments);
}

}  // namespace

TEST_CASE("the same options make the same file with any number of threads") {
    const std::string kind = GENERATE(as<std::string>(), "text", "points", "graph", "bids");
    const std::string options = kind == "text"     ? " --bytes 3M --seed 5"
                                : kind == "points" ? " --points 60K --clusters 9 --seed 5"
                                : kind == "graph"  ? " --vertices 1K --edges 120K --seed 5"
                                                   : " --bids 60K";
    const TemporaryFolder folder;
    for (const std::string threads : {"1", "2", "5"}) {
        const Outcome outcome =
            run_generate(folder, kind + " out" + threads + options + " --threads " + threads);
        CHECK(outcome.exit_code == 0);
        CHECK(outcome.err.empty());
    }
    const std::string alone = read_file(folder.file("out1"));
    CHECK(alone.size() > 500'000);
    CHECK((alone == read_file(folder.file("out2"))));
    CHECK((alone == read_file(folder.file("out5"))));
}

TEST_CASE("the default seed is 42") {
    const TemporaryFolder folder;
    REQUIRE(run_generate(folder, "graph a --vertices 9 --edges 99").exit_code == 0);
    REQUIRE(run_generate(folder, "graph b --vertices 9 --edges 99 --seed 42").exit_code == 0);
    REQUIRE(run_generate(folder, "graph c --vertices 9 --edges 99 --seed 43").exit_code == 0);
    CHECK(read_file(folder.file("a")) == read_file(folder.file("b")));
    CHECK(read_file(folder.file("a")) != read_file(folder.file("c")));
}

TEST_CASE("an older file is replaced, through a link too") {
    const TemporaryFolder folder;
    program_test::write_file(folder.file("old"), "something much longer than what comes\n");
    std::filesystem::create_symlink("old", folder.file("link"));
    REQUIRE(run_generate(folder, "bids link --bids 1").exit_code == 0);
    CHECK(read_file(folder.file("old")) == "0,72348,3684,0\n");
    CHECK(std::filesystem::is_symlink(folder.file("link")));
    CHECK(folder.names().size() == 2);
}

TEST_CASE("bad options give one error line, exit code 2 and no file") {
    struct Mistake {
        std::string arguments;
        std::string named;
    };
    const auto mistake = GENERATE(values<Mistake>({
        {"", "--help"},
        {"trees out --bytes 9", "trees"},
        {"text", "OUT"},
        {"text out", "--bytes"},
        {"text out --bytes 0", "--bytes"},
        {"text out --bytes -5", "--bytes"},
        {"text out --bytes lots", "lots"},
        {"text out --bytes 9 --words 0", "--words"},
        {"text out --bytes 9 --exponent nan", "--exponent"},
        {"text out --bytes 9 --exponent -1", "--exponent"},
        {"text out --bytes 9 --seed x", "--seed"},
        {"text out --bytes 9 --threads 0", "--threads"},
        {"text out --bytes 9 --colour red", "--colour"},
        {"points out --points 0 --clusters 1", "--points"},
        {"points out --points 1 --clusters 0", "--clusters"},
        {"points out --points 1", "--clusters"},
        {"graph out --vertices 0 --edges 1", "--vertices"},
        {"graph out --vertices 1 --edges 0", "--edges"},
        {"graph out --vertices 5G --edges 1", "--vertices"},
        {"bids out --bids 0", "--bids"},
        {"bids . --bids 1", "folder"},
        {"bids out/ --bids 1", "folder"},
        {"bids missing/out --bids 1", "missing/out"},
        {"bids /dev/null --bids 1", "/dev/null"},
    }));
    const TemporaryFolder folder;
    const Outcome outcome = run_generate(folder, mistake.arguments);
    CAPTURE(mistake.arguments, outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(is_error_line(outcome.err, mistake.named));
    CHECK(outcome.out.empty());
    CHECK(folder.names().empty());
}

TEST_CASE("a file that cannot be finished leaves nothing behind, and the older one alone") {
    const TemporaryFolder folder;
    program_test::write_file(folder.file("out"), "old\n");
    const std::string threads = GENERATE(as<std::string>(), "1", "3");
    const Outcome outcome =
        program_test::run(folder, "ulimit -f 64; " + std::string(GENERATE_PROGRAM) +
                                      " text out --bytes 20M --threads " + threads);
    CHECK(outcome.exit_code == 1);
    CHECK(is_error_line(outcome.err, "out"));
    CHECK(folder.names() == std::vector<std::string>{"out"});
    CHECK(read_file(folder.file("out")) == "old\n");
}

TEST_CASE("an interrupted run leaves nothing behind") {
    const TemporaryFolder folder;
    const std::string signal = GENERATE(as<std::string>(), "TERM", "HUP");
    // The signal comes as soon as the unfinished file is there, long before its end.
    const Outcome outcome = program_test::run(
        folder, std::string(GENERATE_PROGRAM) +
                    " bids out --bids 1G & job=$!; while [ -z \"$(ls)\" ]; do :; done; kill -" +
                    signal + " $job; wait $job");
    CHECK(outcome.exit_code == 1);
    CHECK(is_error_line(outcome.err, "interrupted"));
    CHECK(folder.names().empty());
}

TEST_CASE("generate --help explains itself") {
    const TemporaryFolder folder;
    const Outcome outcome = run_generate(folder, "--help");
    CHECK(outcome.exit_code == 0);
    for (const std::string kind : {"text", "points", "graph", "bids"}) {
        CHECK(outcome.out.find(kind) != std::string::npos);
    }
    CHECK(run_generate(folder, "text --help").out.find("--exponent") != std::string::npos);
}
