#pragma once

/// The compressed side of a gzip or zstd file.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/descriptor.hpp"

namespace renoir::io::detail {

/// Reads a file piece by piece and counts the bytes that were consumed.
class CompressedFile {
 public:
    explicit CompressedFile(std::string path);

    /// Sees to it that there are bytes to consume; false at the end of the file.
    [[nodiscard]] bool fill();

    [[nodiscard]] unsigned char* data() noexcept { return buffer_.data() + consumed_; }
    [[nodiscard]] std::size_t size() const noexcept { return filled_ - consumed_; }
    void consume(std::size_t count) noexcept;

    /// Errors that say at which byte of the file it happened.
    [[nodiscard]] Error truncated(const std::string& format) const;
    [[nodiscard]] Error corrupt(const std::string& format, const std::string& reason) const;

 private:
    std::string path_;
    Descriptor file_;
    std::vector<unsigned char> buffer_;
    std::size_t filled_ = 0;
    std::size_t consumed_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace renoir::io::detail
