#pragma once

// What the tests of host files share: files to read, and the texts of the errors in them.

#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "catch.hpp"

namespace renoir::testing {

namespace fs = std::filesystem;

/// A folder of its own for every test, removed at its end.
class Folder {
 public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "renoir-config-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

    [[nodiscard]] fs::path write(const std::string& name, const std::string& text) const {
        const fs::path file = path_ / name;
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }

 private:
    fs::path path_;
};

/// The configuration in a file with this content.
inline RuntimeConfig config_in(const std::string& content) {
    const Folder folder;
    return RuntimeConfig::remote(folder.write("hosts.toml", content));
}

/// The text of the error that reading a file ends with.
inline std::string error_of(const fs::path& file) {
    try {
        (void)RuntimeConfig::remote(file);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::configuration);
        return error.what();
    }
    return "no error";
}

/// The same for a content, without the name of the file in front: "LINE:COLUMN: what; remedy".
inline std::string error_in(const std::string& content) {
    const Folder folder;
    const fs::path file = folder.write("hosts.toml", content);
    const std::string text = error_of(file);
    const std::string start = file.string() + ":";
    CHECK_THAT(text, Catch::Matchers::StartsWith(start));
    return text.starts_with(start) ? text.substr(start.size()) : text;
}

inline const std::string first_host =
    "[[host]]\n"
    "address = \"node1\"\n"
    "base_port = 9500\n"
    "num_cores = 8\n";

/// One more entry, with one core.
inline std::string further_host(const std::string& address, int base_port) {
    return "[[host]]\naddress = '" + address + "'\nbase_port = " + std::to_string(base_port) +
           "\nnum_cores = 1\n";
}

struct Mistake {
    std::string content;
    std::string text;
};

}  // namespace renoir::testing
