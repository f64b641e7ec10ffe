#pragma once

/// A file that several threads read at different places.

#include <cstdint>
#include <string>

namespace baseline {

class InputFile {
 public:
    /// Throws Failure if the file is missing, cannot be read or is not a regular file.
    explicit InputFile(const std::string& path);
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile();

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// Reads up to `bytes` bytes from `offset`, fewer only at the end of the file.
    [[nodiscard]] std::size_t read(std::uint64_t offset, char* out, std::size_t bytes) const;

 private:
    std::string path_;
    int descriptor_;
    std::uint64_t size_ = 0;
};

}  // namespace baseline
