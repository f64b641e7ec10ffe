#pragma once

/// What a collecting sink leaves behind.

#include <renoir/base/error.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace renoir {

/// How far the job of a context is; shared by the context and its results.
class Execution {
 public:
    enum class Stage { described, running, succeeded, failed };

    void advance(Stage stage) noexcept { stage_.store(stage, std::memory_order_release); }

    /// Throws Error(usage) unless the job has succeeded.
    void require_success() const;

 private:
    std::atomic<Stage> stage_{Stage::described};
};

namespace detail {

[[noreturn]] void throw_result_taken();

/// Written by the sink's replica before the job ends, read afterwards.
template <class T>
struct ResultSlot {
    std::shared_ptr<const Execution> execution;
    std::optional<T> value;
    bool taken = false;
};

}  // namespace detail

/// The result of `collect_vec()` and its kin.
///
///     auto rows = stream.collect_vec();
///     ctx.execute_blocking();
///     if (auto vector = rows.get()) use(*vector);
template <class T>
class [[nodiscard]] Result {
 public:
    explicit Result(std::shared_ptr<detail::ResultSlot<T>> slot) : slot_(std::move(slot)) {}

    /// Takes the result: a value on rank 0 (on every rank for the `_all` sinks), nothing elsewhere.
    /// Throws Error(usage) before the job has ended, after it has failed, and when called twice.
    [[nodiscard]] std::optional<T> get() {
        slot_->execution->require_success();
        if (std::exchange(slot_->taken, true)) detail::throw_result_taken();
        return std::move(slot_->value);
    }

 private:
    std::shared_ptr<detail::ResultSlot<T>> slot_;
};

}  // namespace renoir
