#pragma once

#include <vector>

namespace renoir::detail {

/// The logical CPUs that the calling thread may run on, ascending, whatever their number.
/// Call it before this thread is bound to a core: it is the mask that was inherited only until
/// then.
[[nodiscard]] std::vector<unsigned> allowed_cpus();

}  // namespace renoir::detail
