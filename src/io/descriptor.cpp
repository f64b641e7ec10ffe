#include "io/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace renoir::io::detail {

Descriptor::~Descriptor() {
    // What closing a file that was only read reports helps nobody.
    if (number_ >= 0) static_cast<void>(::close(number_));
}

Error read_error(const std::string& path, const std::string& reason) {
    return {ErrorKind::input, "cannot read '" + path + "': " + reason};
}

Error system_read_error(const std::string& path, int code) {
    return read_error(path, std::generic_category().message(code));
}

Descriptor open_file(const std::string& path, int more_flags) {
    for (;;) {
        Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | more_flags));
        if (file.get() >= 0) return file;
        if (errno != EINTR) throw system_read_error(path, errno);
    }
}

std::size_t read_some(const Descriptor& file, const std::string& path, char* to, std::size_t room) {
    for (;;) {
        const ssize_t count = ::read(file.get(), to, room);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) throw system_read_error(path, errno);
    }
}

std::size_t read_some_at(const Descriptor& file, const std::string& path, char* to,
                         std::size_t room, std::uint64_t offset) {
    for (;;) {
        const ssize_t count = ::pread(file.get(), to, room, static_cast<off_t>(offset));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) throw system_read_error(path, errno);
    }
}

}  // namespace renoir::io::detail
