#pragma once

/// Runs one function on several threads.

#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace baseline {

/// Threads that fail together: the first exception is thrown to the caller, and `failed` tells the
/// others not to wait for the one that is gone.
class ThreadTeam {
 public:
    explicit ThreadTeam(unsigned threads) : problems_(threads) {}

    [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_relaxed); }

    /// Calls `work(thread)` on each thread, the caller being thread 0.
    void run(const auto& work) {
        const auto guarded = [&](unsigned thread) {
            try {
                work(thread);
            } catch (...) {
                problems_[thread] = std::current_exception();
                failed_ = true;
            }
        };
        {
            std::vector<std::jthread> helpers;
            for (unsigned i = 1; i < problems_.size(); ++i) helpers.emplace_back(guarded, i);
            guarded(0);
        }
        for (const std::exception_ptr& problem : problems_) {
            if (problem) std::rethrow_exception(problem);
        }
    }

 private:
    std::vector<std::exception_ptr> problems_;
    std::atomic<bool> failed_{false};
};

}  // namespace baseline
