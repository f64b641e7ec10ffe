#pragma once

/// The symmetric hash join of one replica: a pair comes out as soon as both of its rows are there.

#include <renoir/operators/join_shape.hpp>
#include <renoir/operators/join_table.hpp>
#include <renoir/runtime/loop.hpp>

#include <array>
#include <memory>
#include <tuple>
#include <vector>

namespace renoir::detail {

/// Each side has a table that the rows of the other one look into. When a side has ended, the rows
/// of the other one are not kept any more, and those of them that were kept have no use but to come
/// out where nothing met them.
///
/// A step emits a bounded number of rows. What is beyond waits: rows with the place where they are
/// among their matches, then what is left of an ended side, then the marks behind them.
///
/// With event time, a row that may come out alone holds the watermark back to before its own time,
/// until the opposite side has ended.
template <class LeftItems, class RightItems, JoinVariant variant, class Next>
class HashJoinStage {
    using Shape = JoinShape<LeftItems, RightItems, variant>;
    using Key = typename Shape::Key;
    using LeftItem = typename Shape::LeftItem;
    using RightItem = typename Shape::RightItem;
    using Lookup = typename KeyStorage<Key>::Lookup;

 public:
    /// In a loop a side may be resident: then nothing is pushed there but its marks.
    HashJoinStage(LeftItems left, RightItems right, Next next,
                  std::shared_ptr<JoinTable<LeftItems>> resident_left = nullptr,
                  std::shared_ptr<JoinTable<RightItems>> resident_right = nullptr)
        : sides_(Side<LeftItems, RightItems>(std::move(left), std::move(resident_left)),
                 Side<RightItems, LeftItems>(std::move(right), std::move(resident_right))),
          next_(std::move(next)) {}

    void push_left(LeftItem&& item) { take_one<0>(item); }
    void push_right(RightItem&& item) { take_one<1>(item); }

    void push_left_batch(std::span<LeftItem> items)
        requires std::default_initializable<Key>
    {
        take_together<0>(items);
    }
    void push_right_batch(std::span<RightItem> items)
        requires std::default_initializable<Key>
    {
        take_together<1>(items);
    }

    void end_left() { end_side<0>(); }
    void end_right() { end_side<1>(); }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            // A side whose stream ended before this round.
            if (!side<0>().ended) end_side<0>();
            if (!side<1>().ended) end_side<1>();
        }
        if (is_behind_) {
            marks_.push_back(mark);
        } else {
            hand_on(mark);
        }
    }

    [[nodiscard]] bool is_behind() const noexcept { return is_behind_; }

    bool catch_up() {
        budget_ = most_emitted;
        if (!is_behind_) return true;
        if (!match_waiting<0>() || !match_waiting<1>()) return false;
        if (!empty_table<0>() || !empty_table<1>()) return false;
        is_behind_ = false;
        for (const Mark& mark : marks_) hand_on(mark);
        marks_.clear();
        return true;
    }

    /// Programs put the small side on the right. While it is small it is read first, so that the
    /// rows on the left find it complete and need not be kept.
    [[nodiscard]] bool prefers_right() const noexcept {
        const auto& right = std::get<1>(sides_);
        return !right.ended && right.table().rows() < small_side;
    }

 private:
    /// Rows that one step emits before it stops.
    static constexpr std::size_t most_emitted = 8192;
    static constexpr std::size_t look_ahead = 128;
    static constexpr bool holds_time = Shape::is_timed && variant != JoinVariant::inner;
    static constexpr std::size_t small_side = std::size_t{1} << 20;

    template <class Items, class OtherItems>
    struct Side {
        using Item = typename Items::item_type;
        using Table = JoinTable<Items>;
        using OtherMatches = typename JoinTable<OtherItems>::Matches;

        /// A row that has met some of its matches.
        struct Waiting {
            owned_t<Item> item;
            OtherMatches matches;
        };

        Side(Items items, std::shared_ptr<Table> resident)
            : ended(resident != nullptr),
              is_resident(ended),
              table_(is_resident ? std::move(resident)
                                 : std::make_shared<Table>(std::move(items))) {}

        [[nodiscard]] Table& table() const noexcept { return *table_; }

        /// As before the first row of a round.
        void clear() {
            if (is_resident) return;
            table().clear();
            ended = false;
            oldest = timestamp_max;
        }

        [[nodiscard]] Key key_of(const Item& item) { return table().items().key_of(item); }

        bool ended;
        bool is_resident;  ///< the rows were there before the first round and stay for all of them
        /// The lowest time of the rows in the table.
        Timestamp oldest = timestamp_max;
        std::vector<Waiting> waiting;
        std::size_t next_waiting = 0;
        /// The table has no further use but for the rows that nothing met.
        bool is_emptied = false;
        std::size_t next_slot = 0;
        typename Table::Matches alone;

     private:
        std::shared_ptr<Table> table_;
    };

    template <std::size_t index>
    [[nodiscard]] auto& side() noexcept {
        return std::get<index>(sides_);
    }

    template <std::size_t index>
    static constexpr bool comes_out_alone = index == 0 ? Shape::keeps_left : Shape::keeps_right;

    template <std::size_t own, class Item>
    void take_one(Item& item) {
        const Key key = side<own>().key_of(std::as_const(item));
        const Lookup lookup = KeyStorage<Key>::look_up(key);
        take<own>(item, key, lookup, side<1 - own>().table().find(lookup));
    }

    /// Some rows whose slots are on their way.
    struct Chunk {
        std::size_t begin = 0;
        std::size_t count = 0;
        std::array<Key, look_ahead> keys;
        alignas(Lookup) std::byte lookup_bytes[look_ahead * sizeof(Lookup)];

        [[nodiscard]] Lookup* lookups() noexcept {
            return std::launder(reinterpret_cast<Lookup*>(lookup_bytes));
        }
    };
    static_assert(std::is_trivially_destructible_v<Lookup>);

    /// While the rows of one chunk meet their partners, the slots of the next one are fetched.
    template <std::size_t own, class Item>
    void take_together(std::span<Item> items) {
        std::array<Chunk, 2> chunks;
        fetch<own>(items, 0, chunks[0]);
        for (std::size_t turn = 0; chunks[turn].count != 0; turn = 1 - turn) {
            Chunk& chunk = chunks[turn];
            fetch<own>(items, chunk.begin + chunk.count, chunks[1 - turn]);
            take_chunk<own>(items, chunk);
        }
    }

    template <std::size_t own, class Item>
    void fetch(std::span<Item> items, std::size_t begin, Chunk& chunk) {
        chunk.begin = begin;
        chunk.count = std::min(look_ahead, items.size() - begin);
        const bool is_kept = !side<1 - own>().ended;
        for (std::size_t i = 0; i < chunk.count; ++i) {
            chunk.keys[i] = side<own>().key_of(std::as_const(items[begin + i]));
            Lookup* lookup = chunk.lookups() + i;
            new (lookup) Lookup(KeyStorage<Key>::look_up(chunk.keys[i]));
            side<1 - own>().table().prefetch(*lookup);
            if (is_kept) side<own>().table().prefetch(*lookup);
        }
    }

    template <std::size_t own, class Item>
    void take_chunk(std::span<Item> items, Chunk& chunk) {
        auto& other = side<1 - own>().table();
        std::array<std::size_t, look_ahead> later;
        std::size_t undecided = 0;
        const auto take_row = [&](std::size_t i, const auto& met) {
            take<own>(items[chunk.begin + i], chunk.keys[i], chunk.lookups()[i], met);
        };
        for (std::size_t i = 0; i < chunk.count; ++i) {
            const auto look = other.look(chunk.lookups()[i]);
            if (look.is_decided) [[likely]] {
                take_row(i, look.place);
            } else {
                later[undecided++] = i;
            }
        }
        for (std::size_t n = 0; n < undecided; ++n)
            take_row(later[n], other.find(chunk.lookups()[later[n]]));
    }

    /// `met` is where the other side has the key, or nowhere.
    template <std::size_t own, class Item, class Place>
    void take(Item& item, const Key& key, const Lookup& lookup, const Place& met) {
        auto& other = side<1 - own>();
        if (met) {
            if constexpr (comes_out_alone<1 - own>) other.table().set_matched(met);
            match<own>(item, key, other.table().matches(met));
        }
        if (!other.ended) {
            if constexpr (holds_time && comes_out_alone<own>)
                side<own>().oldest = std::min(side<own>().oldest, item.time);
            side<own>().table().insert(lookup, to_owned(Item(std::move(item))), bool(met));
        } else if constexpr (comes_out_alone<own>) {
            if (!met) emit_alone<own>(key, item);
        }
    }

    template <std::size_t own, class Item, class Matches>
    void match(const Item& item, const Key& key, Matches matches) {
        auto& waiting = side<own>().waiting;
        if (!is_behind_ && match_within_budget<own>(item, key, matches)) [[likely]]
            return;
        waiting.push_back({to_owned(Item(item)), matches});
        is_behind_ = true;
    }

    /// False when the budget is used up before the last match.
    template <std::size_t own, class Item, class Matches>
    bool match_within_budget(const Item& item, const Key& key, Matches& matches) {
        auto& other = side<1 - own>();
        using OtherItem = typename std::remove_cvref_t<decltype(other)>::Item;
        while (matches.row != nullptr) {
            if (budget_ == 0) return false;
            --budget_;
            if constexpr (own == 0) {
                next_.push(Shape::pair(key, item, show_item<OtherItem>(*matches.row)));
            } else {
                next_.push(Shape::pair(key, show_item<OtherItem>(*matches.row), item));
            }
            other.table().advance(matches);
        }
        return true;
    }

    template <std::size_t own>
    bool match_waiting() {
        auto& side = this->template side<own>();
        using Item = typename std::remove_cvref_t<decltype(side)>::Item;
        for (; side.next_waiting < side.waiting.size(); ++side.next_waiting) {
            auto& [kept, matches] = side.waiting[side.next_waiting];
            const Item& item = show_item<Item>(kept);
            if (!match_within_budget<own>(item, side.key_of(item), matches)) return false;
        }
        side.waiting.clear();
        side.next_waiting = 0;
        return true;
    }

    template <std::size_t own>
    void emit_alone(const Key& key, const auto& item) {
        if constexpr (own == 0) {
            next_.push(Shape::left_alone(key, item));
        } else {
            next_.push(Shape::right_alone(key, item));
        }
    }

    /// The rows of the other side were kept for those of this one.
    template <std::size_t own>
    void end_side() {
        side<own>().ended = true;
        side<1 - own>().is_emptied = true;
        if (!is_behind_) is_behind_ = !empty_table<1 - own>();
    }

    /// False when the budget is used up before the last row.
    template <std::size_t own>
    bool empty_table() {
        auto& side = this->template side<own>();
        if (!side.is_emptied) return true;
        if constexpr (comes_out_alone<own>) {
            using Item = typename std::remove_cvref_t<decltype(side)>::Item;
            do {
                for (; side.alone.row != nullptr; side.table().advance(side.alone)) {
                    if (budget_ == 0) return false;
                    --budget_;
                    const Item& item = show_item<Item>(*side.alone.row);
                    emit_alone<own>(side.key_of(item), item);
                }
            } while (side.table().next_unmatched(side.next_slot, side.alone));
        }
        if (!side.is_resident) {
            side.table().clear();
        } else if constexpr (comes_out_alone<own>) {
            side.table().forget_matches();
        }
        side.next_slot = 0;
        side.is_emptied = false;
        side.oldest = timestamp_max;
        if constexpr (holds_time) send_watermark();
        return true;
    }

    void hand_on(const Mark& mark) {
        if constexpr (holds_time) {
            if (mark.kind == MarkKind::watermark) {
                watermark_ = mark.value;
                send_watermark();
                return;
            }
            if (mark.kind == MarkKind::idle && oldest() != timestamp_max) return;
        }
        if (mark.kind == MarkKind::end_of_round) {
            side<0>().clear();
            side<1>().clear();
            watermark_ = sent_watermark_ = timestamp_min;
        }
        next_.control(mark);
    }

    [[nodiscard]] Timestamp oldest() noexcept {
        return std::min(side<0>().oldest, side<1>().oldest);
    }

    void send_watermark() {
        const Timestamp before_oldest = oldest() == timestamp_min ? timestamp_min : oldest() - 1;
        const Timestamp watermark =
            oldest() == timestamp_max ? watermark_ : std::min(watermark_, before_oldest);
        if (watermark <= sent_watermark_) return;
        sent_watermark_ = watermark;
        next_.control({MarkKind::watermark, watermark});
    }

    std::tuple<Side<LeftItems, RightItems>, Side<RightItems, LeftItems>> sides_;
    Next next_;
    std::size_t budget_ = most_emitted;
    bool is_behind_ = false;
    std::vector<Mark> marks_;
    Timestamp watermark_ = timestamp_min;
    Timestamp sent_watermark_ = timestamp_min;
};

/// Puts the rows of a side into the table that is resident in a loop. Those of the next round of
/// the loop around that one replace them.
template <class Items>
class BuildTableStage {
    using Item = typename Items::item_type;
    using Table = JoinTable<Items>;

 public:
    BuildTableStage(std::shared_ptr<Table> table, Output<Ready>& ready)
        : table_(std::move(table)), ready_(ready) {}

    void push(Item&& item) {
        begin_round();
        insert(item);
    }
    void push_batch(std::span<Item> items) {
        begin_round();
        for (std::size_t begin = 0; begin < items.size(); begin += look_ahead) {
            const auto chunk = items.subspan(begin, std::min(look_ahead, items.size() - begin));
            if constexpr (is_flat<typename Items::key_type>) {
                for (const Item& item : chunk)
                    table_->prefetch(Table::look_up(table_->items().key_of(item)));
            }
            for (Item& item : chunk) insert(item);
        }
    }
    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_round) {
            begin_round();
            table_->arrange();
            is_complete_ = true;
        } else if (mark.kind != MarkKind::end_of_stream) {
            return;
        }
        ready_.send_mark(mark);
    }

 private:
    static constexpr std::size_t look_ahead = 128;

    void begin_round() {
        if (!is_complete_) return;
        is_complete_ = false;
        table_->clear();
    }

    void insert(Item& item) {
        const auto key = table_->items().key_of(std::as_const(item));
        table_->insert(Table::look_up(key), to_owned(Item(std::move(item))), false);
    }

    std::shared_ptr<Table> table_;
    Output<Ready>& ready_;
    bool is_complete_ = false;
};

}  // namespace renoir::detail
