#pragma once

/// A slab: one contiguous batch of encoded items with a header, the unit of every exchange.
///
/// Flat items lie one behind the other from the start of the payload. Of other items the arena
/// grows from the start and the fixed parts grow from the end towards it; the pieces meet when the
/// slab is full. Between ranks the gap in the middle is left out.

#include <renoir/transport/mark.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace renoir {

struct SlabHeader {
    std::uint32_t edge = 0;
    std::uint32_t source = 0;       ///< index of the sending replica among those of its block
    std::uint32_t destination = 0;  ///< index of the receiving replica among those of its block
    std::uint32_t count = 0;        ///< items in the payload
    std::uint32_t front_bytes = 0;  ///< used bytes at the start of the payload
    std::uint32_t back_bytes = 0;   ///< used bytes at the end of the payload
    Mark mark;                      ///< comes after the items
};

class Slab {
 public:
    /// For a link: what it writes in front of the header when it sends a slab as it is.
    std::array<std::byte, 16> envelope;
    SlabHeader header;

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::byte* payload() noexcept {
        return reinterpret_cast<std::byte*>(this) + payload_offset;
    }
    [[nodiscard]] const std::byte* payload() const noexcept {
        return reinterpret_cast<const std::byte*>(this) + payload_offset;
    }
    [[nodiscard]] std::byte* payload_end() noexcept { return payload() + capacity_; }

    /// The slab as it is in memory, with the first `payload_bytes` of its payload.
    [[nodiscard]] std::span<std::byte> image(std::size_t payload_bytes) noexcept {
        return {reinterpret_cast<std::byte*>(this), payload_offset + payload_bytes};
    }

    /// Alignment of both ends of the payload; no item may ask for more.
    static constexpr std::size_t alignment = 64;

 private:
    friend std::unique_ptr<Slab, struct SlabDeleter> make_slab(std::size_t capacity);
    friend class SlabArena;
    explicit Slab(std::size_t capacity) noexcept : envelope{}, capacity_(capacity) {}

    static constexpr std::size_t payload_offset = 64;
    std::size_t capacity_;
};
static_assert(sizeof(Slab) <= 64);

struct SlabDeleter {
    void operator()(Slab* slab) const noexcept;
};
using SlabPointer = std::unique_ptr<Slab, SlabDeleter>;

/// A slab of at least `capacity` bytes of payload, uninitialised, with an empty header; never a
/// network slab.
[[nodiscard]] SlabPointer make_slab(std::size_t capacity);

/// Bytes of payload of an ordinary slab: a batch that stays in the second level cache.
inline constexpr std::size_t ordinary_slab_capacity = 16 * 1024;

/// Items in an ordinary slab, whatever their size.
inline constexpr std::size_t ordinary_slab_items = 1024;

/// Bytes of payload of a slab on its way to another rank: its image is a message of less than
/// 64 KB, which is where shared memory and TCP are fast.
inline constexpr std::size_t network_slab_capacity = 64 * 1024 - 128;

class SlabArena;

/// Where the network slabs of a rank come from and go back to: those of senders and receivers, and
/// of the network, which are different threads. Slabs may outlive it. Thread-safe.
class SlabReserve {
 public:
    SlabReserve() = default;
    ~SlabReserve();
    SlabReserve(const SlabReserve&) = delete;
    SlabReserve& operator=(const SlabReserve&) = delete;

    [[nodiscard]] SlabPointer take();
    void give(SlabPointer slab) noexcept;

 private:
    [[nodiscard]] SlabPointer make();

    static constexpr std::size_t most_kept = 1024;
    std::mutex mutex_;
    SlabArena* arena_ = nullptr;     // that new slabs come from
    std::vector<SlabPointer> free_;  // last in first out
};

/// The free slabs of one worker, last in first out: the receiver of a slab keeps it for its own
/// output while it is hot in its cache. Not thread-safe.
class SlabPool {
 public:
    /// Network slabs come from the reserve and go back to it; so does what is larger than an
    /// ordinary slab and fits into one.
    explicit SlabPool(std::shared_ptr<SlabReserve> reserve = nullptr)
        : reserve_(std::move(reserve)) {}

    /// An empty slab of at least `capacity` bytes; of 0 for a mark without items.
    [[nodiscard]] SlabPointer take(std::size_t capacity);

    /// Keeps a slab of ordinary capacity or of 0, hands on a network slab, frees any other.
    void give(SlabPointer slab) noexcept;

 private:
    /// More than this many free slabs go back to the system: a worker that only receives must not
    /// hoard what another one allocates.
    static constexpr std::size_t most_kept = 256;
    [[nodiscard]] SlabPointer take_large(std::size_t capacity);
    static void keep(SlabPointer slab, std::vector<SlabPointer>& free) noexcept;

    std::vector<SlabPointer> free_;
    std::vector<SlabPointer> free_for_marks_;  // a mark to every destination is many slabs
    std::shared_ptr<SlabReserve> reserve_;
};

/// Bytes of payload in the image of a network slab that is full enough to travel as it is, with its
/// gap; 0 for any other.
[[nodiscard]] std::size_t bytes_as_it_is(const Slab& slab) noexcept;

/// Throws Error(internal) when what has arrived as a network slab with so many bytes of payload is
/// none.
void check_image(const Slab& slab, std::size_t payload_bytes);

/// The used bytes of a slab, as they travel between ranks one behind the other.
struct SlabParts {
    std::span<const std::byte> header;
    std::span<const std::byte> front;
    std::span<const std::byte> back;
};
[[nodiscard]] SlabParts parts_of(const Slab& slab) noexcept;

/// The slab that `bytes` hold. Throws Error(internal) when they are not one.
[[nodiscard]] SlabPointer deserialize(std::span<const std::byte> bytes, SlabPool& pool);

}  // namespace renoir
