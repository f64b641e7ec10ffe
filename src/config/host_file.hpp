#pragma once

#include <renoir/config/runtime_config.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace renoir::detail {

/// Content of the TOML file that describes a job on several hosts.
struct HostFile {
    std::vector<HostConfig> hosts;
    std::optional<std::filesystem::path> tracing_dir;
    bool cleanup_executable = false;
    LaunchConfig launch;
};

/// The environment variable in which the launcher gives the hosts to the ranks: shared_text().
inline constexpr const char* hosts_variable = "RENOIR_HOSTS";

/// Reads and checks a file; every mistake is an Error (configuration) with its place and a remedy.
[[nodiscard]] HostFile read_host_file(const std::filesystem::path& file);

/// The same for the content of such a file; `title` stands for the file in messages.
[[nodiscard]] HostFile read_host_text(const std::string& text, const std::filesystem::path& title);

/// Whether two addresses are the same text; upper and lower case do not matter in names of hosts.
[[nodiscard]] bool is_same_address(std::string_view a, std::string_view b);

/// Such a file with these hosts. Of the logins it has the user names, and nothing secret.
[[nodiscard]] std::string host_list_text(const std::vector<HostConfig>& hosts);

/// What the ranks have to know of a host file, in the same format: all but how to reach the hosts,
/// so nothing secret.
[[nodiscard]] std::string shared_text(const RuntimeConfig& config);

/// The line of a warning when a secret stands in the host file and more than its owner may read it;
/// else empty.
[[nodiscard]] std::string exposed_secret_warning(const RuntimeConfig& config);

}  // namespace renoir::detail
