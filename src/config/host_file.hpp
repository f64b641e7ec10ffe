#pragma once

#include <renoir/config/runtime_config.hpp>

#include <filesystem>
#include <optional>
#include <vector>

namespace renoir::detail {

/// Content of the TOML file that describes a job on several hosts.
struct HostFile {
    std::vector<HostConfig> hosts;
    std::optional<std::filesystem::path> tracing_dir;
    bool cleanup_executable = false;
};

/// Reads and checks a file; every mistake is an Error (configuration) with its place and a remedy.
[[nodiscard]] HostFile read_host_file(const std::filesystem::path& file);

}  // namespace renoir::detail
