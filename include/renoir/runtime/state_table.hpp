#pragma once

/// The keyed state of one replica: an open-addressing table with the keys in its slots.
///
///     renoir::StateTable<std::string_view, std::uint64_t> counts;
///     ++counts.find_or_create(counts.look_up("word"), [] { return std::uint64_t{0}; });
///
/// A probe is split in two so that the latency of memory can be hidden: `look_up` hashes the key,
/// `prefetch` starts the load of its slot, and some keys later `find_or_create` finds it there;
/// `visit_each` does so for many keys.
/// Text of up to 16 bytes lies in the slot itself, longer text in an arena of the table's own; a
/// view into the input would keep the input alive and miss the caches.

#include <renoir/base/hash.hpp>
#include <renoir/base/huge_memory.hpp>
#include <renoir/codec/flat.hpp>
#include <renoir/codec/owned.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace renoir {

namespace detail {

/// Equality of keys, where one side may be a view of what the other owns. Every NaN equals every
/// other, so that they are one key and not a growing heap of them.
struct KeyEqual {
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        if constexpr (std::is_floating_point_v<A>) {
            return a == b || (a != a && b != b);
        } else if constexpr (requires {
                                 { a == b } -> std::convertible_to<bool>;
                             }) {
            return a == b;
        } else {
            return members_equal(a, b);
        }
    }

    template <class A1, class A2, class B1, class B2>
    bool operator()(const std::pair<A1, A2>& a, const std::pair<B1, B2>& b) const {
        return (*this)(a.first, b.first) && (*this)(a.second, b.second);
    }

    template <class A, class B>
    bool operator()(const std::optional<A>& a, const std::optional<B>& b) const {
        return a.has_value() == b.has_value() && (!a || (*this)(*a, *b));
    }

    template <class A, class B, std::size_t Size>
    bool operator()(const std::array<A, Size>& a, const std::array<B, Size>& b) const {
        return std::equal(a.begin(), a.end(), b.begin(), *this);
    }

    template <class... A, class... B>
    bool operator()(const std::tuple<A...>& a, const std::tuple<B...>& b) const {
        return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            return ((*this)(std::get<Index>(a), std::get<Index>(b)) && ...);
        }(std::index_sequence_for<A...>{});
    }

 private:
    template <class A>
    bool members_equal(const A& a, const A& b) const {
        return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            return ((*this)(boost::pfr::get<Index>(a), boost::pfr::get<Index>(b)) && ...);
        }(std::make_index_sequence<boost::pfr::tuple_size_v<A>>{});
    }
};

/// Memory for the bytes of long keys; freed all at once.
class TextArena {
 public:
    const char* keep(const char* data, std::size_t length) {
        if (length > left_) {
            left_ = std::max(chunk, length);
            chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
            next_ = chunks_.back().get();
        }
        char* kept = next_;
        std::memcpy(kept, data, length);
        next_ += length;
        left_ -= length;
        return kept;
    }

    void clear() noexcept {
        chunks_.clear();
        left_ = 0;
    }

 private:
    static constexpr std::size_t chunk = 64 * 1024;
    std::vector<std::unique_ptr<char[]>> chunks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
};

/// How a key is looked up and what a slot holds of it. A slot of zero bytes is empty.
template <class K>
struct KeyStorage;

/// Text: its bytes up to 16 of them; a pointer and the hash beyond.
template <class K>
    requires(std::same_as<K, std::string_view> || std::same_as<K, std::string>)
struct KeyStorage<K> {
    struct Lookup {
        std::uint64_t hash;
        std::uint64_t head_or_address;
        std::uint64_t tail_or_hash;
        std::size_t length;

        /// Whether the lookup is usable after the key is gone.
        [[nodiscard]] bool is_detached() const noexcept { return length <= short_text_limit; }

        // Member by member: copied as a block, a lookup just made goes through memory, and loads of
        // other widths than the stores before them stall.
        void copy_to(Lookup& other) const noexcept {
            other.hash = hash;
            other.head_or_address = head_or_address;
            other.tail_or_hash = tail_or_hash;
            other.length = length;
        }
    };

    /// Whether a lookup of this kind can be detached, see Lookup::is_detached.
    static constexpr bool detaches = true;

    static Lookup look_up(std::string_view key) noexcept {
        if (key.size() > short_text_limit) [[unlikely]]
            return look_up_long(key);
        const ShortText image = short_text(key.data(), key.size());
        return {hash_short_text(image.head, image.tail, key.size()), image.head, image.tail,
                key.size()};
    }

    static Lookup look_up_long(std::string_view key) noexcept {
        const std::uint64_t hash = hash_long_text(key.data(), key.size());
        return {hash, reinterpret_cast<std::uintptr_t>(key.data()), hash, key.size()};
    }

    struct Slot {
        std::uint64_t head_or_address;
        std::uint64_t tail_or_hash;
        std::size_t length_plus_one;

        [[nodiscard]] bool is_empty() const noexcept { return length_plus_one == 0; }

        // One comparison for all of a short text; equal addresses are the same text, too.
        [[nodiscard]] bool holds(const Lookup& key) const noexcept {
            const std::uint64_t difference = tail_or_hash ^ key.tail_or_hash;
            const std::uint64_t other_length = length_plus_one ^ (key.length + 1);
            const std::uint64_t other_head = head_or_address ^ key.head_or_address;
            if ((difference | other_length | other_head) == 0) return true;
            return key.length > short_text_limit && (difference | other_length) == 0 &&
                   std::memcmp(text_at(head_or_address), text_at(key.head_or_address),
                               key.length) == 0;
        }

        [[nodiscard]] std::uint64_t hash() const noexcept {
            if (length() > short_text_limit) return tail_or_hash;
            return hash_short_text(head_or_address, tail_or_hash, length());
        }

        void store(const Lookup& key, TextArena& arena) {
            tail_or_hash = key.tail_or_hash;
            head_or_address = key.head_or_address;
            if (key.length > short_text_limit) {
                const char* kept = arena.keep(text_at(key.head_or_address), key.length);
                head_or_address = reinterpret_cast<std::uintptr_t>(kept);
            }
            length_plus_one = key.length + 1;
        }

        template <class Use>
        void use(Use&& use_key) {
            if (length() > short_text_limit) {
                use_key(K(std::string_view(text_at(head_or_address), length())));
                return;
            }
            char text[2 * sizeof(std::uint64_t)];
            std::memcpy(text, &head_or_address, sizeof(head_or_address));
            std::memcpy(text + sizeof(head_or_address), &tail_or_hash, sizeof(tail_or_hash));
            use_key(K(std::string_view(text, length())));
        }

        template <class Use>
        void look(Use&& look_at_key) {
            use(look_at_key);
        }

        /// Keeps the bytes of a long text in another arena than before.
        void move_bytes(TextArena& arena) {
            if (length() <= short_text_limit) return;
            head_or_address =
                reinterpret_cast<std::uintptr_t>(arena.keep(text_at(head_or_address), length()));
        }

        void destroy() noexcept {}

     private:
        [[nodiscard]] std::size_t length() const noexcept { return length_plus_one - 1; }
        [[nodiscard]] static const char* text_at(std::uint64_t address) noexcept {
            return reinterpret_cast<const char*>(static_cast<std::uintptr_t>(address));
        }
    };
};

template <class K>
    requires is_flat<K>
struct KeyStorage<K> {
    struct Lookup {
        std::uint64_t hash;
        K key;
        [[nodiscard]] bool is_detached() const noexcept { return true; }
        void copy_to(Lookup& other) const noexcept { other = *this; }
    };

    static constexpr bool detaches = std::is_default_constructible_v<K>;

    static Lookup look_up(const K& key) { return {hash_of(key), key}; }

    struct Slot {
        K key;
        bool occupied;

        [[nodiscard]] bool is_empty() const noexcept { return !occupied; }
        [[nodiscard]] bool holds(const Lookup& other) const {
            return occupied && KeyEqual{}(key, other.key);
        }
        [[nodiscard]] std::uint64_t hash() const { return hash_of(key); }
        void store(const Lookup& other, TextArena&) {
            key = other.key;
            occupied = true;
        }
        template <class Use>
        void use(Use&& use_key) {
            use_key(K(key));
        }
        template <class Use>
        void look(Use&& look_at_key) {
            look_at_key(key);
        }
        void destroy() noexcept {}
    };
};

/// Any other key owns what it needs and keeps its hash.
template <class K>
    requires(!is_flat<K> && !std::same_as<K, std::string_view> && !std::same_as<K, std::string>)
struct KeyStorage<K> {
    struct Lookup {
        std::uint64_t hash;
        const K* key;
        [[nodiscard]] bool is_detached() const noexcept { return false; }
    };

    static constexpr bool detaches = false;

    static Lookup look_up(const K& key) { return {hash_of(key), &key}; }

    struct Slot {
        std::uint64_t full_hash;
        bool occupied;
        alignas(owned_t<K>) std::byte bytes[sizeof(owned_t<K>)];

        [[nodiscard]] bool is_empty() const noexcept { return !occupied; }
        [[nodiscard]] bool holds(const Lookup& other) const {
            return occupied && full_hash == other.hash && KeyEqual{}(key(), *other.key);
        }
        [[nodiscard]] std::uint64_t hash() const noexcept { return full_hash; }
        void store(const Lookup& other, TextArena&) {
            new (bytes) owned_t<K>(to_owned(K(*other.key)));
            full_hash = other.hash;
            occupied = true;
        }
        template <class Use>
        void use(Use&& use_key) {
            if constexpr (is_view<K>) {
                use_key(K(key()));
            } else {
                use_key(K(std::move(key())));
            }
        }
        template <class Use>
        void look(Use&& look_at_key) {
            look_at_key(K(std::as_const(*this).key()));
        }
        void destroy() noexcept { std::destroy_at(&key()); }

        void move_to(Slot& other) noexcept {
            new (other.bytes) owned_t<K>(std::move(key()));
            other.full_hash = full_hash;
            other.occupied = true;
            destroy();
        }

     private:
        [[nodiscard]] owned_t<K>& key() noexcept {
            return *std::launder(reinterpret_cast<owned_t<K>*>(bytes));
        }
        [[nodiscard]] const owned_t<K>& key() const noexcept {
            return *std::launder(reinterpret_cast<const owned_t<K>*>(bytes));
        }
    };
};

}  // namespace detail

/// Map from keys of type K (a view type looks up and hands out views; the table owns what it keeps)
/// to one State each. Linear probing, a cache line at a time, over a power of two of slots; not
/// thread-safe.
template <class K, class State>
class StateTable {
    using Storage = detail::KeyStorage<K>;

 public:
    using Lookup = typename Storage::Lookup;

    /// Whether a lookup may be usable after its key is gone; is_detached() tells.
    static constexpr bool detaches = Storage::detaches;
    /// Whether every lookup is usable after its key is gone, as long as what the key looks at is
    /// there.
    static constexpr bool lookups_outlive_keys = is_flat<K> || std::same_as<K, std::string_view>;

    StateTable() = default;
    StateTable(StateTable&& other) noexcept { swap(other); }
    StateTable& operator=(StateTable&& other) noexcept {
        swap(other);
        return *this;
    }
    ~StateTable() { clear(); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Keys that fit before the table grows.
    [[nodiscard]] std::size_t room() const noexcept { return grow_at_ - size_; }

    [[nodiscard]] static Lookup look_up(const K& key) { return Storage::look_up(key); }

    /// Always inlined: GCC takes a function that only prefetches for one without effect and drops
    /// calls.
    [[gnu::always_inline]] void prefetch(const Lookup& key) const noexcept {
        __builtin_prefetch(&slots_[key.hash & mask_], 1);
    }

    /// The state of the key; `create()` makes it where there is none.
    template <class Create>
    State& find_or_create(const Lookup& key, Create&& create) {
        return visit(
            key, [](State&) {}, create);
    }

    /// Calls `update(state)` where the key has a state, else keeps what `create()` returns.
    template <class Update, class Create>
    State& visit(const Lookup& key, Update&& update, Create&& create) {
        for (std::size_t first = key.hash & mask_;; first = (first + slots_together) & mask_) {
            for (std::size_t turn = 0; turn < slots_together; ++turn) {
                Slot& slot = slots_[first ^ turn];
                if (slot.key.holds(key)) [[likely]] {
                    update(slot.state());
                    return slot.state();
                }
                if (slot.key.is_empty()) {
                    if (size_ == grow_at_) [[unlikely]] {
                        grow();
                        return visit(key, update, create);
                    }
                    new (slot.bytes) State(create());
                    store_key(slot, key);
                    return slot.state();
                }
            }
        }
    }

    /// `visit` for the key of each item, in order, with all slots of a batch prefetched first:
    /// calls `update(state, item)` where `key_of(item)` has a state, else keeps what `create(item)`
    /// returns.
    template <class Item, class KeyOf, class Update, class Create>
    void visit_each(std::span<Item> items, KeyOf&& key_of, Update&& update, Create&& create) {
        static_assert(lookups_outlive_keys || std::is_reference_v<decltype(key_of(items[0]))>,
                      "the lookups would refer to keys that are gone");
        static_assert(std::is_trivially_destructible_v<Lookup>);
        alignas(Lookup) std::byte memory[look_ahead * sizeof(Lookup)];
        auto* const lookups = reinterpret_cast<Lookup*>(memory);
        while (!items.empty()) {
            const auto batch = items.first(std::min(look_ahead, items.size()));
            for (std::size_t i = 0; i < batch.size(); ++i)
                prefetch(*new (lookups + i) Lookup(look_up(key_of(std::as_const(batch[i])))));
            for (std::size_t i = 0; i < batch.size(); ++i) {
                visit(
                    lookups[i], [&](State& state) { update(state, batch[i]); },
                    [&] { return create(batch[i]); });
            }
            items = items.subspan(batch.size());
        }
    }

    /// Calls `fn(K&&, State&&)` for each key and empties the table; its memory is kept.
    template <class Function>
    void drain(Function&& fn) {
        for (std::size_t index = 0; index < capacity() && size_ != 0; ++index) {
            Slot& slot = slots_[index];
            if (slot.key.is_empty()) continue;
            slot.key.use([&](K&& key) { fn(std::move(key), std::move(slot.state())); });
            release(slot);
        }
        arena_.clear();
    }

    /// Calls `fn(const K&, State&)` for each key.
    template <class Function>
    void for_each(Function&& fn) {
        for (std::size_t index = 0; index < capacity(); ++index) {
            Slot& slot = slots_[index];
            if (slot.key.is_empty()) continue;
            slot.key.look([&](const K& key) { fn(key, slot.state()); });
        }
    }

    /// Keeps the keys for which `keep(State&)` holds, in a table of a size that fits them.
    template <class Predicate>
    void retain(Predicate&& keep) {
        StateTable kept;
        for (std::size_t index = 0; index < capacity(); ++index) {
            Slot& slot = slots_[index];
            if (slot.key.is_empty() || !keep(slot.state())) continue;
            if (kept.size_ == kept.grow_at_) kept.grow();
            Slot& target = kept.adopt(slot);
            ++kept.size_;
            --size_;
            if constexpr (requires { target.key.move_bytes(kept.arena_); }) {
                target.key.move_bytes(kept.arena_);
            }
        }
        swap(kept);
    }

    void clear() noexcept {
        for (std::size_t index = 0; index < capacity() && size_ != 0; ++index) {
            if (!slots_[index].key.is_empty()) release(slots_[index]);
        }
        arena_.clear();
    }

 private:
    struct Slot {
        typename Storage::Slot key;
        alignas(State) std::byte bytes[sizeof(State)];

        [[nodiscard]] State& state() noexcept {
            return *std::launder(reinterpret_cast<State*>(bytes));
        }
    };
    static_assert(alignof(Slot) <= 64, "a key or state must not need more than 64-byte alignment");

    /// Enough keys to hide the latency of memory behind their prefetches, few enough for the first
    /// level cache.
    static constexpr std::size_t look_ahead =
        std::clamp<std::size_t>(32 * 1024 / sizeof(Lookup), 1, 128);

    /// Slots that share a cache line are tried before those of the next line, which the prefetch
    /// did not bring.
    static constexpr std::size_t slots_together =
        std::has_single_bit(sizeof(Slot)) && sizeof(Slot) < 64 ? 64 / sizeof(Slot) : 1;
    static constexpr std::size_t first_capacity = 64;

    [[nodiscard]] std::size_t capacity() const noexcept {
        return memory_ == nullptr ? 0 : mask_ + 1;
    }

    void store_key(Slot& slot, const Lookup& key) {
        try {
            slot.key.store(key, arena_);
        } catch (...) {
            std::destroy_at(&slot.state());
            throw;
        }
        ++size_;
    }

    void release(Slot& slot) noexcept {
        std::destroy_at(&slot.state());
        slot.key.destroy();
        std::memset(static_cast<void*>(&slot.key), 0, sizeof(slot.key));
        --size_;
    }

    void grow() {
        StateTable larger;
        const std::size_t slots = std::max(first_capacity, 2 * capacity());
        larger.memory_ = detail::allocate_huge(slots * sizeof(Slot));
        larger.slots_ = reinterpret_cast<Slot*>(larger.memory_.get());
        larger.mask_ = slots - 1;
        // Half full at most: beyond, a key that is not in its first slot is a mispredicted branch
        // away.
        larger.grow_at_ = slots / 2;
        for (std::size_t index = 0; index < capacity(); ++index) {
            if (!slots_[index].key.is_empty()) static_cast<void>(larger.adopt(slots_[index]));
        }
        larger.size_ = std::exchange(size_, 0);
        larger.arena_ = std::move(arena_);
        swap(larger);
    }

    /// Moves a slot of another table here; its key's bytes are taken over as they are.
    Slot& adopt(Slot& slot) noexcept {
        static_assert(std::is_nothrow_move_constructible_v<State>,
                      "the state of a key must be movable without exceptions");
        Slot& target = first_empty(slot.key.hash());
        move_key(slot, target);
        new (target.bytes) State(std::move(slot.state()));
        std::destroy_at(&slot.state());
        std::memset(static_cast<void*>(&slot.key), 0, sizeof(slot.key));
        return target;
    }

    Slot& first_empty(std::uint64_t hash) noexcept {
        for (std::size_t first = hash & mask_;; first = (first + slots_together) & mask_) {
            for (std::size_t turn = 0; turn < slots_together; ++turn) {
                if (slots_[first ^ turn].key.is_empty()) return slots_[first ^ turn];
            }
        }
    }

    static void move_key(Slot& from, Slot& to) noexcept {
        if constexpr (requires { from.key.move_to(to.key); }) {
            from.key.move_to(to.key);
        } else {
            std::memcpy(static_cast<void*>(&to.key), &from.key, sizeof(from.key));
        }
    }

    void swap(StateTable& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(slots_, other.slots_);
        std::swap(mask_, other.mask_);
        std::swap(size_, other.size_);
        std::swap(grow_at_, other.grow_at_);
        std::swap(arena_, other.arena_);
    }

    /// The one slot of a table without memory: always empty and never written, so that a look-up
    /// need not ask whether there is memory.
    alignas(Slot) static constexpr std::byte no_slot[sizeof(Slot)] = {};
    [[nodiscard]] static Slot* no_slots() noexcept {
        return reinterpret_cast<Slot*>(const_cast<std::byte*>(no_slot));
    }

    detail::HugeMemory memory_;
    Slot* slots_ = no_slots();
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
    std::size_t grow_at_ = 0;
    detail::TextArena arena_;
};

}  // namespace renoir
