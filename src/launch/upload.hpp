#pragma once

/// Copies of files on a host, by SFTP.

#include <cstdint>
#include <functional>
#include <string>

#include "launch/connection.hpp"
#include "launch/ssh_session.hpp"

namespace renoir::launch {

/// For the POSIX shell of a host: prints the SHA-256 of a file as the first word of a line. `file`
/// is a word for the shell.
[[nodiscard]] std::string sum_script(const std::string& file);

/// See SshSession::upload().
UploadResult upload_file(Connection& connection, const LocalFile& file,
                         const std::string& remote_path,
                         const std::function<void(std::uint64_t)>& on_progress);

}  // namespace renoir::launch
