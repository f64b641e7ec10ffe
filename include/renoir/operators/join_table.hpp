#pragma once

/// The rows of one side of a join, by key.
///
///     renoir::detail::JoinTable<std::uint64_t, Row> rows;
///     rows.insert(rows.look_up(7), Row{...}, false);
///     if (auto* slot = rows.find(rows.look_up(7)))
///         for (auto match = rows.matches(*slot); match.row != nullptr; rows.advance(match))
///             use(*match.row);

#include <renoir/runtime/state_table.hpp>

namespace renoir::detail {

/// A key in a slot that says itself whether it is empty.
template <class K>
struct JoinKey : KeyStorage<K>::Slot {};

template <class K>
    requires is_flat<K>
struct JoinKey<K> {
    using Lookup = typename KeyStorage<K>::Lookup;
    K key;

    [[nodiscard]] bool holds(const Lookup& other) const { return KeyEqual{}(key, other.key); }
    [[nodiscard]] std::uint64_t hash() const { return hash_of(key); }
    void store(const Lookup& other, TextArena&) { key = other.key; }
    void destroy() noexcept {}
};

/// Open addressing as in StateTable. The first row of a key lies in its slot, so that a key with
/// one row costs one cache line; the others are chained behind it in a pool whose rows never move.
/// Large rows are all in the pool, so that empty slots stay small. Not thread-safe.
template <class K, class Row>
class JoinTable {
    static_assert(std::is_nothrow_move_constructible_v<Row>,
                  "a row that a join keeps must be movable without exceptions");

    struct Node {
        Row row;
        const Node* further;
    };

    static constexpr bool row_in_slot = sizeof(Row) <= 32;
    struct RowInSlot {
        alignas(Row) std::byte bytes[sizeof(Row)];
    };
    struct NoRow {};

 public:
    using Lookup = typename KeyStorage<K>::Lookup;

    /// What the table has for one key. Opaque but for the mark that a row of the other side met it.
    class Slot {
     public:
        [[nodiscard]] bool is_matched() const noexcept { return (link_ & matched_bit) != 0; }
        void set_matched() noexcept { link_ |= matched_bit; }

     private:
        friend class JoinTable;
        static constexpr std::uintptr_t occupied_bit = 1;
        static constexpr std::uintptr_t matched_bit = 2;
        static_assert(alignof(Node) >= 4, "the two lowest bits of an address must be free");

        [[nodiscard]] bool is_empty() const noexcept { return link_ == 0; }
        [[nodiscard]] const Node* further() const noexcept {
            return reinterpret_cast<const Node*>(link_ & ~(occupied_bit | matched_bit));
        }
        void link(const Node* node) noexcept {
            link_ = reinterpret_cast<std::uintptr_t>(node) | (link_ & matched_bit) | occupied_bit;
        }
        [[nodiscard]] Row& row() noexcept {
            return *std::launder(reinterpret_cast<Row*>(place_.bytes));
        }

        JoinKey<K> key_;
        std::uintptr_t link_;
        [[no_unique_address]] std::conditional_t<row_in_slot, RowInSlot, NoRow> place_;
    };

    /// A row of a key and what comes behind it; `row` is null behind the last one.
    struct Matches {
        const Row* row = nullptr;
        const Node* further = nullptr;
    };

    JoinTable() = default;
    JoinTable(JoinTable&& other) noexcept { swap(other); }
    JoinTable& operator=(JoinTable&& other) noexcept {
        JoinTable(std::move(other)).swap(*this);
        return *this;
    }
    ~JoinTable() { destroy_slots(); }

    /// Number of rows.
    [[nodiscard]] std::size_t rows() const noexcept { return keys_ + further_rows_; }

    [[nodiscard]] static Lookup look_up(const K& key) { return KeyStorage<K>::look_up(key); }

    /// Always inlined, see StateTable.
    [[gnu::always_inline]] void prefetch(const Lookup& key) const noexcept {
        __builtin_prefetch(&slots_[key.hash & mask_], 1);
    }

    /// The slot of the key, or null when it has no row.
    [[nodiscard]] Slot* find(const Lookup& key) noexcept {
        for (std::size_t first = key.hash & mask_;; first = (first + slots_together) & mask_) {
            for (std::size_t turn = 0; turn < slots_together; ++turn) {
                Slot& slot = slots_[first ^ turn];
                if (slot.is_empty()) return nullptr;
                if (slot.key_.holds(key)) return &slot;
            }
        }
    }

    /// Keeps one more row of the key. `matched` counts when it is the first one.
    void insert(const Lookup& key, Row&& row, bool matched) {
        for (std::size_t first = key.hash & mask_;; first = (first + slots_together) & mask_) {
            for (std::size_t turn = 0; turn < slots_together; ++turn) {
                Slot& slot = slots_[first ^ turn];
                if (slot.is_empty()) {
                    if (keys_ == grow_at_) [[unlikely]] {
                        grow();
                        insert(key, std::move(row), matched);
                    } else {
                        fill(slot, key, std::move(row), matched);
                    }
                    return;
                }
                if (slot.key_.holds(key)) {
                    slot.link(add_to_pool(std::move(row), slot.further()));
                    return;
                }
            }
        }
    }

    [[nodiscard]] static Matches matches(Slot& slot) noexcept {
        if constexpr (row_in_slot) return {&slot.row(), slot.further()};
        return behind(slot.further());
    }
    static void advance(Matches& matches) noexcept { matches = behind(matches.further); }

    /// The rows of the next key at or behind slot number `index` which met no row of the other
    /// side, and moves `index` on. False when there is none.
    bool next_unmatched(std::size_t& index, Matches& found) noexcept {
        for (; index < capacity(); ++index) {
            Slot& slot = slots_[index];
            if (slot.is_empty() || slot.is_matched()) continue;
            found = matches(slot);
            ++index;
            return true;
        }
        return false;
    }

 private:
    static constexpr std::size_t slots_together =
        std::has_single_bit(sizeof(Slot)) && sizeof(Slot) < 64 ? 64 / sizeof(Slot) : 1;
    static_assert(alignof(Slot) <= 64, "a key or row must not need more than 64-byte alignment");
    static constexpr std::size_t first_capacity = 64;
    static constexpr std::size_t rows_in_chunk = std::max<std::size_t>(1, 64 * 1024 / sizeof(Node));

    [[nodiscard]] std::size_t capacity() const noexcept {
        return memory_ == nullptr ? 0 : mask_ + 1;
    }

    [[nodiscard]] static Matches behind(const Node* node) noexcept {
        if (node == nullptr) return {};
        return {&node->row, node->further};
    }

    const Node* add_to_pool(Row&& row, const Node* further) {
        if (pool_.empty() || pool_.back().size() == rows_in_chunk) {
            pool_.emplace_back();
            pool_.back().reserve(rows_in_chunk);
        }
        ++further_rows_;
        return &pool_.back().emplace_back(std::move(row), further);
    }

    void fill(Slot& slot, const Lookup& key, Row&& row, bool matched) {
        slot.key_.store(key, arena_);
        const Node* further = nullptr;
        if constexpr (row_in_slot) {
            new (slot.place_.bytes) Row(std::move(row));
        } else {
            further = add_to_pool(std::move(row), nullptr);
            --further_rows_;
        }
        slot.link(further);
        if (matched) slot.set_matched();
        ++keys_;
    }

    void grow() {
        JoinTable larger;
        const std::size_t slots = std::max(first_capacity, 2 * capacity());
        larger.memory_ = allocate_huge(slots * sizeof(Slot));
        larger.slots_ = reinterpret_cast<Slot*>(larger.memory_.get());
        larger.mask_ = slots - 1;
        larger.grow_at_ = slots / 2;
        for (std::size_t index = 0; index < capacity(); ++index) {
            if (!slots_[index].is_empty()) larger.adopt(slots_[index]);
        }
        larger.keys_ = std::exchange(keys_, 0);
        larger.further_rows_ = further_rows_;
        larger.arena_ = std::move(arena_);
        larger.pool_ = std::move(pool_);
        swap(larger);
    }

    /// Moves a slot of a smaller table here; what it owns is taken over.
    void adopt(Slot& slot) noexcept {
        Slot& target = first_empty(slot.key_.hash());
        if constexpr (requires { slot.key_.move_to(target.key_); }) {
            slot.key_.move_to(target.key_);
        } else {
            std::memcpy(static_cast<void*>(&target.key_), &slot.key_, sizeof(slot.key_));
        }
        if constexpr (row_in_slot) {
            new (target.place_.bytes) Row(std::move(slot.row()));
            std::destroy_at(&slot.row());
        }
        target.link_ = slot.link_;
    }

    Slot& first_empty(std::uint64_t hash) noexcept {
        for (std::size_t first = hash & mask_;; first = (first + slots_together) & mask_) {
            for (std::size_t turn = 0; turn < slots_together; ++turn) {
                if (slots_[first ^ turn].is_empty()) return slots_[first ^ turn];
            }
        }
    }

    void destroy_slots() noexcept {
        constexpr bool key_owns = requires(Slot& slot) { slot.key_.move_to(slot.key_); };
        if constexpr (key_owns || (row_in_slot && !std::is_trivially_destructible_v<Row>)) {
            for (std::size_t index = 0; index < capacity() && keys_ != 0; ++index) {
                Slot& slot = slots_[index];
                if (slot.is_empty()) continue;
                slot.key_.destroy();
                if constexpr (row_in_slot) std::destroy_at(&slot.row());
                --keys_;
            }
        }
    }

    void swap(JoinTable& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(slots_, other.slots_);
        std::swap(mask_, other.mask_);
        std::swap(keys_, other.keys_);
        std::swap(further_rows_, other.further_rows_);
        std::swap(grow_at_, other.grow_at_);
        std::swap(arena_, other.arena_);
        std::swap(pool_, other.pool_);
    }

    /// The one slot of a table without memory, see StateTable.
    alignas(Slot) static constexpr std::byte no_slot[sizeof(Slot)] = {};
    [[nodiscard]] static Slot* no_slots() noexcept {
        return reinterpret_cast<Slot*>(const_cast<std::byte*>(no_slot));
    }

    HugeMemory memory_;
    Slot* slots_ = no_slots();
    std::size_t mask_ = 0;
    std::size_t keys_ = 0;
    std::size_t further_rows_ = 0;
    std::size_t grow_at_ = 0;
    TextArena arena_;
    std::vector<std::vector<Node>> pool_;
};

}  // namespace renoir::detail
