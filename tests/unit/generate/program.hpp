#pragma once

/// Runs the programs under test and keeps their files in a folder of the test.

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace program_test {

[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// A folder that disappears with the test.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "renoir-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    }

 private:
    std::filesystem::path path_;
};

struct Outcome {
    int exit_code;
    std::string out;
    std::string err;
};

/// Runs a shell command line and waits for it. `folder` keeps what the command prints.
[[nodiscard]] inline Outcome run(const TemporaryFolder& folder, const std::string& command) {
    // Hidden in a subfolder, so that names() of a test sees its own files only.
    const TemporaryFolder printed;
    const std::string redirected = "cd '" + folder.file("") + "' && { " + command + "; } >'" +
                                   printed.file("out") + "' 2>'" + printed.file("err") + "'";
    const int status = std::system(redirected.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(printed.file("out")),
            read_file(printed.file("err"))};
}

/// Whether `text` is one line `error: ...` that names `what`.
[[nodiscard]] inline bool is_error_line(std::string_view text, std::string_view what) {
    return text.starts_with("error: ") && text.find('\n') == text.size() - 1 &&
           text.find(what) != std::string_view::npos;
}

}  // namespace program_test
