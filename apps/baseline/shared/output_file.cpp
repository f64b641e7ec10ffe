#include "shared/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "shared/failure.hpp"

namespace baseline {

namespace {

Failure unwritable(int exit_code, const std::string& path, const std::string& why) {
    return {exit_code, "cannot write '" + path + "': " + why + "; choose another place"};
}

std::string reason(int problem) {
    return std::generic_category().message(problem);
}

/// Returns zero or the error number.
int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ::ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace

OutputFile::OutputFile(const std::string& path)
    : path_(path), temporary_(path + "." + std::to_string(::getpid()) + ".part") {
    if (path.empty()) return;
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw unwritable(2, path, "it is not a regular file");
    }
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw unwritable(2, path, reason(errno));
}

OutputFile::~OutputFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view text) {
    int problem = write_all(descriptor_, text);
    if (problem == 0 && ::rename(temporary_.c_str(), path_.c_str()) != 0) problem = errno;
    if (problem != 0) throw unwritable(1, path_, reason(problem));
    ::close(std::exchange(descriptor_, -1));
}

}  // namespace baseline
