#include "io/compressed_file.hpp"

#include <utility>

namespace renoir::io::detail {

namespace {

constexpr std::size_t buffer_size = std::size_t{128} * 1024;

}  // namespace

CompressedFile::CompressedFile(std::string path)
    : path_(std::move(path)), file_(open_file(path_)), buffer_(buffer_size) {}

bool CompressedFile::fill() {
    if (consumed_ < filled_) return true;
    consumed_ = 0;
    filled_ = read_some(file_, path_, reinterpret_cast<char*>(buffer_.data()), buffer_.size());
    return filled_ != 0;
}

void CompressedFile::consume(std::size_t count) noexcept {
    consumed_ += count;
    offset_ += count;
}

Error CompressedFile::truncated(const std::string& format) const {
    return read_error(path_, "its " + format + " data ends too early, at byte " +
                                 std::to_string(offset_) +
                                 "; the file is not complete, make or copy it again");
}

Error CompressedFile::corrupt(const std::string& format, const std::string& reason) const {
    return read_error(path_, "its " + format + " data is corrupt near byte " +
                                 std::to_string(offset_) + " (" + reason +
                                 "); make or copy it again");
}

}  // namespace renoir::io::detail
