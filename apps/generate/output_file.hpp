#pragma once

/// A file that appears whole or not at all.
///
///     generate::OutputFile file("points.csv");
///     file.write_at(0, "1,2\n");
///     file.commit();   // without this nothing is left

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace generate {

/// Writes under a temporary name in the folder of `path` and takes its place on `commit`; the
/// destructor removes what was not committed.
class OutputFile {
 public:
    /// Throws renoir::Error (configuration) if `path` is something other than a file, or its folder
    /// is missing or does not let us write.
    explicit OutputFile(const std::filesystem::path& path);
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    /// Writes at a place of the file; several threads may do so at the same time. Throws
    /// renoir::Error (output) if the disk is full or broken.
    void write_at(std::uint64_t offset, std::string_view bytes);

    /// Gives the file its name, replacing an older one. Throws renoir::Error (output).
    void commit();

 private:
    [[noreturn]] void fail(int problem) const;

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    int descriptor_ = -1;
};

}  // namespace generate
