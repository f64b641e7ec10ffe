#pragma once

/// The aggregate of a window that slides over panes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace renoir::detail {

/// The states of one key by pane, and their combination over the panes of a window, for a
/// combination that is associative and has no inverse. Moving the window on by a pane costs O(1)
/// combinations, amortised: the states of older panes are combined from the newest of them back to
/// each one, those of newer panes to a running total, and the result is one of the former and the
/// latter ("two stacks"; Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in
/// worst-case constant time", 2021). A state for a pane that the total has seen already makes it
/// all be combined anew.
///
/// `combine(State&, const State&)` takes the second as what came later.
template <class State>
class PaneAggregate {
 public:
    [[nodiscard]] bool empty() const noexcept { return begin_ == entries_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() - begin_; }
    /// Calls `update(state)` where the pane has a state already, else keeps `create()`.
    template <class Update, class Create>
    void visit(std::int64_t pane, Update&& update, Create&& create) {
        std::size_t at = entries_.size();
        while (at > begin_ && entries_[at - 1].pane > pane) --at;
        const bool exists = at > begin_ && entries_[at - 1].pane == pane;
        const std::size_t place = exists ? at - 1 : at;
        if (place < total_end_) forget_combined();
        if (exists) {
            update(entries_[place].state);
        } else {
            entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(place),
                            Entry{pane, create()});
        }
    }

    /// Forgets the panes before `pane`.
    template <class Combine>
    void drop_before(std::int64_t pane, Combine&& combine) {
        std::size_t first = begin_;
        while (first < entries_.size() && entries_[first].pane < pane) ++first;
        if (first == begin_) return;
        begin_ = first;
        if (begin_ > older_end_) turn_over(combine);
        compact();
    }

    /// The combination of the panes from the first one up to `last`; none when
    /// there is no such pane.
    template <class Combine>
    [[nodiscard]] std::optional<State> combined(std::int64_t last, Combine&& combine) {
        for (; total_end_ < entries_.size() && entries_[total_end_].pane <= last; ++total_end_) {
            const State& state = entries_[total_end_].state;
            if (total_) {
                combine(*total_, state);
            } else {
                total_ = state;
            }
        }
        if (begin_ == older_end_) return total_;
        std::optional<State> result = older_[begin_];
        if (total_) combine(*result, *total_);
        return result;
    }

 private:
    struct Entry {
        std::int64_t pane;
        State state;
    };

    void forget_combined() {
        older_.clear();
        older_end_ = begin_;
        total_end_ = begin_;
        total_.reset();
    }

    /// What the running total holds becomes older panes.
    template <class Combine>
    void turn_over(Combine&& combine) {
        const std::size_t end = total_end_ < begin_ ? begin_ : total_end_;
        older_.assign(end, std::nullopt);
        for (std::size_t i = end; i-- > begin_;) {
            older_[i] = entries_[i].state;
            if (i + 1 < end) combine(*older_[i], *older_[i + 1]);
        }
        older_end_ = end;
        total_end_ = end;
        total_.reset();
    }

    /// Takes the panes before the first one out of memory, when they are most of it.
    void compact() {
        if (2 * begin_ < entries_.size()) return;
        const auto gone = static_cast<std::ptrdiff_t>(begin_);
        entries_.erase(entries_.begin(), entries_.begin() + gone);
        older_.erase(older_.begin(),
                     older_.begin() + std::min(gone, static_cast<std::ptrdiff_t>(older_.size())));
        older_end_ -= begin_;
        total_end_ -= begin_;
        begin_ = 0;
    }

    std::vector<Entry> entries_;  // by pane; those before begin_ are forgotten
    std::size_t begin_ = 0;
    /// older_[i] combines the entries from i to older_end_; total_ those from there to total_end_.
    std::vector<std::optional<State>> older_;
    std::size_t older_end_ = 0;
    std::size_t total_end_ = 0;
    std::optional<State> total_;
};

}  // namespace renoir::detail
