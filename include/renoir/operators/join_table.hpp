#pragma once

/// The rows of one side of a join, by key.

#include <renoir/base/error.hpp>
#include <renoir/runtime/state_table.hpp>

#include <limits>

namespace renoir::detail {

/// What a bucket holds for one key: the key and its first row, where that is small.
template <class Items, bool row_in_bucket>
class JoinEntry {
    using Key = typename Items::key_type;
    using Row = owned_t<typename Items::item_type>;
    using Lookup = typename KeyStorage<Key>::Lookup;

 public:
    static constexpr bool owns =
        !(is_flat<Key> || std::same_as<Key, std::string> || std::same_as<Key, std::string_view>) ||
        (row_in_bucket && !std::is_trivially_destructible_v<Row>);

    void fill(const Lookup& key, Row&& row, TextArena& arena) {
        key_.store(key, arena);
        if constexpr (row_in_bucket) new (row_.bytes) Row(std::move(row));
    }
    void move_to(JoinEntry& other) noexcept {
        if constexpr (requires { key_.move_to(other.key_); }) {
            key_.move_to(other.key_);
        } else {
            std::memcpy(static_cast<void*>(&other.key_), &key_, sizeof(key_));
        }
        if constexpr (row_in_bucket) {
            new (other.row_.bytes) Row(std::move(row()));
            std::destroy_at(&row());
        }
    }
    void destroy() noexcept {
        key_.destroy();
        if constexpr (row_in_bucket) std::destroy_at(&row());
    }

    [[nodiscard]] bool holds(const Lookup& key, Items&) const { return key_.holds(key); }
    [[nodiscard]] std::uint64_t hash(Items&) const { return key_.hash(); }
    [[nodiscard]] Row& row() noexcept { return *std::launder(reinterpret_cast<Row*>(row_.bytes)); }

 private:
    struct Bytes {
        alignas(Row) std::byte bytes[sizeof(Row)];
    };
    struct Nothing {};
    typename KeyStorage<Key>::Slot key_;
    [[no_unique_address]] std::conditional_t<row_in_bucket, Bytes, Nothing> row_;
};

/// Where both are flat the key is read from the row: a smaller table misses the caches less often.
template <class Items, bool row_in_bucket>
    requires(row_in_bucket && is_flat<typename Items::key_type> &&
             is_flat<typename Items::item_type>)
class JoinEntry<Items, row_in_bucket> {
    using Row = typename Items::item_type;
    using Lookup = typename KeyStorage<typename Items::key_type>::Lookup;

 public:
    static constexpr bool owns = false;

    void fill(const Lookup&, Row&& row, TextArena&) { row_ = row; }
    void move_to(JoinEntry& other) noexcept { other.row_ = row_; }
    void destroy() noexcept {}

    [[nodiscard]] bool holds(const Lookup& key, Items& items) const {
        return KeyEqual{}(items.key_of(row_), key.key);
    }
    [[nodiscard]] std::uint64_t hash(Items& items) const { return hash_of(items.key_of(row_)); }
    [[nodiscard]] Row& row() noexcept { return row_; }

 private:
    Row row_;
};

/// Buckets of a cache line, probed one after the other. The first row of a key lies in its bucket,
/// so that a key with one row costs one cache line; the others are chained behind it in a pool.
/// Large rows are all in the pool, so that empty buckets stay small. Not thread-safe.
///
///     JoinTable<Items> rows(items);
///     rows.insert(rows.look_up(key), std::move(row), false);
///     if (auto place = rows.find(rows.look_up(key)))
///         for (auto match = rows.matches(place); match.row != nullptr; rows.advance(match))
///             use(*match.row);
template <class Items>
class JoinTable {
    using Key = typename Items::key_type;
    using Row = owned_t<typename Items::item_type>;
    static_assert(std::is_nothrow_move_constructible_v<Row>,
                  "a row that a join keeps must be movable without exceptions");

    static constexpr bool row_in_bucket = sizeof(Row) <= 32;
    static constexpr std::size_t cache_line = 64;
    using Entry = JoinEntry<Items, row_in_bucket>;

    template <std::size_t count>
    struct BucketOf {
        Entry entries[count];
        std::uint32_t further[count];  ///< number of the next row in the pool from 1 on, or 0
        std::uint8_t flags[count];     ///< in use from the front
    };
    template <std::size_t count>
    static consteval std::size_t entries_in_line() {
        if constexpr (count > 1 && sizeof(BucketOf<count>) > cache_line) {
            return entries_in_line<count - 1>();
        } else {
            return count;
        }
    }
    static constexpr std::size_t bucket_entries = entries_in_line<8>();
    using Bucket = BucketOf<bucket_entries>;
    static_assert(alignof(Bucket) <= cache_line,
                  "a key or row must not need more than 64-byte alignment");

 public:
    using Lookup = typename KeyStorage<Key>::Lookup;

    /// Where a key is, or nowhere.
    struct Place {
        Bucket* bucket = nullptr;
        std::size_t entry = 0;
        explicit operator bool() const noexcept { return bucket != nullptr; }
    };

    /// What a look at the cache line that prefetch() brought has shown.
    struct FirstLook {
        Place place;
        bool is_decided;  ///< else find() has to look further, where a prefetch is under way
    };

    /// A row of a key and what comes behind it; `row` is null behind the last one.
    struct Matches {
        const Row* row = nullptr;
        std::uint32_t further = 0;
    };

    explicit JoinTable(Items items) : items_(std::move(items)) {}
    /// What was moved from may only be destroyed.
    JoinTable(JoinTable&& other) = default;
    JoinTable& operator=(JoinTable&&) = delete;
    ~JoinTable() { destroy_entries(); }

    [[nodiscard]] Items& items() noexcept { return items_; }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

    [[nodiscard]] static Lookup look_up(const Key& key) { return KeyStorage<Key>::look_up(key); }

    /// Always inlined, see StateTable.
    [[gnu::always_inline]] void prefetch(const Lookup& key) const noexcept {
        __builtin_prefetch(&buckets_[key.hash & mask_], 1);
    }

    [[nodiscard]] FirstLook look(const Lookup& key) {
        const std::size_t index = key.hash & mask_;
        const FirstLook seen = look_at(buckets_[index], key);
        if (!seen.is_decided) __builtin_prefetch(&buckets_[(index + 1) & mask_], 1);
        return seen;
    }

    [[nodiscard]] Place find(const Lookup& key) {
        for (std::size_t index = key.hash & mask_;; index = (index + 1) & mask_) {
            const FirstLook seen = look_at(buckets_[index], key);
            if (seen.is_decided) return seen.place;
        }
    }

    /// Keeps one more row of the key. `matched` counts when it is the first one.
    void insert(const Lookup& key, Row&& row, bool matched) {
        for (std::size_t index = key.hash & mask_;; index = (index + 1) & mask_) {
            Bucket& bucket = buckets_[index];
            const FirstLook seen = look_at(bucket, key);
            if (!seen.is_decided) continue;
            if (seen.place) {
                std::uint32_t& further = bucket.further[seen.place.entry];
                further = add_to_pool(std::move(row), further);
            } else if (keys_ == grow_at_) [[unlikely]] {
                grow();
                insert(key, std::move(row), matched);
                return;
            } else {
                fill(bucket, key, std::move(row), matched);
            }
            ++rows_;
            return;
        }
    }

    /// Says that a row of the other side met the key.
    static void set_matched(const Place& place) noexcept {
        place.bucket->flags[place.entry] |= matched_flag;
    }

    /// Puts the rows of each key side by side, for a table that will be looked into again and
    /// again.
    void arrange() {
        auto scattered = std::exchange(pool_, {});
        for (std::size_t index = 0; index < buckets(); ++index) {
            for (std::uint32_t& further : buckets_[index].further) {
                std::uint32_t* link = &further;
                while (*link != 0) {
                    Node& node =
                        scattered[(*link - 1) / rows_in_chunk][(*link - 1) % rows_in_chunk];
                    *link = add_to_pool(std::move(node.row), node.further);
                    link = &pool_.back().back().further;
                }
            }
        }
    }

    /// As if no row of the other side had met any.
    void forget_matches() noexcept {
        for (std::size_t index = 0; index < buckets(); ++index) {
            for (std::uint8_t& flags : buckets_[index].flags) flags &= occupied_flag;
        }
    }

    [[nodiscard]] Matches matches(const Place& place) noexcept {
        const std::uint32_t further = place.bucket->further[place.entry];
        if constexpr (row_in_bucket) return {&place.bucket->entries[place.entry].row(), further};
        return behind(further);
    }
    void advance(Matches& matches) noexcept { matches = behind(matches.further); }

    /// The rows of the next key that met no row of the other side; `entry`, which begins with 0,
    /// counts what was looked at. False when there is none.
    bool next_unmatched(std::size_t& entry, Matches& found) noexcept {
        for (; entry < buckets() * bucket_entries; ++entry) {
            const Place place{&buckets_[entry / bucket_entries], entry % bucket_entries};
            if (place.bucket->flags[place.entry] != occupied_flag) continue;
            found = matches(place);
            ++entry;
            return true;
        }
        return false;
    }

    /// Forgets all rows and gives their memory back.
    void clear() noexcept {
        destroy_entries();
        memory_.reset();
        buckets_ = no_buckets();
        mask_ = keys_ = rows_ = grow_at_ = 0;
        arena_.clear();
        pool_ = {};
    }

 private:
    struct Node {
        Row row;
        std::uint32_t further;
    };

    static constexpr std::uint8_t occupied_flag = 1;  // the lowest bit, see look_at
    static constexpr std::uint8_t matched_flag = 2;
    static constexpr std::size_t first_buckets = 32;
    /// Up to here memory costs little and growing often costs more.
    static constexpr std::size_t fast_growth_below = 16 * 1024;
    /// A power of two, so that a row is found by shifts.
    static constexpr std::size_t rows_in_chunk =
        std::bit_floor(std::max<std::size_t>(1, 64 * 1024 / sizeof(Node)));

    [[nodiscard]] std::size_t buckets() const noexcept {
        return memory_ == nullptr ? 0 : mask_ + 1;
    }

    /// Entries are filled from the front and never freed: a key that is not here is further on only
    /// where the last one is in use.
    [[nodiscard]] FirstLook look_at(Bucket& bucket, const Lookup& key) {
        const bool is_full = bucket.flags[bucket_entries - 1] != 0;
        if constexpr (is_flat<Key>) {
            // Without branches: in which entry a key is cannot be predicted.
            unsigned hits = 0;
            for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
                const bool same = bucket.entries[entry].holds(key, items_);
                hits |= (bucket.flags[entry] & unsigned{same}) << entry;
            }
            if (hits == 0) return {{}, !is_full};
            return {{&bucket, static_cast<std::size_t>(std::countr_zero(hits))}, true};
        } else {
            for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
                if (bucket.flags[entry] == 0) break;
                if (bucket.entries[entry].holds(key, items_)) return {{&bucket, entry}, true};
            }
            return {{}, !is_full};
        }
    }

    [[nodiscard]] Matches behind(std::uint32_t number) const noexcept {
        if (number == 0) return {};
        const std::size_t index = number - 1;
        const Node& node = pool_[index / rows_in_chunk][index % rows_in_chunk];
        return {&node.row, node.further};
    }

    std::uint32_t add_to_pool(Row&& row, std::uint32_t further) {
        if (pool_.empty() || pool_.back().size() == rows_in_chunk) begin_chunk();
        pool_.back().push_back({std::move(row), further});
        return static_cast<std::uint32_t>((pool_.size() - 1) * rows_in_chunk + pool_.back().size());
    }

    void begin_chunk() {
        constexpr std::size_t most_rows = std::numeric_limits<std::uint32_t>::max();
        if ((pool_.size() + 1) * rows_in_chunk > most_rows)
            throw Error(ErrorKind::usage,
                        "one side of a join has more than 4294967295 rows with the keys of others "
                        "on one worker; use more workers, or put the smaller side on the right");
        pool_.emplace_back();
        pool_.back().reserve(rows_in_chunk);
    }

    void fill(Bucket& bucket, const Lookup& key, Row&& row, bool matched) {
        const std::size_t entry = first_free(bucket);
        if constexpr (!row_in_bucket) bucket.further[entry] = add_to_pool(std::move(row), 0);
        bucket.entries[entry].fill(key, std::move(row), arena_);
        bucket.flags[entry] =
            static_cast<std::uint8_t>(occupied_flag | (matched ? matched_flag : 0));
        ++keys_;
    }

    void grow() {
        const std::size_t factor = buckets() < fast_growth_below ? 4 : 2;
        const std::size_t count = std::max(first_buckets, factor * buckets());
        HugeMemory memory = allocate_huge(count * sizeof(Bucket));
        auto* larger = reinterpret_cast<Bucket*>(memory.get());
        for (std::size_t index = 0; index < buckets(); ++index) {
            for (std::size_t entry = 0; entry < bucket_entries; ++entry)
                move_entry(buckets_[index], entry, larger, count - 1);
        }
        memory_ = std::move(memory);
        buckets_ = larger;
        mask_ = count - 1;
        // The more entries a bucket has, the fuller it may be before keys spill into the next.
        grow_at_ = count * bucket_entries * 2 / (bucket_entries > 2 ? 3 : 4);
    }

    /// Moves an entry into other buckets; what it owns is taken over.
    void move_entry(Bucket& from, std::size_t entry, Bucket* buckets, std::size_t mask) {
        if (from.flags[entry] == 0) return;
        std::size_t index = from.entries[entry].hash(items_) & mask;
        while (buckets[index].flags[bucket_entries - 1] != 0) index = (index + 1) & mask;
        Bucket& to = buckets[index];
        const std::size_t free = first_free(to);
        from.entries[entry].move_to(to.entries[free]);
        to.further[free] = from.further[entry];
        to.flags[free] = from.flags[entry];
    }

    // Counted, because the compiler would take a search for the first zero for a strlen.
    [[nodiscard]] static std::size_t first_free(const Bucket& bucket) noexcept {
        std::size_t in_use = 0;
        for (const std::uint8_t flags : bucket.flags) in_use += flags & occupied_flag;
        return in_use;
    }

    void destroy_entries() noexcept {
        if constexpr (Entry::owns) {
            for (std::size_t index = 0; index < buckets(); ++index) {
                for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
                    if (buckets_[index].flags[entry] != 0) buckets_[index].entries[entry].destroy();
                }
            }
        }
    }

    /// The one bucket of a table without memory: always empty and never written, so that a look-up
    /// need not ask whether there is memory.
    alignas(Bucket) static constexpr std::byte no_bucket[sizeof(Bucket)] = {};
    [[nodiscard]] static Bucket* no_buckets() noexcept {
        return reinterpret_cast<Bucket*>(const_cast<std::byte*>(no_bucket));
    }

    Items items_;
    HugeMemory memory_;
    Bucket* buckets_ = no_buckets();
    std::size_t mask_ = 0;
    std::size_t keys_ = 0;
    std::size_t rows_ = 0;
    std::size_t grow_at_ = 0;
    TextArena arena_;
    std::vector<std::vector<Node>> pool_;
};

}  // namespace renoir::detail
