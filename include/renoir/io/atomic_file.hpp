#pragma once

/// AtomicFile: a file that is whole or not there.
///
///     renoir::AtomicFile file("counts.tsv");
///     for (const auto& [word, count] : counts) file.write_row(word, count);
///     file.commit();

#include <renoir/io/text_line.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace renoir {

/// A file that appears under its name when it is committed, and leaves nothing behind otherwise:
/// where the file system can do it, not even when the process is killed. It is written behind a
/// symbolic link, and straight into what is not a regular file, such as a pipe or a device. For one
/// thread at a time.
class AtomicFile {
 public:
    /// Creates a file without a name in the folder of `path`, or a temporary one where the file
    /// system has no such files. Throws Error(output) where that is not possible.
    explicit AtomicFile(const std::filesystem::path& path);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    /// Appends text; throws Error(output) when it cannot be written.
    void write(std::string_view text);
    /// Appends a line of columns with tabs between: text and numbers, floating-point ones as short
    /// as reads back the same.
    template <class First, class... Others>
        requires(is_text_line<First> && (is_text_line<Others> && ...))
    void write_row(const First& first, const Others&... others) {
        line_.clear();
        detail::append_text(line_, first);
        ((line_ += '\t', detail::append_text(line_, others)), ...);
        line_ += '\n';
        write(line_);
    }
    /// Writes what is buffered and gives the file its name. Throws Error(output) when that fails.
    void commit();

 private:
    /// Where the bytes are until they are committed.
    enum class Place { nowhere, without_name, under_temporary_name, at_target };

    void open_beside_target();
    void flush();
    void give_name();
    [[noreturn]] void fail(const char* what) const;

    std::filesystem::path path_;
    std::string temporary_;
    Place place_ = Place::nowhere;
    int file_ = -1;
    std::string buffer_;
    std::string line_;
};

}  // namespace renoir
