#pragma once

/// write_text: a sink that writes each item as a line of a file.
///
///     counts.map(...).write_text("counts.txt");

#include <renoir/operators/repartition.hpp>

#include <charconv>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace renoir {

/// An item that is text or can be written as text: text, arithmetic types, and pairs of these,
/// which are written with a tab between.
template <class T>
inline constexpr bool is_text_line =
    std::convertible_to<const T&, std::string_view> || std::is_arithmetic_v<T>;
template <class First, class Second>
inline constexpr bool is_text_line<std::pair<First, Second>> =
    is_text_line<First> && is_text_line<Second>;

namespace detail {

/// A file that appears under its name when it is committed, and leaves nothing behind otherwise:
/// where the file system can do it, not even when the process is killed. It is written behind a
/// symbolic link, and straight into what is not a regular file, such as a pipe or a device.
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
    /// Writes what is buffered and gives the file its name.
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
};

template <class T>
void append_text(std::string& line, const T& item) {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
        line += std::string_view(item);
    } else if constexpr (std::same_as<T, char>) {
        line += item;
    } else if constexpr (std::same_as<T, bool>) {
        line += item ? "true" : "false";
    } else {
        char digits[64];
        const auto end = std::to_chars(digits, digits + sizeof(digits), item).ptr;
        line.append(digits, end);
    }
}

template <class First, class Second>
void append_text(std::string& line, const std::pair<First, Second>& item) {
    append_text(line, item.first);
    line += '\t';
    append_text(line, item.second);
}

template <class T>
class WriteTextStage {
 public:
    explicit WriteTextStage(const std::filesystem::path& path)
        : file_(std::make_unique<AtomicFile>(path)) {}

    void push(T&& item) {
        line_.clear();
        append_text(line_, item);
        line_ += '\n';
        file_->write(line_);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_stream) file_->commit();
    }

 private:
    std::unique_ptr<AtomicFile> file_;
    std::string line_;
};

}  // namespace detail

template <class T, class Chain>
void Stream<T, Chain>::write_text(std::filesystem::path path, Location where) {
    static_assert(is_text_line<T>, "write_text: map the items of this stream to text first");
    const OperatorInfo info{"write_text", where};
    auto&& untimed = detail::without_time(*this, info);
    auto gathered = detail::gather<T>(untimed, info);
    end_block(gathered, info, [path = std::move(path)](const OperatorInfo&) {
        return [path](ReplicaContext&) { return detail::WriteTextStage<T>(path); };
    });
}

}  // namespace renoir
