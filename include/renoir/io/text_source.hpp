#pragma once

/// Sources of lines: stream_file, stream_files, stream_glob, stream_folder, stream_stdin; and of
/// blocks of lines: stream_blocks.
///
///     ctx.stream_file("book.txt").filter([](std::string_view line) { return !line.empty(); })...

#include <renoir/io/background_reader.hpp>
#include <renoir/io/text_input.hpp>
#include <renoir/stream/context.hpp>

#include <unistd.h>

#include <memory>
#include <optional>

namespace renoir {

namespace detail {

/// Text emitted in a step, about: a block of hundreds of kilobytes is cut into pieces so that the
/// worker soon turns to what they caused.
inline constexpr std::size_t text_of_a_step = 16 * 1024;

/// Blocks of files.
class FileBlocks {
 public:
    explicit FileBlocks(std::unique_ptr<io::TextBlocks> blocks) : blocks_(std::move(blocks)) {}
    std::optional<std::string_view> try_next() { return blocks_->try_next(); }

 private:
    std::unique_ptr<io::TextBlocks> blocks_;
};

/// Blocks that a thread beside the workers reads, because they may be long in coming.
class BackgroundBlocks {
 public:
    BackgroundBlocks(std::unique_ptr<io::BackgroundReader> reader, Parker* parker)
        : reader_(std::move(reader)) {
        reader_->set_wakeup([parker] { parker->wake(); });
    }
    std::optional<std::string_view> try_next() { return reader_->try_next(); }

 private:
    std::unique_ptr<io::BackgroundReader> reader_;
};

/// Cuts text into lines.
struct LineCutter {
    template <class Emit>
    std::string_view operator()(std::string_view text, Emit&& emit) const {
        return io::for_each_line(text, text_of_a_step,
                                 [&](std::string_view line) { emit(std::move(line)); });
    }
};

/// Cuts text behind a newline, so that each piece is whole lines.
struct BlockCutter {
    template <class Emit>
    std::string_view operator()(std::string_view text, Emit&& emit) const {
        std::size_t size = text.size();
        if (size > text_of_a_step) {
            const std::size_t newline = text.find('\n', text_of_a_step);
            size = newline == std::string_view::npos ? size : newline + 1;
        }
        emit(text.substr(0, size));
        return text.substr(size);
    }
};

/// What a cutter makes of some blocks of text.
template <class Blocks, class Cutter = LineCutter>
class TextReader {
 public:
    explicit TextReader(Blocks blocks) : blocks_(std::move(blocks)) {}

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t) {
        if (rest_.empty()) {
            const std::optional<std::string_view> block = blocks_.try_next();
            if (!block) return SourceStatus::idle;
            if (block->empty()) return SourceStatus::finished;
            rest_ = *block;
        }
        rest_ = Cutter{}(rest_, emit);
        return SourceStatus::more;
    }

 private:
    Blocks blocks_;
    std::string_view rest_;
};

template <class Cutter = LineCutter>
struct TextSource {
    using value_type = std::string_view;
    io::TextInput input;

    [[nodiscard]] static Replication replication() noexcept { return Replication::unlimited(); }
    [[nodiscard]] TextReader<FileBlocks, Cutter> open(const SourceContext& context) const {
        Parker* parker = context.parker;
        return TextReader<FileBlocks, Cutter>(FileBlocks(
            input.read(context.replica, context.replicas, [parker] { parker->wake(); })));
    }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return input.fingerprint(); }
};

inline io::TextInput text_of(const std::vector<std::filesystem::path>& files) {
    std::vector<std::string> names;
    for (const std::filesystem::path& file : files) names.push_back(file.string());
    return io::TextInput::files(std::move(names));
}

struct StandardInputSource {
    using value_type = std::string_view;

    [[nodiscard]] static Replication replication() noexcept { return Replication::one(); }
    [[nodiscard]] TextReader<BackgroundBlocks> open(const SourceContext& context) const {
        return TextReader<BackgroundBlocks>(
            BackgroundBlocks(std::make_unique<io::BackgroundReader>(STDIN_FILENO, "standard input"),
                             context.parker));
    }
};

}  // namespace detail

inline auto StreamContext::stream_file(const std::filesystem::path& file, Location where) {
    return named_stream(detail::TextSource<>{io::TextInput::file(file.string())},
                        {"stream_file", where});
}

inline auto StreamContext::stream_files(const std::vector<std::filesystem::path>& files,
                                        Location where) {
    return named_stream(detail::TextSource<>{detail::text_of(files)}, {"stream_files", where});
}

inline auto StreamContext::stream_blocks(const std::vector<std::filesystem::path>& files,
                                         Location where) {
    return named_stream(detail::TextSource<detail::BlockCutter>{detail::text_of(files)},
                        {"stream_blocks", where});
}

inline auto StreamContext::stream_glob(const std::string& pattern, Location where) {
    return named_stream(detail::TextSource<>{io::TextInput::glob(pattern)}, {"stream_glob", where});
}

inline auto StreamContext::stream_folder(const std::filesystem::path& folder, Location where) {
    return named_stream(detail::TextSource<>{io::TextInput::folder(folder.string())},
                        {"stream_folder", where});
}

inline auto StreamContext::stream_stdin(Location where) {
    return named_stream(detail::StandardInputSource{}, {"stream_stdin", where});
}

}  // namespace renoir
