#include "output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <renoir/base/error.hpp>
#include <string>
#include <system_error>
#include <utility>

namespace generate {

namespace {

using renoir::Error;
using renoir::ErrorKind;

std::string reason(int problem) {
    return std::generic_category().message(problem);
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw Error(ErrorKind::configuration, "cannot write '" + path.string() + "': " + why);
}

/// Where the bytes go: behind a symbolic link, not in its place.
std::filesystem::path resolved(const std::filesystem::path& path) {
    std::error_code problem;
    const auto status = std::filesystem::status(path, problem);
    if (std::filesystem::is_directory(status)) refuse(path, "it is a folder; name a file");
    if (!std::filesystem::exists(status)) return path;
    if (!std::filesystem::is_regular_file(status)) {
        refuse(path, "it is a device, pipe or socket; name a file on a disk");
    }
    const auto target = std::filesystem::canonical(path, problem);
    return problem ? path : target;
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path) : path_(resolved(path)) {
    if (!path_.has_filename()) refuse(path, "it names a folder; name a file");
    temporary_ = path_.string() + "." + std::to_string(::getpid()) + ".part";
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) return;
    const int problem = errno;
    refuse(path, reason(problem) + "; name a file in a folder that exists and can be written to");
}

OutputFile::~OutputFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
}

void OutputFile::write_at(std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ::ssize_t written =
            ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<::off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

void OutputFile::commit() {
    // Some file systems tell only now that there was no room.
    const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
    if (closed && ::rename(temporary_.c_str(), path_.c_str()) == 0) return;
    const int problem = errno;
    ::unlink(temporary_.c_str());
    fail(problem);
}

void OutputFile::fail(int problem) const {
    throw Error(ErrorKind::output, "cannot write '" + path_.string() + "': " + reason(problem) +
                                       "; make room there or choose another folder");
}

}  // namespace generate
