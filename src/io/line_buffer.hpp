#pragma once

/// Cuts a stream of bytes into blocks of whole lines.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "io/byte_stream.hpp"

namespace renoir::io::detail {

/// Uninitialised memory that grows without a copy where the system can move pages.
class Memory {
 public:
    Memory() = default;
    Memory(Memory&& other) noexcept
        : bytes_(std::move(other.bytes_)), capacity_(std::exchange(other.capacity_, 0)) {}
    Memory& operator=(Memory&& other) noexcept {
        bytes_ = std::move(other.bytes_);
        capacity_ = std::exchange(other.capacity_, 0);
        return *this;
    }
    ~Memory() = default;

    [[nodiscard]] char* data() const noexcept { return bytes_.get(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Changes the capacity and keeps what fits into it. Throws std::bad_alloc.
    void resize(std::size_t capacity);

 private:
    struct Free {
        void operator()(char* bytes) const noexcept { std::free(bytes); }
    };

    std::unique_ptr<char, Free> bytes_;
    std::size_t capacity_ = 0;
};

/// The one buffer of a reader. It grows for a line that does not fit and shrinks again afterwards.
class LineBuffer {
 public:
    /// Good for the second level cache, and large enough that the system calls do not show.
    static constexpr std::size_t usual_block_size = std::size_t{256} * 1024;

    explicit LineBuffer(std::size_t block_size = usual_block_size) noexcept
        : block_size_(block_size) {}

    /// The next whole lines of `stream`, and at its end what is left without a newline; empty when
    /// there is nothing. Valid until the next call; 16 bytes past the end can be read.
    [[nodiscard]] std::string_view next(ByteStream& stream);

    /// Gives away the memory that the block just returned lies in, and goes on in `spare`.
    [[nodiscard]] Memory release(Memory spare);

    /// Frees the memory. The block returned last is gone.
    void clear() noexcept;

 private:
    void drop_given();

    std::size_t block_size_;
    Memory memory_;
    /// Bytes at the front that `next` has returned, and bytes read in all.
    std::size_t given_ = 0;
    std::size_t used_ = 0;
};

}  // namespace renoir::io::detail
