#include <renoir/base/error.hpp>
#include <renoir/io/write_text.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

namespace renoir::detail {

namespace {

constexpr std::size_t buffer_size = 256 * 1024;

/// A name beside `path` that no other process or job uses.
std::string temporary_beside(const std::filesystem::path& path) {
    return path.string() + "." + std::to_string(getpid()) + "-" +
           std::to_string(std::random_device{}()) + ".part";
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(temporary_beside(path_)) {
    if (std::filesystem::is_directory(path_)) {
        throw Error(ErrorKind::output,
                    path_.string() + " is a directory; give the name of a file to write");
    }
    file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0) fail("cannot be created");
}

AtomicFile::~AtomicFile() {
    if (file_ < 0) return;
    close(file_);
    unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= buffer_size) flush();
}

void AtomicFile::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t written = ::write(file_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot be written");
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
}

void AtomicFile::commit() {
    flush();
    const bool complete =
        close(std::exchange(file_, -1)) == 0 && rename(temporary_.c_str(), path_.c_str()) == 0;
    if (complete) return;
    const int reason = errno;
    unlink(temporary_.c_str());
    errno = reason;
    fail("cannot be completed");
}

void AtomicFile::fail(const char* what) const {
    throw Error(ErrorKind::output, path_.string() + " " + what + ": " + std::strerror(errno) +
                                       "; choose a place with room where you may write");
}

}  // namespace renoir::detail
