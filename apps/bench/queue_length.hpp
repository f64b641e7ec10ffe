#pragma once

/// How many records were under way between a source that is quick and a consumer that is slow, by
/// what the consumer sees alone: each record carries its number and the time when it was sent, and
/// both ends look at the same clock.

#include "paced_source.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>

namespace bench {

class QueueLength {
 public:
    /// To be called with all records in the order of their numbers, each batch before it is
    /// consumed.
    void arrive(std::span<const Stamp> records) {
        for (const Stamp& record : records) {
            while (!consumed_.empty() && consumed_.front().at_ns <= record.due_ns) {
                consumed_when_sent_ = consumed_.front().records;
                consumed_.pop_front();
            }
            most_ = std::max(most_, record.index + 1 - consumed_when_sent_);
        }
        arrived_ += records.size();
    }

    /// What has arrived is consumed now.
    void consume(std::int64_t now_ns) { consumed_.push_back({now_ns, arrived_}); }

    /// The largest number of records that were sent and not yet consumed.
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
    [[nodiscard]] std::uint64_t consumed() const noexcept { return arrived_; }

 private:
    struct Consumed {
        std::int64_t at_ns = 0;
        std::uint64_t records = 0;  ///< from the first one on
    };

    std::deque<Consumed> consumed_;  // not yet seen from a record that was sent later
    std::uint64_t consumed_when_sent_ = 0;
    std::uint64_t arrived_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace bench
