#pragma once

/// Puts bytes that arrive in pieces together to whole lines.
///
///     LineBuffer buffer(limit);
///     buffer.add("ab", print);
///     buffer.add("c\nd", print);  // prints abc
///     buffer.finish(print);       // prints d

#include <cstddef>
#include <string>
#include <string_view>

namespace renoir::launch {

class LineBuffer {
 public:
    /// The most bytes of one line. A longer one is given out as several lines of that length, so
    /// that a stream without an end of line needs no more memory than this.
    static constexpr std::size_t usual_limit = std::size_t{1} << 20;

    explicit LineBuffer(std::size_t limit = usual_limit) : limit_(limit) {}

    /// Calls `print(line)` for each line that ends within `bytes`, without its end of line. The
    /// line is valid during the call.
    template <typename Print>
    void add(std::string_view bytes, const Print& print) {
        std::size_t end = bytes.find('\n');
        while (end != bytes.npos) {
            add_part(bytes.substr(0, end), print);
            end_line(print);
            bytes.remove_prefix(end + 1);
            end = bytes.find('\n');
        }
        add_part(bytes, print);
    }

    /// As if an end of line was added.
    template <typename Print>
    void end_line(const Print& print) {
        if (text_.empty() && is_cut_) {  // the end of a line that was just as long as is allowed
            is_cut_ = false;
            return;
        }
        print(std::string_view(text_));
        restart();
    }

    /// Calls `print` with what came after the last end of line, if anything did.
    template <typename Print>
    void finish(const Print& print) {
        if (!text_.empty()) print(std::string_view(text_));
        restart();
    }

    /// Whether no line has begun.
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
    /// `bytes` have no end of line.
    template <typename Print>
    void add_part(std::string_view bytes, const Print& print) {
        while (bytes.size() >= limit_ - text_.size()) {
            const std::size_t room = limit_ - text_.size();
            text_.append(bytes.substr(0, room));
            bytes.remove_prefix(room);
            print(std::string_view(text_));
            restart();
            is_cut_ = true;
        }
        text_.append(bytes);
    }

    /// Begins a line; gives the memory of an unusually long one back.
    void restart();

    std::string text_;
    std::size_t limit_;
    bool is_cut_ = false;
};

}  // namespace renoir::launch
