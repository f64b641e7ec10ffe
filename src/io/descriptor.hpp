#pragma once

/// File descriptors, and reading from them with errors that name the file.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <renoir/base/error.hpp>

namespace renoir::io::detail {

/// Owns a file descriptor.
class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();

    [[nodiscard]] int get() const noexcept { return number_; }

 private:
    int number_ = -1;
};

/// "cannot read 'path': reason", of kind input.
[[nodiscard]] Error read_error(const std::string& path, const std::string& reason);

/// The same with the system's text for `code`, a value of errno.
[[nodiscard]] Error system_read_error(const std::string& path, int code);

/// Opens a file for reading, with flags of open(2) beyond the usual; throws a `read_error`.
[[nodiscard]] Descriptor open_file(const std::string& path, int more_flags = 0);

/// Reads at most `room` bytes, at the current place or at `offset`; 0 at the end of the file.
/// Throws a `read_error`.
[[nodiscard]] std::size_t read_some(const Descriptor& file, const std::string& path, char* to,
                                    std::size_t room);
[[nodiscard]] std::size_t read_some_at(const Descriptor& file, const std::string& path, char* to,
                                       std::size_t room, std::uint64_t offset);

}  // namespace renoir::io::detail
