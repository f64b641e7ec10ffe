#pragma once

/// Text files as the source of a pipeline: one, several, a folder or a pattern, plain or
/// compressed, shared out over the replicas so that each line is read exactly once.
///
///     const auto input = renoir::io::TextInput::file("book.txt");
///     const auto blocks = input.read(0, 2);  // the first half
///     for (auto block = blocks->next(); !block.empty(); block = blocks->next()) {
///         renoir::io::for_each_line(block, [](std::string_view line) { std::cout << line << '\n';
///         });
///     }

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <renoir/text/lines.hpp>

namespace renoir::io {

using text::for_each_line;

namespace detail {
struct InputFile;
}  // namespace detail

/// A reader of whole lines, in blocks of some hundred kilobytes. One thread at a time uses it.
class TextBlocks {
 public:
    TextBlocks() = default;
    TextBlocks(const TextBlocks&) = delete;
    TextBlocks& operator=(const TextBlocks&) = delete;
    virtual ~TextBlocks() = default;

    /// The next lines, with their newlines; only the last line of a file may lack it. Empty at the
    /// end, and then again. A line longer than a block comes in a block as long as is needed.
    ///
    /// The view is valid until the next call, and `readable_after` bytes past its end can be read.
    /// Blocks for as long as the file does. Throws `Error` (input) when a file cannot be read, was
    /// truncated since it was described, or holds broken compressed data.
    [[nodiscard]] virtual std::string_view next() = 0;

    /// As next(), but never waits for what may be long in coming, such as a FIFO: then it returns
    /// nothing, and the `wakeup` given to TextInput::read is called when it is worth asking again.
    [[nodiscard]] virtual std::optional<std::string_view> try_next() = 0;

    static constexpr std::size_t readable_after = 16;
};

/// What to read: an immutable description, cheap to copy, to be used from any thread.
///
/// Files are looked at when the description is made: each function below throws `Error` (input)
/// with the path and the reason when something is missing, cannot be read, or is a folder where a
/// file is meant. How much of a plain file is read is settled then; what is appended later is not
/// seen.
///
/// Gzip (also of several members) and zstd files (also of several frames) are recognised by their
/// first bytes, whatever their name, where the library was built with zlib and libzstd.
class TextInput {
 public:
    /// One file. It need not be a regular one: a FIFO, a device or a file of /proc is read as well.
    [[nodiscard]] static TextInput file(std::string path);

    /// Several files, one after the other. A line never goes on in the next file.
    [[nodiscard]] static TextInput files(std::vector<std::string> paths);

    /// The regular files of a folder, in the order of their names, without hidden ones and without
    /// those of folders inside. An empty folder is an error.
    [[nodiscard]] static TextInput folder(const std::string& path);

    /// The files that a pattern of the shell (`*`, `?`, `[a-z]`) names, sorted; see glob(7).
    /// Folders that match are left out. No match is an error.
    [[nodiscard]] static TextInput glob(const std::string& pattern);

    /// The part of replica `replica` out of `replicas`; nothing is opened before the first block is
    /// asked for.
    ///
    /// Plain files are cut into equal ranges of bytes, and each replica has the lines that start in
    /// its own: the replicas' lines one after the other are the files' lines in order. Compressed
    /// files are read whole, the biggest first, by the replica that has least of them; what is not
    /// a regular file is read whole, too. Throws `Error` (usage) for a replica that cannot be.
    ///
    /// `wakeup` is for TextBlocks::try_next; it is called from another thread and must not throw or
    /// wait.
    [[nodiscard]] std::unique_ptr<TextBlocks> read(std::size_t replica, std::size_t replicas,
                                                   std::function<void()> wakeup = {}) const;

    /// A number that inputs share whose files are as many, of the same kinds and sizes, in order:
    /// only those are cut alike.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept;

 private:
    explicit TextInput(const std::vector<std::string>& paths);

    std::shared_ptr<const std::vector<detail::InputFile>> files_;
};

}  // namespace renoir::io
