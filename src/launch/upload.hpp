#pragma once

/// Copies of files on a host, by SFTP.

#include <cstdint>
#include <functional>
#include <string>

#include "launch/connection.hpp"
#include "launch/ssh_session.hpp"

namespace renoir::launch {

/// See SshSession::upload().
UploadResult upload_file(Connection& connection, const LocalFile& file,
                         const std::string& remote_path,
                         const std::function<void(std::uint64_t)>& on_progress);

}  // namespace renoir::launch
