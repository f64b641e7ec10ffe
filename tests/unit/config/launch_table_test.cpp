#include <renoir/config/runtime_config.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "host_file_cases.hpp"

using namespace renoir::testing;

TEST_CASE("a file without a launch table has the usual ways", "[config]") {
    const std::string start = GENERATE("", "[launch]\n");
    const auto config = config_in(start + first_host);
    const renoir::LaunchConfig& launch = config.launch();
    CHECK(launch.remote_directory == ".renoir");
    CHECK(launch.mpirun_arguments.empty());
    CHECK(launch.environment.empty());
    CHECK_FALSE(launch.known_hosts);
    CHECK(launch.connect_timeout == std::chrono::seconds(8));
}

TEST_CASE("every key of the launch table", "[config]") {
    const auto config = config_in(R"(
        [launch]
        remote_directory = '~/my programs'
        mpirun_arguments = ['--mca', 'btl_tcp_links', '', "a'b"]
        environment = { TZ = 'UTC', _a1 = "two\nlines = 'x'", EMPTY = '' }
        known_hosts = 'keys/of hosts'
        connect_timeout = 2.5
    )" + first_host);
    const renoir::LaunchConfig& launch = config.launch();
    CHECK(launch.remote_directory == "my programs");
    CHECK(launch.mpirun_arguments == std::vector<std::string>{"--mca", "btl_tcp_links", "", "a'b"});
    const std::map<std::string, std::string> environment(launch.environment.begin(),
                                                         launch.environment.end());
    CHECK(launch.environment.size() == 3);
    CHECK(environment == std::map<std::string, std::string>{
                             {"TZ", "UTC"}, {"_a1", "two\nlines = 'x'"}, {"EMPTY", ""}});
    CHECK(launch.known_hosts == fs::path("keys/of hosts"));
    CHECK(launch.connect_timeout == std::chrono::milliseconds(2500));
}

TEST_CASE("directories on the hosts", "[config]") {
    const auto [given, kept] = GENERATE(table<std::string, std::string>({
        {"/opt/jobs", "/opt/jobs"},
        {"~/jobs/a", "jobs/a"},
        {"jobs", "jobs"},
        {"~ann/jobs", "~ann/jobs"},
        {"a~/b", "a~/b"},
        {"Grüße $HOME", "Grüße $HOME"},
    }));
    const auto config = config_in("[launch]\nremote_directory = '" + given + "'\n" + first_host);
    CHECK(config.launch().remote_directory == kept);
}

TEST_CASE("times to wait for a host", "[config]") {
    const auto [given, time] = GENERATE(table<std::string, int>({
        {"1", 1000},
        {"600", 600'000},
        {"600.0", 600'000},
        {"0.25", 250},
        {"1e-9", 1},
    }));
    const auto config = config_in("[launch]\nconnect_timeout = " + given + "\n" + first_host);
    CHECK(config.launch().connect_timeout == std::chrono::milliseconds(time));
}

TEST_CASE("the launch table has to be a table", "[config]") {
    CHECK(error_in("launch = true\n" + first_host) ==
          "1:10: 'launch' has to be a table, not a boolean; write for example launch = { }");
    CHECK(error_in("[[launch]]\n" + first_host) ==
          "1:1: 'launch' has to be a table, not an array; write for example launch = { }");
}

TEST_CASE("an unknown key of the launch table is reported at its place", "[config]") {
    const auto mistake = GENERATE(values<Mistake>({
        {"remote_dir = 'a'",
         "2:1: unknown key 'remote_dir'; the keys known here are "
         "connect_timeout, environment, known_hosts, mpirun_arguments, remote_directory"},
        {"known_host = 'a'", "2:1: unknown key 'known_host'; did you mean 'known_hosts'?"},
    }));
    CHECK(error_in("[launch]\n" + mistake.content + "\n" + first_host) == mistake.text);
}

TEST_CASE("a wrong directory on the hosts is reported at its place", "[config]") {
    const std::string is_home =
        " is the home directory itself; give a directory below the home directory of the hosts";
    const std::string is_no_path_entry =
        " has a colon or a control character; give another directory";
    const auto mistake = GENERATE_COPY(values<Mistake>({
        {"''", " is empty; give a directory below the home directory of the hosts"},
        {"'~'", is_home},
        {"'~/'", is_home},
        {"1", " has to be a string, not an integer; write its value in quotes"},
        {"'a:b'", is_no_path_entry},
        {R"("a\nb")", is_no_path_entry},
        {R"("a\u001b[31m")", is_no_path_entry},
        {R"("a\u007f")", is_no_path_entry},
        {R"("a\u0000")", " has a NUL character; leave it out"},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in("[launch]\nremote_directory = " + mistake.content + "\n" + first_host) ==
          "2:20: 'remote_directory'" + mistake.text);
}

TEST_CASE("wrong arguments of mpirun are reported at their place", "[config]") {
    const auto mistake = GENERATE(values<Mistake>({
        {"'--verbose'",
         "2:20: 'mpirun_arguments' has to be an array of strings, not a string; "
         "write for example mpirun_arguments = [\"--verbose\"]"},
        {"['--np', 3]",
         "2:29: 'mpirun_arguments' has to be a string, not an integer; write its value in quotes"},
        {R"(["\u0000"])", "2:21: 'mpirun_arguments' has a NUL character; leave it out"},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in("[launch]\nmpirun_arguments = " + mistake.content + "\n" + first_host) ==
          mistake.text);
}

TEST_CASE("a wrong variable is reported at its place", "[config]") {
    const std::string is_no_name =
        " is no name of an environment variable; use letters, digits and _, and no digit in front";
    const auto mistake = GENERATE_COPY(values<Mistake>({
        {" = ['A=1']",
         "2:15: 'environment' has to be a table, not an array; "
         "write for example environment = { }"},
        {" = { A = 1 }", "2:21: 'A' has to be a string, not an integer; write its value in quotes"},
        {R"( = { A = "\u0000" })", "2:21: 'A' has a NUL character; leave it out"},
        {" = { 1A = 'b' }", "2:17: '1A'" + is_no_name},
        {" = { 'A=B' = 'c' }", "2:17: 'A=B'" + is_no_name},
        {" = { '' = 'c' }", "2:17: ''" + is_no_name},
        {" = { 'Ä' = 'c' }", "2:17: 'Ä'" + is_no_name},
        {" = { 'A B' = 'c' }", "2:17: 'A B'" + is_no_name},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in("[launch]\nenvironment" + mistake.content + "\n" + first_host) == mistake.text);
}

TEST_CASE("a wrong file of known hosts is reported at its place", "[config]") {
    const auto mistake = GENERATE(values<Mistake>({
        {"''", " is empty; give a file of known host keys"},
        {"['a']", " has to be a string, not an array; write its value in quotes"},
        {R"("a\u0000")", " has a NUL character; leave it out"},
    }));
    CAPTURE(mistake.content);
    CHECK(error_in("[launch]\nknown_hosts = " + mistake.content + "\n" + first_host) ==
          "2:15: 'known_hosts'" + mistake.text);
}

TEST_CASE("a wrong time to wait is reported at its place", "[config]") {
    const std::string start = "[launch]\nconnect_timeout = ";
    const std::string value = GENERATE("0", "-1", "0.0", "-0.5", "600.001", "601",
                                       "9223372036854775807", "inf", "-inf", "nan");
    CAPTURE(value);
    CHECK(error_in(start + value + "\n" + first_host) ==
          "2:19: 'connect_timeout' is no time to wait for a host; "
          "give seconds, more than 0 and at most 600");
    CHECK(error_in(start + "'8'\n" + first_host) ==
          "2:19: 'connect_timeout' has to be a number, not a string; "
          "write its value without quotes");
    CHECK(error_in(start + "08:00:00\n" + first_host) ==
          "2:19: 'connect_timeout' has to be a number, not a date or time; "
          "write its value without quotes");
}

TEST_CASE("no error text contains a value of the environment", "[config]") {
    const std::string line = GENERATE("TOKEN = ['hunter2']", R"(TOKEN = "hunter2\u0000")",
                                      "TOKEN = hunter2", "TOKEN = 'hunter2", "'1' = 'hunter2'");
    CAPTURE(line);
    const std::string text = error_in("[launch.environment]\n" + line + "\n" + first_host);
    CHECK_THAT(text, Catch::Matchers::StartsWith("2:"));
    CHECK(text.find("hunter") == std::string::npos);
}
