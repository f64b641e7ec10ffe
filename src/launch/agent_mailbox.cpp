#include "launch/agent_mailbox.hpp"

#include "launch/mpirun_command.hpp"
#include "launch/node_names.hpp"

#include <renoir/base/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace renoir::launch {
namespace fs = std::filesystem;
namespace {

/// Every pipe is held open for writing by its own reader for the moment in which it is opened, so
/// that this never waits; after that its end comes when the launcher is gone.
constexpr const char* agent_script =
    R"(# The remote-shell agent of mpirun: hands its words to the launcher and waits for the exit code.
folder=${0%/*}
node=$1
shift
exec 3<>"$folder/$node.answer" 4<"$folder/$node.answer" 5<>"$folder/$node.words"
exec 3>&-
printf '%s\0' "$@" '' >&5
exec 5>&-
read -r status <&4
exit "${status:-255}"
)";

/// Waits for the end of the launcher, which removes the folder by itself unless it is killed.
/// mpirun is on its way to its end then, and may still make files.
constexpr const char* keeper_script =
    R"(exec 3<>"$0/keeper" 4<"$0/keeper"
exec 3>&-
read -r line <&4
for second in 1 2 3 4 5; do
    rm -rf -- "$0" 2>/dev/null
    sleep 1
done
rm -rf -- "$0" 2>/dev/null
)";

Error cannot_write(const fs::path& path, int code) {
    return {ErrorKind::output, "the launcher cannot write '" + path.string() +
                                   "': " + std::generic_category().message(code) +
                                   "; make room there, or set TMPDIR to another folder"};
}

bool is_plain(std::string_view path) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,@";
    return path.starts_with('/') && path.find_first_not_of(plain) == path.npos;
}

std::string temporary_folder() {
    const char* const wished = std::getenv("TMPDIR");
    return wished != nullptr && is_plain(wished) ? wished : "/tmp";
}

void write_file(const fs::path& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file) throw cannot_write(path, errno);
}

/// For reading; it never has an end, and never makes a writer wait for a reader.
detail::Descriptor new_pipe(const fs::path& path) {
    if (mkfifo(path.c_str(), S_IRUSR | S_IWUSR) != 0) throw cannot_write(path, errno);
    detail::Descriptor pipe(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (pipe.number() < 0) throw cannot_write(path, errno);
    return pipe;
}

/// The words end with one that is empty.
bool is_complete(std::string_view words) {
    return words == std::string_view("\0", 1) || words.ends_with(std::string_view("\0\0", 2));
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    while (true) {
        const std::size_t end = text.find('\0');
        if (end == 0 || end == text.npos) return words;
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
}

}  // namespace

PrivateFolder::PrivateFolder() {
    std::string path = temporary_folder() + "/renoir-launch.XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw cannot_write(path, errno);
    path_ = path;
}

PrivateFolder::~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

AgentMailbox::AgentMailbox(std::size_t entries) {
    write_file(hostfile(), hostfile_text(entries));
    write_file(folder_.path() / "agent", agent_script);
    keeper_pipe_ = new_pipe(folder_.path() / "keeper");
    detail::ChildOptions keeper;
    keeper.outlives_owner = true;
    keeper_.emplace(std::vector<std::string>{"sh", "-c", keeper_script, folder()}, keeper);
    for (std::size_t entry = 0; entry < entries; ++entry) {
        const std::string name = node_name(entry);
        pipes_.push_back({new_pipe(folder_.path() / (name + ".words")),
                          new_pipe(folder_.path() / (name + ".answer"))});
    }
}

std::vector<std::string> AgentMailbox::agent() const {
    return {"sh", (folder_.path() / "agent").string()};
}

std::optional<std::vector<std::string>> AgentMailbox::await_words(std::size_t entry,
                                                                  const detail::WakeUp& stop) {
    const int pipe = pipes_[entry].words.number();
    std::string text;
    std::array<char, 4096> buffer{};
    while (!is_complete(text)) {
        std::array<pollfd, 2> wanted{{{stop.descriptor(), POLLIN, 0}, {pipe, POLLIN, 0}}};
        (void)poll(wanted.data(), wanted.size(), -1);
        if (wanted[0].revents != 0) return std::nullopt;
        const ssize_t size = read(pipe, buffer.data(), buffer.size());
        if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return split(text);
}

void AgentMailbox::answer(std::size_t entry, int exit_code) noexcept {
    const std::string text = std::to_string(exit_code) + "\n";
    // The agent reads nothing else, so there is room.
    (void)!write(pipes_[entry].answer.number(), text.data(), text.size());
}

}  // namespace renoir::launch
