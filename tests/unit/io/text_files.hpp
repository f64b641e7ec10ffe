#pragma once

// Helpers of the tests that read text files.

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <renoir/base/error.hpp>
#include <renoir/io/text_input.hpp>

namespace test {

/// A folder that is removed with all that is in it.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "renoir-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        path_ = pattern;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name = "") const {
        return name.empty() ? path_.string() : (path_ / name).string();
    }

    /// Writes a file and returns its path.
    std::string write(const std::string& name, std::string_view content) const {
        std::ofstream file(path_ / name, std::ios::binary);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        if (!file.flush()) throw std::runtime_error("cannot write " + name);
        return path(name);
    }

 private:
    std::filesystem::path path_;
};

using Lines = std::vector<std::string>;

/// Lines as a naive reader sees them: without newline and carriage return.
inline void append_lines(std::string_view text, Lines& lines) {
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        std::string line(text.substr(0, newline));
        if (!line.empty() && line.back() == '\r') line.pop_back();
        lines.push_back(line);
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    }
}

/// The lines that one replica gets.
inline Lines read_lines(const renoir::io::TextInput& input, std::size_t replica,
                        std::size_t replicas) {
    Lines lines;
    const auto blocks = input.read(replica, replicas);
    for (auto block = blocks->next(); !block.empty(); block = blocks->next()) {
        // Only read: what is there does not matter.
        char behind[renoir::io::TextBlocks::readable_after];
        std::char_traits<char>::copy(behind, block.data() + block.size(), sizeof behind);
        renoir::io::for_each_line(block, [&](std::string_view line) { lines.emplace_back(line); });
    }
    if (!blocks->next().empty()) throw std::runtime_error("there is something behind the end");
    return lines;
}

/// The lines of all replicas, in the order of the replicas.
inline Lines read_lines(const renoir::io::TextInput& input, std::size_t replicas) {
    Lines lines;
    for (std::size_t replica = 0; replica < replicas; ++replica) {
        for (std::string& line : read_lines(input, replica, replicas)) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

/// Lines of random lengths, some empty, some with a carriage return, some much longer.
inline std::string random_text(std::mt19937& random, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        const std::size_t longest = random() % 50 == 0 ? 5000 : (random() % 3 == 0 ? 1 : 40);
        const std::size_t length = random() % (longest + 1);
        for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + random() % 26);
        text += random() % 4 == 0 ? "\r\n" : "\n";
    }
    text.resize(size);
    return text;
}

/// The text of the `Error` of kind input that `action` throws.
template <typename Action>
std::string input_error(const Action& action) {
    try {
        action();
    } catch (const renoir::Error& error) {
        if (error.kind() != renoir::ErrorKind::input) return "another kind of error";
        return error.what();
    }
    return "no error";
}

/// Whether the permissions of files bind this process.
inline bool is_superuser() {
    return ::geteuid() == 0;
}

}  // namespace test
