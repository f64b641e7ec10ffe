#pragma once

/// The sort-merge join of one replica: keeps both sides whole, sorts them when both have ended and
/// emits in ascending order of the keys.

#include <renoir/operators/join_shape.hpp>

#include <algorithm>
#include <tuple>
#include <vector>

namespace renoir::detail {

/// Order of keys. NaN is equal to itself and behind every number, so that it is a key as any other.
struct KeyLess {
    template <class K>
    bool operator()(const K& a, const K& b) const {
        if constexpr (std::is_floating_point_v<K>) {
            return a < b || (a == a && b != b);
        } else {
            return a < b;
        }
    }

    template <class First, class Second>
    bool operator()(const std::pair<First, Second>& a, const std::pair<First, Second>& b) const {
        if ((*this)(a.first, b.first)) return true;
        return !(*this)(b.first, a.first) && (*this)(a.second, b.second);
    }

    template <class T>
    bool operator()(const std::optional<T>& a, const std::optional<T>& b) const {
        return b && (!a || (*this)(*a, *b));
    }

    template <class T, std::size_t Size>
    bool operator()(const std::array<T, Size>& a, const std::array<T, Size>& b) const {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), *this);
    }

    template <class... Members>
    bool operator()(const std::tuple<Members...>& a, const std::tuple<Members...>& b) const {
        return is_less_from<0>(a, b);
    }

 private:
    template <std::size_t index, class Tuple>
    bool is_less_from(const Tuple& a, const Tuple& b) const {
        if constexpr (index == std::tuple_size_v<Tuple>) {
            return false;
        } else {
            if ((*this)(std::get<index>(a), std::get<index>(b))) return true;
            return !(*this)(std::get<index>(b), std::get<index>(a)) &&
                   is_less_from<index + 1>(a, b);
        }
    }
};

template <class K>
concept Sortable = requires(const K& a, const K& b) {
    { KeyLess{}(a, b) } -> std::same_as<bool>;
};

/// A step emits a bounded number of rows and goes on at the next one.
template <class LeftItems, class RightItems, JoinVariant variant, class Next>
class SortMergeJoinStage {
    using Shape = JoinShape<LeftItems, RightItems, variant>;
    using Key = typename Shape::Key;
    using LeftItem = typename Shape::LeftItem;
    using RightItem = typename Shape::RightItem;

 public:
    SortMergeJoinStage(LeftItems left, RightItems right, Next next)
        : left_(std::move(left)), right_(std::move(right)), next_(std::move(next)) {}

    void push_left(LeftItem&& item) { left_.keep(std::move(item)); }
    void push_right(RightItem&& item) { right_.keep(std::move(item)); }

    void control(const Mark& mark) {
        // What comes out at the end may have any time: until then nothing can be promised.
        if (mark.kind == MarkKind::watermark || mark.kind == MarkKind::idle) return;
        if (mark.kind == MarkKind::end_of_round) {
            left_.sort();
            right_.sort();
            is_behind_ = !merge();
        }
        if (is_behind_) {
            marks_.push_back(mark);
        } else {
            next_.control(mark);
        }
    }

    [[nodiscard]] bool is_behind() const noexcept { return is_behind_; }

    bool catch_up() {
        budget_ = most_emitted;
        if (!is_behind_) return true;
        if (!merge()) return false;
        is_behind_ = false;
        for (const Mark& mark : marks_) next_.control(mark);
        marks_.clear();
        return true;
    }

 private:
    static constexpr std::size_t most_emitted = 8192;

    template <class Items>
    struct Side {
        using Item = typename Items::item_type;
        struct Row {
            owned_t<Key> key;
            owned_t<Item> item;
        };

        explicit Side(Items description) : items(std::move(description)) {}

        void keep(Item&& item) {
            auto key = to_owned(items.key_of(std::as_const(item)));
            rows.push_back({std::move(key), to_owned(std::move(item))});
        }

        void sort() {
            std::stable_sort(rows.begin(), rows.end(),
                             [](const Row& a, const Row& b) { return KeyLess{}(a.key, b.key); });
        }

        /// Whether all rows were merged.
        [[nodiscard]] bool is_done() const noexcept { return first == rows.size(); }

        /// The rows from `first` on with the same key.
        void find_group() {
            last = first + 1;
            while (last < rows.size() && !KeyLess{}(rows[first].key, rows[last].key)) ++last;
        }

        void clear() {
            rows = std::vector<Row>();
            first = last = 0;
        }

        Items items;
        std::vector<Row> rows;
        std::size_t first = 0;  // what is before was merged
        std::size_t last = 0;   // behind the rows of the key being merged
    };

    /// False when the budget is used up before the last row; else both sides are empty.
    bool merge() {
        while (!left_.is_done() || !right_.is_done()) {
            if (budget_ == 0) return false;
            if (in_group_) {
                merge_pair();
            } else if (is_alone(left_, right_)) {
                emit_left_alone();
            } else if (is_alone(right_, left_)) {
                emit_right_alone();
            } else {
                begin_group();
            }
        }
        left_.clear();
        right_.clear();
        return true;
    }

    /// Whether the next row of a side meets none of the other one.
    [[nodiscard]] static bool is_alone(const auto& side, const auto& other) {
        if (side.is_done()) return false;
        return other.is_done() || KeyLess{}(side.rows[side.first].key, other.rows[other.first].key);
    }

    void begin_group() {
        left_.find_group();
        right_.find_group();
        place_in_right_ = right_.first;
        in_group_ = true;
    }

    /// One row of the cross product of a key.
    void merge_pair() {
        --budget_;
        const auto& [key, left] = left_.rows[left_.first];
        next_.push(Shape::pair(show_item<Key>(key), show_item<LeftItem>(left),
                               show_item<RightItem>(right_.rows[place_in_right_].item)));
        if (++place_in_right_ < right_.last) return;
        place_in_right_ = right_.first;
        if (++left_.first < left_.last) return;
        right_.first = right_.last;
        in_group_ = false;
    }

    void emit_left_alone() {
        const auto& [key, item] = left_.rows[left_.first++];
        if constexpr (Shape::keeps_left) {
            --budget_;
            next_.push(Shape::left_alone(show_item<Key>(key), show_item<LeftItem>(item)));
        }
    }

    void emit_right_alone() {
        const auto& [key, item] = right_.rows[right_.first++];
        if constexpr (Shape::keeps_right) {
            --budget_;
            next_.push(Shape::right_alone(show_item<Key>(key), show_item<RightItem>(item)));
        }
    }

    Side<LeftItems> left_;
    Side<RightItems> right_;
    Next next_;
    std::size_t budget_ = most_emitted;
    bool in_group_ = false;
    std::size_t place_in_right_ = 0;
    bool is_behind_ = false;
    std::vector<Mark> marks_;
};

}  // namespace renoir::detail
