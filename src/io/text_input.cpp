#include <renoir/io/background_reader.hpp>
#include <renoir/io/text_input.hpp>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <new>
#include <numeric>
#include <system_error>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/descriptor.hpp"
#include "io/line_buffer.hpp"

namespace renoir::io {

/// One file, as it was when the input was described.
struct TextInput::Source {
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

namespace {

namespace fs = std::filesystem;

using detail::ByteRange;
using detail::ByteStream;
using detail::read_error;
using detail::system_read_error;
using Source = TextInput::Source;
using Kind = Source::Kind;

// ---- describing --------------------------------------------------------------------------------

Kind kind_by_content(const std::string& path, const detail::Descriptor& file) {
    constexpr std::array<unsigned char, 2> gzip_mark = {0x1f, 0x8b};
    constexpr std::array<unsigned char, 4> zstd_mark = {0x28, 0xb5, 0x2f, 0xfd};
    std::array<char, 4> bytes{};
    const std::size_t count = detail::read_some_at(file, path, bytes.data(), bytes.size(), 0);
    const auto starts_with = [&](const auto& mark) {
        return count >= mark.size() &&
               std::equal(mark.begin(), mark.end(), bytes.begin(), [](unsigned char a, char b) {
                   return a == static_cast<unsigned char>(b);
               });
    };
    if (starts_with(gzip_mark)) return Kind::gzip;
    if (starts_with(zstd_mark)) return Kind::zstd;
    return Kind::plain;
}

Source describe(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) throw system_read_error(path, errno);
    if (S_ISDIR(status.st_mode)) {
        throw read_error(path,
                         "it is a folder; name the files in it, for example by the pattern '" +
                             (fs::path(path) / "*").string() + "'");
    }
    if (!S_ISREG(status.st_mode)) {
        // Opening a FIFO would wait for its writer, and a device may mind.
        if (::access(path.c_str(), R_OK) != 0) throw system_read_error(path, errno);
        return {path, Kind::special, 0};
    }
    const detail::Descriptor file = detail::open_file(path);
    if (status.st_size == 0) return {path, Kind::special, 0};
    const Kind kind = kind_by_content(path, file);
    if (kind == Kind::gzip) detail::require_gzip(path);
    if (kind == Kind::zstd) detail::require_zstd(path);
    return {path, kind, static_cast<std::uint64_t>(status.st_size)};
}

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

// ---- sharing out -------------------------------------------------------------------------------

/// What one replica reads of one file; of a file that is not plain, all.
struct Part {
    const Source* source;
    ByteRange range;
};

std::uint64_t share_begin(std::uint64_t total, std::size_t replica, std::size_t replicas) {
    // total * replica / replicas, without its overflow.
    return total / replicas * replica + total % replicas * replica / replicas;
}

/// For each source the replica that reads it whole; meaningless for plain ones.
std::vector<std::size_t> readers_of_whole(const std::vector<Source>& sources,
                                          std::size_t replicas) {
    std::vector<std::size_t> reader(sources.size(), 0);
    std::vector<std::size_t> compressed;
    std::size_t specials = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources[i].kind == Kind::special) {
            reader[i] = specials++ % replicas;
        } else if (sources[i].kind != Kind::plain) {
            compressed.push_back(i);
        }
    }
    std::ranges::stable_sort(compressed, [&](std::size_t a, std::size_t b) {
        return sources[a].size > sources[b].size;
    });
    std::vector<std::uint64_t> load(replicas, 0);
    for (const std::size_t i : compressed) {
        const auto least = std::ranges::min_element(load);
        *least += sources[i].size;
        reader[i] = static_cast<std::size_t>(least - load.begin());
    }
    return reader;
}

std::vector<Part> parts_of(const std::vector<Source>& sources, std::size_t replica,
                           std::size_t replicas) {
    const std::uint64_t total = std::accumulate(
        sources.begin(), sources.end(), std::uint64_t{0}, [](std::uint64_t sum, const Source& s) {
            return s.kind == Kind::plain ? sum + s.size : sum;
        });
    const std::uint64_t begin = share_begin(total, replica, replicas);
    const std::uint64_t end = share_begin(total, replica + 1, replicas);
    const std::vector<std::size_t> reader = readers_of_whole(sources, replicas);

    std::vector<Part> parts;
    std::uint64_t file_begin = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const Source& source = sources[i];
        if (source.kind != Kind::plain) {
            if (reader[i] == replica) parts.push_back({&source, {0, source.size}});
            continue;
        }
        const std::uint64_t file_end = file_begin + source.size;
        const std::uint64_t from = std::max(begin, file_begin);
        const std::uint64_t to = std::min(end, file_end);
        if (from < to) parts.push_back({&source, {from - file_begin, to - file_begin}});
        file_begin = file_end;
    }
    return parts;
}

// ---- reading -----------------------------------------------------------------------------------

std::unique_ptr<ByteStream> open_part(const Part& part) {
    const Source& source = *part.source;
    switch (source.kind) {
        case Kind::plain:
            return detail::open_lines(source.path, part.range, source.size);
        case Kind::gzip:
            return detail::open_gzip(source.path);
        case Kind::zstd:
            return detail::open_zstd(source.path);
        case Kind::special:
            break;
    }
    return detail::open_whole(source.path);
}

class BlocksOfParts : public TextBlocks {
 public:
    BlocksOfParts(std::shared_ptr<const std::vector<Source>> sources, std::vector<Part> parts,
                  std::function<void()> wakeup)
        : sources_(std::move(sources)), parts_(std::move(parts)), wakeup_(std::move(wakeup)) {}

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
                    std::make_unique<BackgroundFile>(parts_[next_part_++].source->path, wakeup_);
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
        return part < parts_.size() && parts_[part].source->kind == Kind::special;
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
    std::shared_ptr<const std::vector<Source>> sources_;
    std::vector<Part> parts_;
    std::function<void()> wakeup_;
    std::size_t next_part_ = 0;
    std::unique_ptr<ByteStream> stream_;
    std::unique_ptr<BackgroundFile> background_;
    detail::LineBuffer buffer_;
};

}  // namespace

TextInput::TextInput(const std::vector<std::string>& paths) {
    if (paths.empty()) {
        throw Error(ErrorKind::input, "no input files were given; name at least one");
    }
    std::vector<Source> sources;
    sources.reserve(paths.size());
    for (const std::string& path : paths) sources.push_back(describe(path));
    sources_ = std::make_shared<const std::vector<Source>>(std::move(sources));
}

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
    if (replica >= replicas) {
        throw Error(ErrorKind::usage, "there is no replica " + std::to_string(replica) + " of " +
                                          std::to_string(replicas) + "; they are counted from 0");
    }
    return std::make_unique<BlocksOfParts>(sources_, parts_of(*sources_, replica, replicas),
                                           std::move(wakeup));
}

}  // namespace renoir::io
