#pragma once

/// What this process has used of the machine.

#include <cstdint>

namespace bench {

/// Processor time of all threads of this process so far.
[[nodiscard]] double processor_seconds();

/// Memory of this process that is in use now.
[[nodiscard]] std::int64_t resident_bytes();

/// The most that it has ever been.
[[nodiscard]] std::int64_t most_resident_bytes();

}  // namespace bench
