#pragma once

#include <string>

namespace renoir::detail {

/// The name of this machine, for messages.
[[nodiscard]] std::string host_name();

}  // namespace renoir::detail
