#include "launch/shell_words.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "shell.hpp"

using renoir::launch::shell_line;
using renoir::launch::shell_quoted;

TEST_CASE("a shell reads quoted words as they were", "[launch]") {
    std::mt19937 random(17);
    for (int round = 0; round < 40; ++round) {
        std::vector<std::string> words{"printf", "%s\\000"};
        std::string expected;
        for (int i = 0; i < 8; ++i) {
            words.push_back(hostile_word(random));
            expected.append(words.back()).append(1, '\0');
        }
        const std::string line = shell_line(words);
        CAPTURE(line);
        REQUIRE(run_in_shell(line).output == expected);
    }
}

TEST_CASE("words without a special meaning stay readable", "[launch]") {
    CHECK(shell_quoted("--map-by") == "--map-by");
    CHECK(shell_quoted("ppr:1:node") == "ppr:1:node");
    CHECK(shell_quoted("^slurm") == "'^slurm'");
    CHECK(shell_quoted("") == "''");
    CHECK(shell_quoted("it's") == "'it'\\''s'");
    CHECK(shell_quoted("~") == "'~'");
    CHECK(shell_quoted("A=b") == "'A=b'");
}
