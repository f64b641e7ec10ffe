#pragma once

/// Sources of values made by the program: stream_iter, stream_generator, stream_par_iter.

#include <renoir/stream/context.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <span>

namespace renoir {

namespace detail {

/// The item type of a range: a value also where the range hands out stand-ins for its elements, and
/// with a key that can be assigned to where the range is a map.
template <class Value>
struct ItemOf {
    using type = Value;
};
template <class Key, class Value>
struct ItemOf<std::pair<const Key, Value>> {
    using type = std::pair<Key, Value>;
};
template <class Range>
using range_item_t = typename ItemOf<std::ranges::range_value_t<Range>>::type;

/// Reads a range of its own from begin to end.
template <class Range>
class RangeReader {
 public:
    explicit RangeReader(std::shared_ptr<Range> range)
        : range_(std::move(range)),
          next_(std::ranges::begin(*range_)),
          end_(std::ranges::end(*range_)) {}

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t budget) {
        if constexpr (!std::remove_cvref_t<Emit>::takes_batches) {
            emit_each(emit, budget);
        } else if constexpr (lies_in_memory) {
            emit_in_place(emit, budget);
        } else if constexpr (is_numbers) {
            emit_numbers(emit, budget);
        } else {
            emit_each(emit, budget);
        }
        return next_ == end_ ? SourceStatus::finished : SourceStatus::more;
    }

 private:
    using Item = range_item_t<Range>;
    static constexpr bool owns = !std::ranges::view<Range>;
    /// Whether the items may be handed on, and changed, where they are.
    static constexpr bool lies_in_memory =
        owns && std::ranges::contiguous_range<Range> &&
        std::sized_sentinel_for<std::ranges::sentinel_t<Range>, std::ranges::iterator_t<Range>> &&
        std::same_as<std::ranges::range_reference_t<Range>, Item&>;
    /// Whether writing them down first costs next to nothing.
    static constexpr bool is_numbers =
        std::is_arithmetic_v<Item> && std::ranges::random_access_range<Range> &&
        std::sized_sentinel_for<std::ranges::sentinel_t<Range>, std::ranges::iterator_t<Range>>;
    static constexpr std::size_t numbers_at_once = 512;

    template <class Emit>
    void emit_in_place(Emit& emit, std::size_t budget) {
        const std::size_t size = std::min(budget, static_cast<std::size_t>(end_ - next_));
        if (size == 0) return;
        const std::span<Item> items(std::to_address(next_), size);
        next_ += static_cast<std::ptrdiff_t>(size);
        emit.batch(items);
    }

    template <class Emit>
    void emit_numbers(Emit& emit, std::size_t budget) {
        using Difference = std::ranges::range_difference_t<Range>;
        std::array<Item, numbers_at_once> numbers;
        const Difference rest = end_ - next_;
        const bool all = rest < static_cast<Difference>(budget);
        std::size_t left = all ? static_cast<std::size_t>(rest) : budget;
        while (left > 0) {
            const std::size_t size = std::min(left, numbers_at_once);
            for (std::size_t i = 0; i < size; ++i) numbers[i] = next_[static_cast<Difference>(i)];
            next_ += static_cast<Difference>(size);
            emit.batch(std::span<Item>(numbers.data(), size));
            left -= size;
        }
    }

    template <class Emit>
    void emit_each(Emit& emit, std::size_t budget) {
        for (; budget > 0 && next_ != end_; --budget, ++next_) {
            if constexpr (owns &&
                          std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>> &&
                          !std::is_const_v<
                              std::remove_reference_t<std::ranges::range_reference_t<Range>>>) {
                emit(std::move(*next_));
            } else {
                emit(*next_);
            }
        }
    }

    std::shared_ptr<Range> range_;
    std::ranges::iterator_t<Range> next_;
    std::ranges::sentinel_t<Range> end_;
};

template <std::ranges::input_range Range>
struct RangeSource {
    using value_type = range_item_t<Range>;
    std::shared_ptr<Range> range;

    [[nodiscard]] static Replication replication() noexcept { return Replication::one(); }
    [[nodiscard]] RangeReader<Range> open(const SourceContext&) const {
        return RangeReader<Range>(range);
    }
};

template <class F>
struct GeneratorReader {
    std::shared_ptr<F> generate;

    template <class Emit>
    SourceStatus step(Emit&& emit, std::size_t budget) {
        for (; budget > 0; --budget) {
            auto item = (*generate)();
            if (!item.has_value()) return SourceStatus::finished;
            emit(*std::move(item));
        }
        return SourceStatus::more;
    }
};

template <class F>
struct GeneratorSource {
    using value_type = std::remove_cvref_t<decltype(*std::declval<std::invoke_result_t<F&>>())>;
    std::shared_ptr<F> generate;

    [[nodiscard]] static Replication replication() noexcept { return Replication::one(); }
    [[nodiscard]] GeneratorReader<F> open(const SourceContext&) const { return {generate}; }
};

template <class F>
struct ParallelSource {
    using Range = std::remove_cvref_t<std::invoke_result_t<const F&, std::size_t, std::size_t>>;
    using value_type = range_item_t<Range>;
    F generate;

    [[nodiscard]] static Replication replication() noexcept { return Replication::unlimited(); }
    [[nodiscard]] RangeReader<Range> open(const SourceContext& context) const {
        return RangeReader<Range>(
            std::make_shared<Range>(generate(context.replica, context.replicas)));
    }
};

/// The numbers of one replica: shares that differ by at most one.
template <std::integral Number>
auto share_of(Number first, Number last, std::size_t replica, std::size_t replicas) {
    using Wide = std::make_unsigned_t<std::common_type_t<Number, std::size_t>>;
    const Wide count = first < last ? static_cast<Wide>(last) - static_cast<Wide>(first) : Wide{0};
    const Wide share = count / replicas;
    const Wide longer = count % replicas;
    const auto begin_of = [&](Wide index) {
        return static_cast<Number>(static_cast<Wide>(first) + share * index +
                                   std::min(index, longer));
    };
    return std::views::iota(begin_of(replica),
                            count == 0 ? begin_of(replica) : begin_of(replica + 1));
}

}  // namespace detail

template <std::ranges::input_range Range>
auto StreamContext::stream_iter(Range range, Location where) {
    return named_stream(detail::RangeSource<Range>{std::make_shared<Range>(std::move(range))},
                        {"stream_iter", where});
}

template <Generator F>
auto StreamContext::stream_generator(F generate, Location where) {
    return named_stream(detail::GeneratorSource<F>{std::make_shared<F>(std::move(generate))},
                        {"stream_generator", where});
}

template <ParallelGenerator F>
auto StreamContext::stream_par_iter(F generate, Location where) {
    return named_stream(detail::ParallelSource<F>{std::move(generate)}, {"stream_par_iter", where});
}

template <std::integral Number>
auto StreamContext::stream_par_iter(Number first, Number last, Location where) {
    return stream_par_iter(
        [first, last](std::size_t replica, std::size_t replicas) {
            return detail::share_of(first, last, replica, replicas);
        },
        where);
}

}  // namespace renoir
