#include "launch/line_buffer.hpp"

namespace renoir::launch {

void LineBuffer::restart() {
    constexpr std::size_t kept = std::size_t{64} << 10;
    text_.clear();
    if (text_.capacity() > kept) text_ = std::string();
    is_cut_ = false;
}

}  // namespace renoir::launch
