#pragma once

/// The file that a program was asked to write.

#include <string>
#include <string_view>

namespace baseline {

/// A file that appears whole or not at all. It is opened before the work, so that a name that
/// cannot be written is known at once.
class OutputFile {
 public:
    /// With an empty path there is no file. Throws Failure (exit code 2) if it cannot be made.
    explicit OutputFile(const std::string& path);
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] bool wanted() const noexcept { return descriptor_ >= 0; }

    /// Writes the whole file. Throws Failure (exit code 1).
    void write(std::string_view text);

 private:
    std::string path_;
    std::string temporary_;
    int descriptor_ = -1;
};

}  // namespace baseline
