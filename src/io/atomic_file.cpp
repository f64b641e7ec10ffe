#include <renoir/base/error.hpp>
#include <renoir/io/atomic_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

namespace renoir {

namespace {

constexpr std::size_t buffer_size = 256 * 1024;

/// A name beside `path` that no other process or job uses.
std::string temporary_beside(const std::filesystem::path& path) {
    return path.string() + "." + std::to_string(getpid()) + "-" +
           std::to_string(std::random_device{}()) + ".part";
}

/// Behind symbolic links, where there is something already.
std::filesystem::path resolved(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::path target = std::filesystem::canonical(path, ignored);
    return target.empty() ? path : target;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path)
    : path_(resolved(path)), temporary_(temporary_beside(path_)) {
    std::error_code ignored;
    const auto status = std::filesystem::status(path_, ignored);
    if (std::filesystem::is_directory(status)) {
        throw Error(ErrorKind::output,
                    path.string() + " is a directory; give the name of a file to write");
    }
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        file_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
        place_ = Place::at_target;
    } else {
        open_beside_target();
    }
    if (file_ < 0) fail("cannot be created");
}

void AtomicFile::open_beside_target() {
    const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
    file_ = open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    place_ = Place::without_name;
    if (file_ >= 0) return;
    file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    place_ = Place::under_temporary_name;
}

AtomicFile::~AtomicFile() {
    if (file_ < 0) return;
    close(file_);
    if (place_ == Place::under_temporary_name) unlink(temporary_.c_str());
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
    if (place_ == Place::without_name) give_name();
    const bool closed = close(std::exchange(file_, -1)) == 0;
    if (place_ == Place::at_target) {
        if (!closed) fail("cannot be completed");
        return;
    }
    if (closed && rename(temporary_.c_str(), path_.c_str()) == 0) return;
    const int reason = errno;
    unlink(temporary_.c_str());
    errno = reason;
    fail("cannot be completed");
}

// A link cannot replace a file, so it takes a temporary name for the moment before the renaming.
void AtomicFile::give_name() {
    const std::string own = "/proc/self/fd/" + std::to_string(file_);
    if (linkat(AT_FDCWD, own.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) != 0)
        fail("cannot be completed");
    place_ = Place::under_temporary_name;
}

void AtomicFile::fail(const char* what) const {
    throw Error(ErrorKind::output, path_.string() + " " + what + ": " + std::strerror(errno) +
                                       "; choose a place with room where you may write");
}

}  // namespace renoir
