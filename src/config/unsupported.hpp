#pragma once

#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

namespace renoir::detail {

/// What to throw where a job on several hosts is about to begin: this version cannot start them.
[[nodiscard]] Error hosts_cannot_be_started(const RuntimeConfig& config);

}  // namespace renoir::detail
