#include "shared/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "shared/failure.hpp"

namespace baseline {

namespace {

Failure unreadable(const std::string& path, const std::string& why) {
    return {2, "cannot read '" + path + "': " + why + "; name a text file"};
}

std::string reason(int problem) {
    return std::generic_category().message(problem);
}

}  // namespace

InputFile::InputFile(const std::string& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw unreadable(path, reason(errno));
    struct stat status {};
    if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
        size_ = static_cast<std::uint64_t>(status.st_size);
        return;
    }
    ::close(descriptor_);
    throw unreadable(path, "it is not a regular file");
}

InputFile::~InputFile() {
    ::close(descriptor_);
}

std::size_t InputFile::read(std::uint64_t offset, char* out, std::size_t bytes) const {
    std::size_t total = 0;
    while (total < bytes) {
        const ::ssize_t got =
            ::pread(descriptor_, out + total, bytes - total, static_cast<::off_t>(offset + total));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw unreadable(path_, reason(errno));
        if (got == 0) break;
        total += static_cast<std::size_t>(got);
    }
    return total;
}

}  // namespace baseline
