#pragma once

/// Fills one slab with items of type T.

#include <renoir/codec/codec.hpp>
#include <renoir/transport/slab.hpp>

#include <algorithm>
#include <new>

namespace renoir {

/// An item type that an exchange can carry.
template <class T>
concept Exchangeable = Encodable<T>;

/// Writes items into a slab until it is full. Between `open` and `close` the slab belongs to the
/// writer. Two pointers meet: for flat items the next item and the end, for other items the end of
/// the arena and the start of the fixed parts.
template <Exchangeable T>
class SlabWriter {
 public:
    [[nodiscard]] bool is_open() const noexcept { return slab_ != nullptr; }

    /// The payload that `items` items of this type need beside `arena_bytes` in the arena.
    [[nodiscard]] static std::size_t bytes_for(std::size_t items,
                                               std::size_t arena_bytes) noexcept {
        if constexpr (is_flat<T>) {
            return items * sizeof(T);
        } else {
            return items * sizeof(Fixed) + arena_bytes + ArenaWriter::slack + alignof(Fixed);
        }
    }

    /// Starts to fill `slab` with at most `most_items` items.
    void open(SlabPointer slab, std::size_t most_items) noexcept {
        slab_ = std::move(slab);
        front_ = slab_->payload();
        if constexpr (is_flat<T>) {
            back_ = front_ + std::min(most_items, slab_->capacity() / sizeof(T)) * sizeof(T);
        } else {
            back_ = slab_->payload_end();
            const std::size_t fits = std::min(most_items, slab_->capacity() / sizeof(Fixed));
            last_ = back_ - fits * sizeof(Fixed);
        }
    }

    /// Whether `value` fits; only a slab that is open and not full may be asked.
    [[nodiscard]] bool fits(const T& value) const {
        if constexpr (is_flat<T>) {
            static_cast<void>(value);
            return true;
        } else {
            const std::size_t needed =
                Codec<T>::arena_bytes(value) + sizeof(Fixed) + ArenaWriter::slack;
            return static_cast<std::size_t>(back_ - front_) >= needed;
        }
    }

    /// Appends an item that fits; returns true when the slab is full by count.
    bool append(const T& value) {
        if constexpr (is_flat<T>) {
            new (front_) T(value);
            front_ += sizeof(T);
            return front_ == back_;
        } else {
            ArenaWriter arena(slab_->payload(),
                              static_cast<std::size_t>(front_ - slab_->payload()));
            back_ -= sizeof(Fixed);
            auto* fixed = new (back_) Fixed;
            Codec<T>::write(value, *fixed, arena);
            front_ = slab_->payload() + arena.used();
            return back_ == last_;
        }
    }

    /// Hands out the slab with the sizes in its header filled in.
    [[nodiscard]] SlabPointer close() noexcept {
        SlabHeader& header = slab_->header;
        header.front_bytes = static_cast<std::uint32_t>(front_ - slab_->payload());
        if constexpr (is_flat<T>) {
            header.back_bytes = 0;
            header.count = static_cast<std::uint32_t>(header.front_bytes / sizeof(T));
        } else {
            header.back_bytes = static_cast<std::uint32_t>(slab_->payload_end() - back_);
            header.count = static_cast<std::uint32_t>(header.back_bytes / sizeof(Fixed));
        }
        return std::move(slab_);
    }

    [[nodiscard]] Slab& slab() noexcept { return *slab_; }

 private:
    using Fixed = typename Codec<T>::Fixed;
    static_assert(alignof(T) <= Slab::alignment && alignof(Fixed) <= Slab::alignment,
                  "an item that crosses an exchange must not need more than 64-byte alignment");

    SlabPointer slab_;
    std::byte* front_ = nullptr;
    std::byte* back_ = nullptr;
    std::byte* last_ = nullptr;
};

/// Looks at the items of a slab.
template <Exchangeable T>
class SlabReader {
 public:
    explicit SlabReader(Slab& slab) noexcept : slab_(slab) {}

    [[nodiscard]] std::size_t size() const noexcept { return slab_.header.count; }

    /// The items themselves, which the caller may change or move from. Flat types only.
    [[nodiscard]] std::span<T> items() noexcept
        requires is_flat<T>
    {
        return {std::launder(reinterpret_cast<T*>(slab_.payload())), size()};
    }

    /// Decodes item `index` into `value`; views in it are valid as long as the slab lives.
    void read(std::size_t index, T& value) const {
        if constexpr (is_flat<T>) {
            std::memcpy(static_cast<void*>(&value), slab_.payload() + index * sizeof(T), sizeof(T));
        } else {
            using Fixed = typename Codec<T>::Fixed;
            const auto* last = std::launder(reinterpret_cast<const Fixed*>(slab_.payload_end()));
            Codec<T>::read(*(last - index - 1), ArenaReader(slab_.payload()), value);
        }
    }

 private:
    Slab& slab_;
};

}  // namespace renoir
