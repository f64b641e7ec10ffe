#pragma once

/// Memory for large tables, in huge pages where the system gives them.

#include <cstddef>
#include <memory>

namespace renoir::detail {

struct HugeMemoryDeleter {
    std::size_t bytes = 0;
    void operator()(std::byte* memory) const noexcept;
};

using HugeMemory = std::unique_ptr<std::byte[], HugeMemoryDeleter>;

/// `bytes` zeroed bytes, aligned to a cache line. From two megabytes on the kernel is asked for
/// huge pages: a table probed at random misses the TLB once a probe without them.
[[nodiscard]] HugeMemory allocate_huge(std::size_t bytes);

}  // namespace renoir::detail
