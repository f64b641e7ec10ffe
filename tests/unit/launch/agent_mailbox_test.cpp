#include "launch/agent_mailbox.hpp"

#include <renoir/base/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/child_process.hpp"
#include "catch.hpp"
#include "environment.hpp"
#include "folder.hpp"
#include "launch/mpirun_command.hpp"
#include "launch/node_names.hpp"
#include "process.hpp"
#include "shell.hpp"

using namespace renoir::launch;
using Catch::Matchers::ContainsSubstring;
using renoir::detail::ChildOptions;
using renoir::detail::ChildProcess;
using renoir::detail::Descriptor;
using renoir::detail::WakeUp;
using Words = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

/// Starts what mpirun starts for an entry.
std::unique_ptr<ChildProcess> agent_of(Words agent, std::size_t entry, const Words& words) {
    agent.push_back(node_name(entry));
    agent.insert(agent.end(), words.begin(), words.end());
    return std::make_unique<ChildProcess>(agent, ChildOptions());
}

/// Waits until the keeper of a mailbox whose launcher is gone has removed the folder.
bool goes_away(const fs::path& folder) {
    const Descriptor watch(inotify_init1(IN_CLOEXEC));
    if (inotify_add_watch(watch.number(), folder.c_str(), IN_DELETE_SELF) < 0) {
        return errno == ENOENT;
    }
    constexpr int patience = 20'000;
    pollfd removed{watch.number(), POLLIN, 0};
    return poll(&removed, 1, patience) == 1;
}

/// Words as hostile as a shell and a pipe may find them.
std::vector<Words> hostile_words() {
    std::string all_bytes;
    for (int byte = 1; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
    std::vector<Words> all{
        {},
        {"-n", "-e", "--", "%s", "\\0", "\\c", "*"},
        {all_bytes, "\n", " ", all_bytes + "\n"},
        {std::string(100'000, 'x'), std::string(100'000, '\\')},
    };
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        Words words;
        for (int word = 0; word < 8; ++word) words.push_back("w" + hostile_word(random));
        all.push_back(words);
    }
    return all;
}

}  // namespace

TEST_CASE("the words of an agent arrive as they are, and its exit code is that of the answer",
          "[launch]") {
    const WakeUp stop;
    int code = 0;
    for (const Words& words : hostile_words()) {
        AgentMailbox mailbox(1);
        const auto agent = agent_of(mailbox.agent(), 0, words);
        const auto received = mailbox.await_words(0, stop);
        REQUIRE(received);
        // Not by Catch, which would print them.
        const bool is_same = *received == words;
        REQUIRE(is_same);
        CHECK_FALSE(agent->exit_code());
        mailbox.answer(0, code);
        REQUIRE(agent->wait() == code);
        code = (code + 50) % 256;
    }
}

TEST_CASE("agents of several entries are told apart", "[launch]") {
    constexpr std::size_t entries = 8;
    AgentMailbox mailbox(entries);
    const WakeUp stop;
    std::vector<std::optional<Words>> received(entries);
    std::vector<std::unique_ptr<ChildProcess>> agents;
    {
        std::vector<std::jthread> threads;
        for (std::size_t entry = 0; entry < entries; ++entry) {
            threads.emplace_back(
                [&, entry] { received[entry] = mailbox.await_words(entry, stop); });
        }
        for (std::size_t entry = entries; entry-- > 0;) {
            agents.push_back(agent_of(mailbox.agent(), entry, {"word", std::to_string(entry)}));
        }
    }
    for (std::size_t entry = 0; entry < entries; ++entry) {
        CHECK(received[entry] == Words{"word", std::to_string(entry)});
        mailbox.answer(entry, static_cast<int>(10 + entry));
    }
    for (std::size_t entry = 0; entry < entries; ++entry) {
        CHECK(agents[entries - 1 - entry]->wait() == static_cast<int>(10 + entry));
    }
}

TEST_CASE("who waits for an agent stops when told so", "[launch]") {
    AgentMailbox mailbox(1);
    WakeUp stop;
    std::optional<Words> received = Words{"none"};
    std::jthread thread([&] { received = mailbox.await_words(0, stop); });
    // The thread waits for the rest when it has taken the begin.
    const fs::path path = mailbox.hostfile().parent_path() / (node_name(0) + ".words");
    const Descriptor pipe(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    write_all(pipe.number(), std::string("word\0not ended", 14));
    int waiting = 1;
    while (waiting > 0) {
        std::this_thread::yield();
        REQUIRE(ioctl(pipe.number(), FIONREAD, &waiting) == 0);
    }
    stop.set();
    thread.join();
    CHECK_FALSE(received);
    CHECK_FALSE(mailbox.await_words(0, stop));
}

TEST_CASE("an agent whose launcher was killed ends, and the files are removed", "[launch]") {
    // A process without this one's threads and descriptors is the launcher.
    Fork launcher([](int output) {
        AgentMailbox mailbox(2);
        for (const std::string& word : mailbox.agent()) write_all(output, word + "\n");
        const WakeUp stop;
        (void)mailbox.await_words(1, stop);
        write_all(output, "has words\n");
        pause();
        return 0;
    });
    Words agent{read_line(launcher.output())};
    agent.push_back(read_line(launcher.output()));
    const fs::path folder = fs::path(agent.back()).parent_path();
    REQUIRE(fs::exists(folder / "hosts"));
    REQUIRE(fs::create_directories(folder / "files" / "of mpirun"));

    const auto waiting = agent_of(agent, 1, {"word"});
    REQUIRE(read_line(launcher.output()) == "has words");
    CHECK_FALSE(waiting->exit_code());
    launcher.kill();
    CHECK(waiting->wait() == 255);
    CHECK(goes_away(folder));
}

TEST_CASE("an agent that begins after its launcher was killed ends", "[launch]") {
    Fork launcher([](int output) {
        const AgentMailbox mailbox(1);
        for (const std::string& word : mailbox.agent()) write_all(output, word + "\n");
        pause();
        return 0;
    });
    Words agent{read_line(launcher.output())};
    agent.push_back(read_line(launcher.output()));
    launcher.kill();
    const fs::path folder = fs::path(agent.back()).parent_path();
    // Where the script is gone already there is no 255.
    CHECK(agent_of(agent, 0, {"word"})->wait() != 0);
    CHECK(goes_away(folder));
}

TEST_CASE("an agent ends with its mailbox, and so do the files in its folder", "[launch]") {
    auto mailbox = std::make_unique<AgentMailbox>(1);
    const WakeUp stop;
    const auto agent = agent_of(mailbox->agent(), 0, {"word"});
    REQUIRE(mailbox->await_words(0, stop));
    const fs::path folder = mailbox->folder();
    CHECK(folder == mailbox->hostfile().parent_path());
    REQUIRE(fs::create_directories(folder / "files" / "of mpirun"));
    mailbox.reset();
    CHECK(agent->wait() == 255);
    CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("the files of a mailbox are private and go with it", "[launch]") {
    const Folder folder;
    const Variable place("TMPDIR", (folder / "").parent_path().string());
    {
        const AgentMailbox mailbox(3);
        const fs::path path = mailbox.hostfile().parent_path();
        CHECK(path.parent_path() == (folder / "").parent_path());
        struct stat status {};
        REQUIRE(stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0700);
        const std::string text = folder.read(path.filename().string() + "/hosts");
        CHECK(text == hostfile_text(3));
    }
    CHECK(fs::is_empty(folder / ""));
}

TEST_CASE("mpirun can take no path of a mailbox apart", "[launch]") {
    const Folder folder;
    const auto name = GENERATE(
        values<std::string>({"with blank", "with:colon", "it's", "a\"b", "a\\b", "a\nb", "$HOME"}));
    CAPTURE(name);
    fs::create_directory(folder / name);
    const Variable place("TMPDIR", (folder / name).string());
    const AgentMailbox mailbox(1);
    CHECK(mailbox.hostfile().parent_path().parent_path() == "/tmp");
    MpirunRequest request;
    request.agent = mailbox.agent();
    CHECK_NOTHROW(mpirun_command(request));
}

TEST_CASE("a relative or empty place for the files is not used", "[launch]") {
    const auto place = GENERATE(values<std::string>({"", ".", "folder"}));
    const Variable wished("TMPDIR", place);
    const PrivateFolder folder;
    CHECK(folder.path().parent_path() == "/tmp");
}

TEST_CASE("a mailbox without a place for its files is an error that names it", "[launch]") {
    const Folder folder;
    const Variable place("TMPDIR", (folder / "missing").string());
    try {
        const AgentMailbox mailbox(1);
        FAIL("no error");
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::output);
        CHECK_THAT(error.what(), ContainsSubstring((folder / "missing").string()) &&
                                     ContainsSubstring("No such file or directory") &&
                                     ContainsSubstring("set TMPDIR"));
    }
}
