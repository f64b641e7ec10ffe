#pragma once

// How a context becomes one rank of many.

#include <renoir/stream/context.hpp>

namespace renoir::detail {

/// What this process is in the job of `config`: by itself, or a rank under a launcher. The ranks of
/// a host divide its CPUs, and each learns how many workers the others have; so all of them must
/// call it. Throws Error(configuration) for what cannot be.
[[nodiscard]] ClusterMember join_ranks(const RuntimeConfig& config);

}  // namespace renoir::detail
