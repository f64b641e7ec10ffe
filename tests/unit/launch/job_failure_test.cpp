#include "launch/job_failure.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace renoir::launch;

namespace {

std::vector<renoir::HostConfig> two_hosts() {
    std::vector<renoir::HostConfig> hosts(2);
    hosts[0].address = "host1.lan";
    hosts[1].address = "host2.lan";
    return hosts;
}

std::optional<std::string> failure_in(const std::string& text,
                                      const std::optional<RankEnd>& end = std::nullopt) {
    return rank_failure(text, end, two_hosts());
}

std::string repeated(const std::string& text, std::size_t size) {
    std::string all;
    while (all.size() < size) all += text;
    return all;
}

// What mpirun 4.1.4 prints, but for the name of the node.

const std::string rule =
    "--------------------------------------------------------------------------\n";

const std::string primary_job =
    rule +
    "Primary job  terminated normally, but 1 process returned\n"
    "a non-zero exit code. Per user-direction, the job has been aborted.\n" +
    rule;

std::string ended_by_signal(const std::string& signal) {
    return primary_job + rule +
           "mpirun noticed that process rank 1 with PID 0 on node 240.0.0.2 exited on signal " +
           signal + ".\n" + rule;
}

const std::string ended_by_code = primary_job + rule +
                                  "mpirun detected that one or more processes exited with non-zero "
                                  "status, thus causing\n"
                                  "the job to be terminated. The first process to do so was:\n"
                                  "\n"
                                  "  Process name: [[2417,1],1]\n"
                                  "  Exit code:    3\n" +
                                  rule;

std::string aborted(const std::string& rank, const std::string& communicator,
                    const std::string& code) {
    return rule + "MPI_ABORT was invoked on rank " + rank + " in communicator " + communicator +
           "\nwith errorcode " + code +
           ".\n"
           "\n"
           "NOTE: invoking MPI_ABORT causes Open MPI to kill all MPI processes.\n"
           "You may or may not see output from other processes, depending on\n"
           "exactly when Open MPI kills them.\n" +
           rule;
}

}  // namespace

TEST_CASE("a rank that a signal has ended is told with its host", "[launch]") {
    CHECK(failure_in(ended_by_signal("9 (Killed)")) ==
          "host 2 (host2.lan): rank 1 was ended by signal 9 (Killed); see the kernel's log there "
          "(dmesg) whether memory ran out");
    CHECK(failure_in(ended_by_signal("11 (Segmentation fault)")) ==
          "host 2 (host2.lan): rank 1 was ended by signal 11 (Segmentation fault); this is a "
          "defect in the program: debug it with --local 1");
    CHECK(failure_in(ended_by_signal("15 (Terminated)")) ==
          "host 2 (host2.lan): rank 1 was ended by signal 15 (Terminated); look for who or what "
          "has sent it");
}

TEST_CASE("a rank that has ended with an exit code is told with its host", "[launch]") {
    CHECK(failure_in(ended_by_code) ==
          "host 2 (host2.lan): rank 1 ended with exit code 3 and no error line; see what it "
          "printed before");
}

// What prterun of Open MPI 5.0.11 prints.

TEST_CASE("the names of processes of Open MPI 5 are understood", "[launch]") {
    CHECK(failure_in(rule +
                     "prterun detected that one or more processes exited with non-zero status,\n"
                     "thus causing the job to be terminated. The first process to do so was:\n"
                     "   Process name: [prterun-launcher-8632@1,1]\n"
                     "   Exit code:    3\n" +
                     rule) == failure_in(ended_by_code));
    CHECK(failure_in(rule +
                     "prterun noticed that process rank 1 with PID 1102 on node host2 exited "
                     "on\nsignal 9 (Killed).\n" +
                     rule) == failure_in(ended_by_signal("9 (Killed)")));
}

TEST_CASE("a host that mpirun has lost is told by its entry", "[launch]") {
    const auto lost_in = [](const std::string& text) {
        const auto host = lost_host(text, two_hosts());
        return host ? host->name() : "none";
    };
    const auto message = [](const std::string& which, const std::string& number) {
        return rule + which + " has lost communication with a remote daemon.\n  HNP daemon   : [" +
               number + ",0] on node launcher\n  Remote daemon: [" + number +
               ",2] on node host4\nThis is usually due to either a failure of the TCP network\n" +
               rule;
    };
    CHECK(lost_in(message("PRTE", "prterun-launcher-3780@0")) == "host 2 (host2.lan)");
    CHECK(lost_in(message("ORTE", "[2417,0]")) == "host 2 (host2.lan)");
    CHECK(lost_in("Remote daemon: [[2417,0],2]") == "none");
    CHECK(lost_in("lost communication with a remote daemon. Remote daemon: [[1,0],3] ") == "none");
    CHECK(lost_in("lost communication with a remote daemon. Remote daemon: [[1,0],0] ") == "none");
    CHECK(lost_in(ended_by_code) == "none");
}

TEST_CASE("a rank that has aborted the job is told with its host", "[launch]") {
    const std::string expected =
        "host 2 (host2.lan): rank 1 has ended the job by MPI_Abort with code ";
    CHECK(failure_in(aborted("1", "MPI_COMM_WORLD", "7")) ==
          expected + "7; see what it printed before");
    CHECK(failure_in(aborted("1", "MPI_COMM_WORLD", "-1")) ==
          expected + "-1; see what it printed before");
    CHECK(failure_in(aborted("1", "MPI COMMUNICATOR 3 DUP FROM 0", "6")) ==
          expected + "6; see what it printed before");
}

TEST_CASE("no host is told for a rank of a part of the job", "[launch]") {
    CHECK_FALSE(failure_in(aborted("0", "MPI_COMM_SELF", "4")));
    CHECK_FALSE(failure_in(aborted("0", "MPI COMMUNICATOR 3 SPLIT FROM 0", "5")));
    CHECK_FALSE(failure_in(aborted("0", "MPI COMMUNICATOR 4 DUP FROM 3", "5")));
}

TEST_CASE("what a rank says of its end counts more than what mpirun says of another", "[launch]") {
    const std::string crashed =
        "host 1 (host1.lan): rank 0 was ended by signal 6 (Aborted); look "
        "for who or what has sent it";
    const RankEnd end{0, 134};
    CHECK(failure_in("", end) == crashed);
    CHECK(failure_in(ended_by_code, end) == crashed);
    CHECK(failure_in(ended_by_signal("11 (Segmentation fault)"), end) == crashed);
    CHECK(failure_in("", RankEnd{1, 139}) ==
          failure_in(ended_by_signal("11 (Segmentation fault)")));
    CHECK(failure_in("", RankEnd{1, 3}) == failure_in(ended_by_code));
    CHECK(failure_in("", RankEnd{1, 255}) ==
          "host 2 (host2.lan): rank 1 ended with exit code 255 and no error line; see what it "
          "printed before");
    CHECK_FALSE(failure_in("", RankEnd{2, 1}));
}

TEST_CASE("mpirun is believed more than a rank that it may have ended itself", "[launch]") {
    for (const int code : {137, 143, 14}) {
        CAPTURE(code);
        const RankEnd end{0, code};
        CHECK(failure_in(ended_by_code, end) == failure_in(ended_by_code));
        CHECK(failure_in("", end)->starts_with("host 1 (host1.lan): rank 0 "));
        CHECK(failed_rank(ended_by_signal("11 (Segmentation fault)"), end)->code == 139);
    }
    CHECK(failed_rank(ended_by_code, RankEnd{0, 5})->code == 5);
    CHECK_FALSE(failed_rank("", std::nullopt));
}

TEST_CASE("who has aborted the job is told by mpirun", "[launch]") {
    CHECK(failure_in(aborted("1", "MPI_COMM_WORLD", "7"), RankEnd{1, 7}) ==
          failure_in(aborted("1", "MPI_COMM_WORLD", "7")));
}

TEST_CASE("a signal says more than the exit code of another rank", "[launch]") {
    const auto failure = failure_in(ended_by_code + ended_by_signal("9 (Killed)"));
    REQUIRE(failure);
    CHECK(failure->find("was ended by signal 9") != std::string::npos);
}

TEST_CASE("messages of mpirun may be broken anywhere between words", "[launch]") {
    std::string text = ended_by_signal("9 (Killed)");
    for (char& character : text) {
        if (character == ' ') character = '\n';
    }
    CHECK(failure_in(text) == failure_in(ended_by_signal("9 (Killed)")));
    CHECK(failure_in("x " + repeated(" \r\n", 50) + ended_by_code) == failure_in(ended_by_code));
}

TEST_CASE("other words of mpirun are not understood", "[launch]") {
    CHECK_FALSE(failure_in(""));
    CHECK_FALSE(failure_in(primary_job));
    CHECK_FALSE(failure_in("mpirun: command not found\n"));
}

TEST_CASE("a rank without a host is no failure of a host", "[launch]") {
    const auto rank = GENERATE(
        values<std::string>({"2", "999999", "1000000", "18446744073709551616", "-1", "", "x"}));
    CAPTURE(rank);
    CHECK_FALSE(failure_in("process rank " + rank +
                           " with PID 0 on node 240.0.0.2 exited on signal 9 (Killed)"));
    CHECK_FALSE(failure_in(aborted(rank, "MPI_COMM_WORLD", "1")));
    CHECK_FALSE(failure_in("Process name: [[2417,1]," + rank + "] Exit code: 3"));
    CHECK_FALSE(rank_failure(ended_by_code, std::nullopt, {}));
}

// What takes longer than the text is long does not end before the time limit of the test.
TEST_CASE("texts made to take long do not", "[launch]") {
    const auto piece = GENERATE(values<std::string>({
        "1",
        " ",
        "\n",
        "\xff",
        std::string(1, '\0'),
        "[",
        "(",
        "process rank 1",
        "process rank 1 with PID 2 on node " + std::string(64, 'x'),
        "process rank 1 with PID 2 on node y exited on signal 9 (" + std::string(40, 'x'),
        "MPI_ABORT was invoked on rank 1 in communicator ",
        "MPI_ABORT was invoked on rank 1 in communicator MPI COMMUNICATOR 3 DUP FROM 0 with ",
        "Process name: [[2417,1],1] Exit code: ",
        "Process name: [[[[[[[[[[[[[[[[[[[[[[[[",
    }));
    CAPTURE(piece);
    constexpr std::size_t size = std::size_t{64} << 10;
    const std::string text = repeated(piece, size);
    CHECK_FALSE(failure_in(text));
    // And what stands behind it is still found.
    CHECK(failure_in(text + "\n" + ended_by_signal("9 (Killed)")) ==
          failure_in(ended_by_signal("9 (Killed)")));
    for (const char* const before :
         {"process rank ", "process rank 1 with PID ", "process rank 1 with PID 2 on node ",
          "MPI_ABORT was invoked on rank 1 in communicator ",
          "MPI_ABORT was invoked on rank 1 in communicator MPI_COMM_WORLD with errorcode -",
          "Process name: ", "Process name: [["}) {
        (void)failure_in(std::string(before) + text);
    }
}
