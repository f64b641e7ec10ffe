#pragma once

/// The aggregates of windows that slide over panes, for many keys at once.

#include <renoir/stream/timed.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace renoir::detail {

/// The states of numbered keys by pane, and for each key their combination over the panes of a
/// window, for a combination that is associative and commutative and has no inverse.
///
/// A state takes part in O(1) combinations, however many panes a window has ("two stacks";
/// Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in worst-case constant
/// time", 2021). The panes of a window are older or newer ones. For each key there is the
/// combination of the older ones and that of the newer ones, and a window is both together. The
/// states of an older pane are not kept but what the older ones behind it come to, which takes the
/// place of the combination when the pane leaves. When a newer pane is to leave, all newer ones
/// become older ones.
template <class State>
class SlidingPanes {
 public:
    using Number = std::uint32_t;

    [[nodiscard]] bool empty() const noexcept { return panes_.empty() && stragglers_.empty(); }
    /// The pane that leaves first.
    [[nodiscard]] std::int64_t first_pane() const noexcept {
        const std::int64_t pane = panes_.empty() ? timestamp_max : panes_.front().index;
        return stragglers_.empty() ? pane : std::min(pane, stragglers_.begin()->first);
    }
    /// How many keys have a state.
    [[nodiscard]] std::size_t live() const noexcept { return live_; }
    [[nodiscard]] bool is_live(Number key) const noexcept { return cells_[key].states != 0; }

    /// A number for a key that is new.
    [[nodiscard]] Number add_key() {
        if (free_.empty()) {
            cells_.emplace_back();
            return static_cast<Number>(cells_.size() - 1);
        }
        const Number key = free_.back();
        free_.pop_back();
        return key;
    }
    /// Gives the number of a key that is not live to another one.
    void forget_key(Number key) { free_.push_back(key); }

    /// Keeps a state, which no window has before close_until() has reached its pane.
    void add(std::int64_t pane, Number key, State&& state) {
        if (cells_[key].states++ == 0) ++live_;
        if (pane <= closed_until_) [[unlikely]] {
            stragglers_.emplace(pane, Entry{key, std::move(state)});
        } else {
            open_pane(pane).entries.push_back({key, std::move(state)});
        }
    }

    /// Lets windows have the panes up to `last`.
    template <class Combine>
    void close_until(std::int64_t last, Combine&& combine) {
        while (closed_ < panes_.size() && panes_[closed_].index <= last) {
            for (Entry& entry : panes_[closed_].entries)
                combine_into(cells_[entry.key].newer, *entry.state, combine);
            ++closed_;
        }
        closed_until_ = std::max(closed_until_, last);
        recent_ = nullptr;
    }

    /// Forgets the panes before `first`.
    template <class Combine>
    void drop_before(std::int64_t first, Combine&& combine) {
        while (older_ != 0 && panes_.front().index < first) {
            // Backwards, since a key may be in a pane several times.
            std::vector<Entry>& entries = panes_.front().entries;
            for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
                cells_[entry->key].older = std::move(entry->state);
                release(entry->key);
            }
            --older_;
            pop_pane();
        }
        if (older_ == 0 && closed_ != 0 && panes_.front().index < first) {
            drop_newer_before(first);
            turn_over(combine);
        }
        while (!stragglers_.empty() && stragglers_.begin()->first < first) {
            release(stragglers_.begin()->second.key);
            stragglers_.erase(stragglers_.begin());
        }
    }

    /// Calls `fn(key, State&&)` for each key that is in a closed pane, with the combination of all
    /// of them.
    template <class Combine, class Function>
    void for_each_combined(Combine&& combine, Function&& fn) {
        if (!stragglers_.empty()) [[unlikely]] {
            for_each_with_stragglers(combine, fn);
            return;
        }
        sort_keys();
        for (const Number key : keys_in(older_and_newer)) {
            State state = *cells_[key].older;
            combine(state, *cells_[key].newer);
            fn(key, std::move(state));
        }
        for (const Number key : keys_in(only_older)) fn(key, State(*cells_[key].older));
        for (const Number key : keys_in(only_newer)) fn(key, State(*cells_[key].newer));
    }

 private:
    struct Entry {
        Number key;
        /// In an older pane: what the older states of the key behind this one come to, if any.
        std::optional<State> state;
    };
    struct Pane {
        std::int64_t index;
        std::vector<Entry> entries;
    };
    struct Cell {
        std::optional<State> older;
        std::optional<State> newer;
        std::uint32_t states = 0;
    };

    Pane& open_pane(std::int64_t index) {
        if (recent_ != nullptr && recent_->index == index) [[likely]]
            return *recent_;
        auto place = panes_.end();
        while (place != panes_.begin() && std::prev(place)->index >= index) --place;
        if (place == panes_.end() || place->index != index) {
            place = panes_.insert(place, Pane{index, std::move(spare_)});
            spare_ = {};
        }
        recent_ = &*place;
        return *recent_;
    }

    template <class Combine>
    static void combine_into(std::optional<State>& sum, const State& state, Combine&& combine) {
        if (sum) {
            combine(*sum, state);
        } else {
            sum = state;
        }
    }

    /// Sorts the keys by where they have states, without a branch for each: which keys have older
    /// or newer ones is random, and a branch would often be mispredicted.
    void sort_keys() {
        for (auto& keys : sorted_) {
            if (keys.size() < cells_.size()) keys.resize(cells_.size());
        }
        sizes_ = {};
        for (Number key = 0; key < cells_.size(); ++key) {
            const std::size_t place = (cells_[key].older.has_value() ? only_older : 0) +
                                      (cells_[key].newer.has_value() ? only_newer : 0);
            sorted_[place][sizes_[place]++] = key;
        }
    }

    [[nodiscard]] std::span<const Number> keys_in(std::size_t place) const noexcept {
        return {sorted_[place].data(), sizes_[place]};
    }

    template <class Combine, class Function>
    void for_each_with_stragglers(Combine&& combine, Function&& fn) {
        std::map<Number, State> late;
        for (const auto& [pane, entry] : stragglers_) {
            const auto [place, is_new] = late.try_emplace(entry.key, *entry.state);
            if (!is_new) combine(place->second, *entry.state);
        }
        for (Number key = 0; key < cells_.size(); ++key) {
            std::optional<State> state = cells_[key].older;
            if (cells_[key].newer) combine_into(state, *cells_[key].newer, combine);
            if (const auto more = late.find(key); more != late.end())
                combine_into(state, more->second, combine);
            if (state) fn(key, *std::move(state));
        }
    }

    void drop_newer_before(std::int64_t first) {
        for (std::size_t pane = 0; pane < closed_; ++pane) {
            for (const Entry& entry : panes_[pane].entries) cells_[entry.key].newer.reset();
        }
        while (closed_ != 0 && panes_.front().index < first) {
            for (const Entry& entry : panes_.front().entries) release(entry.key);
            pop_pane();
        }
    }

    /// All closed panes become older ones.
    template <class Combine>
    void turn_over(Combine&& combine) {
        for (older_ = 0; older_ < closed_; ++older_) {
            for (Entry& entry : panes_[closed_ - 1 - older_].entries) {
                std::optional<State>& behind = cells_[entry.key].older;
                std::swap(behind, entry.state);
                if (entry.state) combine(*behind, *entry.state);
            }
        }
    }

    void pop_pane() {
        spare_ = std::move(panes_.front().entries);
        spare_.clear();
        panes_.pop_front();
        --closed_;
        recent_ = nullptr;
    }

    void release(Number key) noexcept {
        if (--cells_[key].states == 0) --live_;
    }

    std::vector<Cell> cells_;  // by number
    std::vector<Number> free_;
    std::size_t live_ = 0;
    std::deque<Pane> panes_;  // by index: older ones, newer ones, open ones
    std::size_t older_ = 0;   // number of older ones
    std::size_t closed_ = 0;  // number of older and newer ones
    /// There may be no pane behind it. The first pane of all counts as closed from the beginning:
    /// every window that fires has reached it.
    std::int64_t closed_until_ = timestamp_min;
    Pane* recent_ = nullptr;    // an open one
    std::vector<Entry> spare_;  // memory for the next pane
    static constexpr std::size_t only_older = 1;
    static constexpr std::size_t only_newer = 2;
    static constexpr std::size_t older_and_newer = 3;
    std::array<std::vector<Number>, 4> sorted_;
    std::array<std::size_t, 4> sizes_{};
    /// States for panes that were closed before, which few are.
    std::multimap<std::int64_t, Entry> stragglers_;
};

}  // namespace renoir::detail
