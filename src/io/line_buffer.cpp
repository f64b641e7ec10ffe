#include "io/line_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <renoir/io/text_input.hpp>

namespace renoir::io::detail {

void Memory::resize(std::size_t capacity) {
    void* const moved = std::realloc(bytes_.get(), capacity);
    if (moved == nullptr) throw std::bad_alloc();
    static_cast<void>(bytes_.release());
    bytes_.reset(static_cast<char*>(moved));
    capacity_ = capacity;
}

std::string_view LineBuffer::next(ByteStream& stream) {
    drop_given();
    for (;;) {
        if (memory_.capacity() < used_ + TextBlocks::readable_after + block_size_ / 4 + 1) {
            memory_.resize(
                std::max(block_size_ + TextBlocks::readable_after, 2 * memory_.capacity()));
        }
        // Not all the room after a long line: what follows it is to come in usual blocks.
        const std::size_t room =
            std::min(memory_.capacity() - TextBlocks::readable_after - used_, block_size_);
        char* const fresh = memory_.data() + used_;
        const std::size_t count = stream.read(fresh, room);
        used_ += count;
        if (count == 0) {
            given_ = used_;
            break;
        }
        // What was there before holds no newline.
        const auto* const newline = static_cast<const char*>(::memrchr(fresh, '\n', count));
        if (newline != nullptr) {
            given_ = static_cast<std::size_t>(newline + 1 - memory_.data());
            break;
        }
    }
    return {memory_.data(), given_};
}

void LineBuffer::drop_given() {
    const std::size_t left = used_ - given_;
    if (left != 0 && given_ != 0) std::memmove(memory_.data(), memory_.data() + given_, left);
    used_ = left;
    given_ = 0;
    const std::size_t usual = block_size_ + TextBlocks::readable_after;
    if (memory_.capacity() > 2 * usual && left <= block_size_) memory_.resize(usual);
}

Memory LineBuffer::release(Memory spare) {
    const std::size_t left = used_ - given_;
    if (spare.capacity() < left + TextBlocks::readable_after) {
        spare.resize(std::max(left, block_size_) + TextBlocks::readable_after);
    }
    if (left != 0) std::memcpy(spare.data(), memory_.data() + given_, left);
    std::swap(memory_, spare);
    used_ = left;
    given_ = 0;
    return spare;
}

void LineBuffer::clear() noexcept {
    memory_ = Memory();
    given_ = 0;
    used_ = 0;
}

}  // namespace renoir::io::detail
