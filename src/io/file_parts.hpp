#pragma once

/// The files of an input, and which replica reads what of them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/byte_stream.hpp"

namespace renoir::io::detail {

/// One file, as it was when the input was described.
struct InputFile {
    enum class Kind {
        plain,  ///< cut into ranges of bytes
        gzip,   ///< read whole, like the following
        zstd,
        special,  ///< not a regular file, or one that does not tell its size, like those of /proc
    };

    std::string path;
    Kind kind = Kind::special;
    std::uint64_t size = 0;
};

/// Looks at each file. Throws `Error` (input) when there is none, or for one that cannot be read.
[[nodiscard]] std::vector<InputFile> describe_files(const std::vector<std::string>& paths);

/// A number that inputs share whose files are as many, of the same kinds and sizes, in order.
[[nodiscard]] std::uint64_t fingerprint_of(const std::vector<InputFile>& files) noexcept;

/// What one replica reads of one file; of a file that is not plain, all.
struct FilePart {
    const InputFile* file;
    ByteRange range;
};

/// The parts of a replica: plain files are cut into equal ranges, of other files the replica that
/// has least of them reads the next largest. Throws `Error` (usage) for a replica that cannot be.
[[nodiscard]] std::vector<FilePart> parts_of(const std::vector<InputFile>& files,
                                             std::size_t replica, std::size_t replicas);

}  // namespace renoir::io::detail
