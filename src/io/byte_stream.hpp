#pragma once

/// Where the bytes of text come from.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace renoir::io::detail {

/// A sequence of bytes, to be read once.
class ByteStream {
 public:
    ByteStream() = default;
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;
    virtual ~ByteStream() = default;

    /// Reads at least one and at most `room` bytes to `to`, waiting for them if it must; 0 at the
    /// end, and then again. `room` is not 0.
    [[nodiscard]] virtual std::size_t read(char* to, std::size_t room) = 0;
};

/// A range of bytes of a file.
struct ByteRange {
    std::uint64_t begin;
    std::uint64_t end;
};

/// Exactly the lines of a regular file of `size` bytes that start in `range`.
[[nodiscard]] std::unique_ptr<ByteStream> open_lines(std::string path, ByteRange range,
                                                     std::uint64_t size);

/// The bytes of a regular file of `size` bytes from `begin` on.
[[nodiscard]] std::unique_ptr<ByteStream> open_from(std::string path, std::uint64_t begin,
                                                    std::uint64_t size);

/// All that a file gives, of whatever kind it is.
[[nodiscard]] std::unique_ptr<ByteStream> open_whole(std::string path);

// The contents of compressed files. `require_...` throws an `Error` where this build lacks the
// library; so do the others.

void require_gzip(const std::string& path);
[[nodiscard]] std::unique_ptr<ByteStream> open_gzip(std::string path);

void require_zstd(const std::string& path);
[[nodiscard]] std::unique_ptr<ByteStream> open_zstd(std::string path);

}  // namespace renoir::io::detail
