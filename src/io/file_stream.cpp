#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/descriptor.hpp"

namespace renoir::io::detail {
namespace {

class WholeFile : public ByteStream {
 public:
    explicit WholeFile(std::string path) : path_(std::move(path)), file_(open_file(path_)) {}

    std::size_t read(char* to, std::size_t room) override {
        if (ended_) return 0;
        const std::size_t count = read_some(file_, path_, to, room);
        // A FIFO would go on with its next writer, a terminal after the next control-D.
        ended_ = count == 0;
        return count;
    }

 private:
    std::string path_;
    Descriptor file_;
    bool ended_ = false;
};

/// A regular file that must not become shorter while it is read.
class SizedFile {
 public:
    SizedFile(std::string path, std::uint64_t begin, std::uint64_t size)
        : path_(std::move(path)), file_(open_file(path_)), position_(begin), size_(size) {
        // An advice: nothing is lost when it is not taken.
        static_cast<void>(::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
    }

    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    void seek(std::uint64_t position) noexcept { position_ = position; }

    /// Reads on, but not beyond `end`, which lies ahead.
    std::size_t read(char* to, std::size_t room, std::uint64_t end) {
        const auto wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(room, end - position_));
        const std::size_t count = read_some_at(file_, path_, to, wanted, position_);
        if (count == 0) {
            throw read_error(path_, "it was truncated while it was read, at byte " +
                                        std::to_string(position_) + " of " + std::to_string(size_));
        }
        position_ += count;
        return count;
    }

 private:
    std::string path_;
    Descriptor file_;
    std::uint64_t position_;
    std::uint64_t size_;
};

class BytesFrom : public ByteStream {
 public:
    explicit BytesFrom(SizedFile file) : file_(std::move(file)) {}

    std::size_t read(char* to, std::size_t room) override {
        return file_.position() < file_.size() ? file_.read(to, room, file_.size()) : 0;
    }

 private:
    SizedFile file_;
};

class LinesOfRange : public ByteStream {
 public:
    LinesOfRange(std::string path, ByteRange range, std::uint64_t size)
        : file_(std::move(path), range.begin, size), range_(range) {}

    std::size_t read(char* to, std::size_t room) override {
        const std::size_t skipped = started_ ? 0 : skip_to_first_line(to, room);
        if (skipped != 0) return skipped;
        if (file_.position() < range_.end) return read_at_position(to, room, range_.end);
        if (file_.position() < file_.size() && !ended_) return read_last_line(to, room);
        return 0;
    }

 private:
    /// Goes on behind the line that started before the range; returns how much was read of what
    /// follows it.
    std::size_t skip_to_first_line(char* to, std::size_t room) {
        started_ = true;
        if (range_.begin == 0) return 0;
        // The byte before tells whether a line starts at the very beginning.
        file_.seek(range_.begin - 1);
        while (file_.position() < range_.end) {
            const std::size_t count = read_at_position(to, room, range_.end);
            const auto* const newline = static_cast<const char*>(std::memchr(to, '\n', count));
            if (newline == nullptr) continue;
            const std::size_t rest = count - static_cast<std::size_t>(newline + 1 - to);
            std::memmove(to, newline + 1, rest);
            // A newline at the end of the range: the next line is not ours.
            ended_ = rest == 0 && file_.position() == range_.end;
            return rest;
        }
        ended_ = true;
        return 0;
    }

    std::size_t read_last_line(char* to, std::size_t room) {
        if (last_byte_ == '\n') return 0;
        const std::size_t count = read_at_position(to, std::min(room, step_behind_), file_.size());
        step_behind_ = std::max(step_behind_, std::min(room, 2 * step_behind_));
        const auto* const newline = static_cast<const char*>(std::memchr(to, '\n', count));
        if (newline == nullptr) return count;
        ended_ = true;
        return static_cast<std::size_t>(newline + 1 - to);
    }

    std::size_t read_at_position(char* to, std::size_t room, std::uint64_t end) {
        const std::size_t count = file_.read(to, room, end);
        last_byte_ = to[count - 1];
        return count;
    }

    SizedFile file_;
    ByteRange range_;
    bool started_ = false;
    bool ended_ = false;
    char last_byte_ = '\0';
    /// How much to read behind the range next: most lines are short.
    std::size_t step_behind_ = 4096;
};

}  // namespace

std::unique_ptr<ByteStream> open_lines(std::string path, ByteRange range, std::uint64_t size) {
    return std::make_unique<LinesOfRange>(std::move(path), range, size);
}

std::unique_ptr<ByteStream> open_from(std::string path, std::uint64_t begin, std::uint64_t size) {
    return std::make_unique<BytesFrom>(SizedFile(std::move(path), begin, size));
}

std::unique_ptr<ByteStream> open_whole(std::string path) {
    return std::make_unique<WholeFile>(std::move(path));
}

}  // namespace renoir::io::detail
