#include <renoir/io/background_reader.hpp>
#include <renoir/io/text_input.hpp>

#include <fcntl.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/descriptor.hpp"
#include "io/file_parts.hpp"
#include "io/line_buffer.hpp"

namespace renoir::io {

namespace {

namespace fs = std::filesystem;

using detail::ByteStream;
using detail::FilePart;
using detail::InputFile;
using detail::read_error;
using detail::system_read_error;
using Kind = InputFile::Kind;

// ---- naming files ------------------------------------------------------------------------------

std::vector<std::string> files_of_folder(const std::string& path) {
    std::error_code failure;
    std::vector<std::string> files;
    // Not a range-for: its steps would throw errors of another kind.
    for (fs::directory_iterator entry(path, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const bool hidden = entry->path().filename().string().starts_with('.');
        std::error_code unknown;
        if (!hidden && entry->is_regular_file(unknown)) files.push_back(entry->path().string());
    }
    if (failure) throw system_read_error(path, failure.value());
    if (files.empty()) {
        throw read_error(path,
                         "the folder has no files; hidden ones and those of folders inside do "
                         "not count");
    }
    std::ranges::sort(files);
    return files;
}

/// The result of glob(3), which owns memory.
class GlobResult {
 public:
    explicit GlobResult(const std::string& pattern) {
        const int code = ::glob(pattern.c_str(), 0, nullptr, &found_);
        if (code == GLOB_NOSPACE) throw std::bad_alloc();
        if (code != 0) throw read_error(pattern, "no file matches the pattern");
    }
    GlobResult(const GlobResult&) = delete;
    GlobResult& operator=(const GlobResult&) = delete;
    ~GlobResult() { ::globfree(&found_); }

    [[nodiscard]] std::vector<std::string> paths() const {
        return {found_.gl_pathv, found_.gl_pathv + found_.gl_pathc};
    }

 private:
    glob_t found_ = {};
};

std::vector<std::string> files_of_pattern(const std::string& pattern) {
    std::vector<std::string> files = GlobResult(pattern).paths();
    std::erase_if(files, [](const std::string& path) {
        std::error_code unknown;
        return fs::is_directory(path, unknown);
    });
    if (files.empty()) throw read_error(pattern, "only folders match the pattern");
    // glob sorts by the rules of the locale, which need not be the same on every host.
    std::ranges::sort(files);
    return files;
}

// ---- reading -----------------------------------------------------------------------------------

std::unique_ptr<ByteStream> open_part(const FilePart& part) {
    const InputFile& file = *part.file;
    switch (file.kind) {
        case Kind::plain:
            return detail::open_lines(file.path, part.range, file.size);
        case Kind::gzip:
            return detail::open_gzip(file.path);
        case Kind::zstd:
            return detail::open_zstd(file.path);
        case Kind::special:
            break;
    }
    return detail::open_whole(file.path);
}

class BlocksOfParts : public TextBlocks {
 public:
    BlocksOfParts(std::shared_ptr<const std::vector<InputFile>> files, std::vector<FilePart> parts,
                  std::function<void()> wakeup)
        : files_(std::move(files)), parts_(std::move(parts)), wakeup_(std::move(wakeup)) {}

    std::string_view next() override {
        while (next_part_ < parts_.size() || stream_ != nullptr) {
            const std::string_view block = next_of_part();
            if (!block.empty()) return block;
        }
        buffer_.clear();
        return {};
    }

    std::optional<std::string_view> try_next() override {
        while (true) {
            if (background_ != nullptr) {
                const std::optional<std::string_view> block = background_->try_next();
                if (!block || !block->empty()) return block;
                background_.reset();
            }
            if (stream_ != nullptr || !is_special(next_part_)) {
                const std::string_view block = next_of_part();
                const bool at_end = stream_ == nullptr && next_part_ == parts_.size();
                if (!block.empty() || at_end) return block;
            } else {
                background_ =
                    std::make_unique<BackgroundFile>(parts_[next_part_++].file->path, wakeup_);
            }
        }
    }

 private:
    /// A file that may keep its reader waiting, read by a thread of its own. It is opened without
    /// waiting for a writer, which comes when it likes.
    class BackgroundFile {
     public:
        BackgroundFile(const std::string& path, const std::function<void()>& wakeup)
            : file_(detail::open_file(path, O_NONBLOCK)), reader_(file_.get(), path) {
            reader_.set_wakeup(wakeup);
        }
        std::optional<std::string_view> try_next() { return reader_.try_next(); }

     private:
        detail::Descriptor file_;
        BackgroundReader reader_;
    };

    [[nodiscard]] bool is_special(std::size_t part) const {
        return part < parts_.size() && parts_[part].file->kind == Kind::special;
    }

    /// The next block up to the end of the current part; empty at its end.
    std::string_view next_of_part() {
        if (stream_ == nullptr && next_part_ < parts_.size())
            stream_ = open_part(parts_[next_part_++]);
        if (stream_ == nullptr) return {};
        const std::string_view block = buffer_.next(*stream_);
        if (block.empty()) stream_.reset();
        return block;
    }

    /// Keeps alive what the parts point to.
    std::shared_ptr<const std::vector<InputFile>> files_;
    std::vector<FilePart> parts_;
    std::function<void()> wakeup_;
    std::size_t next_part_ = 0;
    std::unique_ptr<ByteStream> stream_;
    std::unique_ptr<BackgroundFile> background_;
    detail::LineBuffer buffer_;
};

}  // namespace

TextInput::TextInput(const std::vector<std::string>& paths)
    : files_(std::make_shared<const std::vector<InputFile>>(detail::describe_files(paths))) {}

TextInput TextInput::file(std::string path) {
    return TextInput({std::move(path)});
}

TextInput TextInput::files(std::vector<std::string> paths) {
    return TextInput(paths);
}

TextInput TextInput::folder(const std::string& path) {
    return TextInput(files_of_folder(path));
}

TextInput TextInput::glob(const std::string& pattern) {
    return TextInput(files_of_pattern(pattern));
}

std::unique_ptr<TextBlocks> TextInput::read(std::size_t replica, std::size_t replicas,
                                            std::function<void()> wakeup) const {
    return std::make_unique<BlocksOfParts>(files_, detail::parts_of(*files_, replica, replicas),
                                           std::move(wakeup));
}

std::uint64_t TextInput::fingerprint() const noexcept {
    return detail::fingerprint_of(*files_);
}

}  // namespace renoir::io
