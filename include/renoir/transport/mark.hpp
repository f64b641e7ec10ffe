#pragma once

/// What travels beside the items: control marks, in order with the data of their channel.

#include <cstdint>
#include <limits>

namespace renoir {

/// Event time: milliseconds since the epoch.
using Timestamp = std::int64_t;

inline constexpr Timestamp timestamp_min = std::numeric_limits<Timestamp>::min();
inline constexpr Timestamp timestamp_max = std::numeric_limits<Timestamp>::max();

enum class MarkKind : std::uint32_t {
    none,           ///< a slab with data only
    watermark,      ///< no later item of this channel has a time <= value
    idle,           ///< this channel leaves the minimum of the frontier until it speaks again
    end_of_round,   ///< one logical stream ended: emit what is held, be ready for another round
    end_of_stream,  ///< nothing follows on this channel
    barrier,        ///< reserved: border of a checkpoint
};

struct Mark {
    MarkKind kind = MarkKind::none;
    std::int64_t value = 0;

    friend bool operator==(const Mark&, const Mark&) = default;
};

}  // namespace renoir
