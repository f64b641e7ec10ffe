#pragma once

/// A source whose replicas wait for each other before the first record.

#include "workload.hpp"

#include <renoir/runtime/source.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace bench {

/// Where so many threads wait for each other once.
class Meeting {
 public:
    /// `action` is called by the last thread that comes, before any of them goes on.
    Meeting(std::size_t threads, std::function<void()> action)
        : missing_(threads), action_(std::move(action)) {}

    void arrive_and_wait() {
        constexpr std::chrono::seconds patience{60};
        std::unique_lock lock(mutex_);
        if (--missing_ == 0) {
            action_();
            complete_.notify_all();
            return;
        }
        if (!complete_.wait_for(lock, patience, [this] { return missing_ == 0; }))
            throw std::runtime_error("some workers have not started");
    }

 private:
    std::mutex mutex_;
    std::condition_variable complete_;
    std::size_t missing_;
    std::function<void()> action_;
};

/// Records of consecutive numbers, in equal shares. A worker is at the meeting when it has made all
/// its replicas and runs; it waits there, so nothing else of it may be needed meanwhile.
struct MeetingSource {
    using value_type = workload::Record;

    Meeting* meeting = nullptr;
    workload::Number first = 1;
    workload::Number records = 0;

    class Reader {
     public:
        Reader(Meeting& meeting, workload::Number first, workload::Number end)
            : meeting_(meeting), next_(first), end_(end) {}

        template <class Emit>
        renoir::SourceStatus step(Emit&& emit, std::size_t budget) {
            if (!std::exchange(has_met_, true)) meeting_.arrive_and_wait();
            const auto size = std::min<workload::Number>(budget, end_ - next_);
            for (const workload::Number stop = next_ + size; next_ != stop; ++next_)
                emit(workload::record_of(next_));
            return next_ == end_ ? renoir::SourceStatus::finished : renoir::SourceStatus::more;
        }

     private:
        Meeting& meeting_;
        workload::Number next_;
        workload::Number end_;
        bool has_met_ = false;
    };

    [[nodiscard]] static renoir::Replication replication() noexcept {
        return renoir::Replication::unlimited();
    }
    [[nodiscard]] Reader open(const renoir::SourceContext& context) const {
        return Reader(*meeting, first + records * context.replica / context.replicas,
                      first + records * (context.replica + 1) / context.replicas);
    }
};

}  // namespace bench
