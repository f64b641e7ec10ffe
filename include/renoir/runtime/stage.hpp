#pragma once

/// What the operators of a block look like at run time.
///
/// A block is one push chain: each stage holds the next one by value, so the compiler sees the
/// user's functions one after the other and inlines them. A stage has
///
///     void push(T&& item);            // one item; views in it are valid until push returns
///     void control(const Mark& mark); // out of band, in order with the items
///
/// and, where it gains from several items at once,
///
///     void push_batch(std::span<T> items);  // views in them are valid until push_batch returns
///
/// A stage that only reads its items takes a std::span<const T> there; then items that are kept for
/// longer than a batch need not be copied for it.

#include <renoir/transport/mark.hpp>

#include <concepts>
#include <span>
#include <utility>

namespace renoir {

template <class S, class T>
concept StageFor = requires(S& stage, T&& item, const Mark& mark) {
    stage.push(std::move(item));
    stage.control(mark);
};

template <class S, class T>
concept BatchStageFor =
    StageFor<S, T> && requires(S& stage, std::span<T> items) { stage.push_batch(items); };

template <class S, class T>
concept ReadingStageFor =
    StageFor<S, T> && requires(S& stage, std::span<const T> items) { stage.push_batch(items); };

/// Hands several items to a stage, all at once where it takes them so.
template <class T, StageFor<T> S>
void push_all(S& stage, std::span<T> items) {
    if constexpr (BatchStageFor<S, T>) {
        stage.push_batch(items);
    } else {
        for (T& item : items) stage.push(std::move(item));
    }
}

}  // namespace renoir
