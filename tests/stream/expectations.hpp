#pragma once

// Compares what pipelines collect with what plain loops make, in every layout.
//
//     expect_in(layouts(), [](StreamContext& ctx, Expectations& expect) {
//         expect.items("doubled", ctx.stream_par_iter(0, 3).map(twice), std::vector{0, 2, 4});
//     });

#include "catch.hpp"

#include <renoir/renoir.hpp>
#include <renoir/testing/sweep.hpp>

#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace stream_test {

using renoir::BatchMode;
using renoir::Replication;
using renoir::StreamContext;
using renoir::testing::few_layouts;
using renoir::testing::Layout;
using renoir::testing::layouts;
using renoir::testing::sorted;

/// What the streams of one rank should collect. Nothing is asserted on the threads that play ranks:
/// they only say what differs.
class Expectations {
 public:
    /// The stream has these items, in any order.
    template <class AnyStream, class T>
    void items(std::string name, AnyStream stream, std::vector<T> expected) {
        add(std::move(name), collected(std::move(stream)), sorted(std::move(expected)), true);
    }

    /// The stream has these items in this order.
    template <class AnyStream, class T>
    void in_order(std::string name, AnyStream stream, std::vector<T> expected) {
        add(std::move(name), collected(std::move(stream)), std::move(expected), false);
    }

    /// The names of what differs. On rank 0 everything is to be there, elsewhere nothing.
    [[nodiscard]] std::vector<std::string> differences() {
        std::vector<std::string> different;
        for (auto& check : checks_) {
            if (std::string difference = check(); !difference.empty())
                different.push_back(std::move(difference));
        }
        return different;
    }

    /// How many streams a rank has collected.
    [[nodiscard]] std::size_t collected() const noexcept { return collected_; }

 private:
    // The type of the stream is hidden so that the sink is compiled once for each type of item.
    template <class T, class Chain>
    static auto collected(renoir::Stream<T, Chain> stream) {
        if constexpr (renoir::detail::is_timed<renoir::Stream<T, Chain>>) {
            return collected(stream.drop_timestamps());
        } else {
            renoir::Stream<T> hidden(std::move(stream));
            return hidden.collect_vec();
        }
    }
    template <class K, class V, class Chain>
    static auto collected(renoir::KeyedStream<K, V, Chain> stream) {
        return collected(stream.unkey());
    }

    template <class T>
    void add(std::string name, renoir::Result<std::vector<T>> result, std::vector<T> expected,
             bool any_order) {
        checks_.push_back([this, name = std::move(name), result = std::move(result),
                           expected = std::move(expected), any_order]() mutable -> std::string {
            std::optional<std::vector<T>> collected = result.get();
            if (!collected) return {};
            ++collected_;
            if (any_order) collected = sorted(*std::move(collected));
            return *collected == expected ? std::string() : name;
        });
    }

    std::vector<std::function<std::string()>> checks_;
    std::size_t collected_ = 0;
};

/// Under mpirun: this process is one rank of the layout, and all ranks learn whether it is well.
template <class Describe>
void expect_in_this_rank(const Layout& layout, const Describe& describe) {
    renoir::ClusterMember member = *renoir::testing::launched_member(layout);
    const bool is_root = member.rank == 0;
    const auto gather = member.gather;
    StreamContext ctx(renoir::testing::config_of(layout), std::move(member));
    Expectations expect;
    describe(ctx, expect);
    ctx.execute_blocking();
    const std::vector<std::string> differences = expect.differences();
    const bool is_well = differences.empty() && (expect.collected() > 0) == is_root;
    const std::vector<std::string> verdicts = gather(is_well ? "well" : "not well");
    CAPTURE(differences);
    REQUIRE(verdicts == std::vector<std::string>(verdicts.size(), "well"));
}

/// Runs `describe(context, expectations)` in each layout.
template <class Describe>
void expect_in(const std::vector<Layout>& all, const Describe& describe) {
    struct Outcome {
        std::vector<std::string> differences;
        std::size_t collected;
    };
    for (const Layout& layout : all) {
        INFO(layout.text());
        if (renoir::testing::is_launched()) {
            expect_in_this_rank(layout, describe);
            continue;
        }
        const auto outcomes = renoir::testing::run(layout, [&](StreamContext& ctx) {
            Expectations expect;
            describe(ctx, expect);
            ctx.execute_blocking();
            std::vector<std::string> differences = expect.differences();
            return Outcome{std::move(differences), expect.collected()};
        });
        REQUIRE(outcomes[0].differences == std::vector<std::string>());
        REQUIRE(outcomes[0].collected > 0);
        for (std::size_t rank = 1; rank < outcomes.size(); ++rank)
            REQUIRE(outcomes[rank].collected == 0);
    }
}

/// 0, 1, ..., count - 1.
inline std::vector<int> numbers(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

/// Nothing, one item, fewer items than replicas, and many.
inline std::vector<int> sizes() {
    return {0, 1, 3, 500};
}

/// A map over a vector, as a loop would do it.
template <class T, class F>
auto mapped(const std::vector<T>& values, F fn) {
    std::vector<std::decay_t<std::invoke_result_t<F&, const T&>>> results;
    for (const T& value : values) results.push_back(fn(value));
    return results;
}

/// The values for which the predicate holds, as a loop would find them.
template <class T, class F>
std::vector<T> kept(const std::vector<T>& values, F predicate) {
    std::vector<T> results;
    for (const T& value : values) {
        if (predicate(value)) results.push_back(value);
    }
    return results;
}

/// The number of replicas of an unlimited block.
inline std::size_t replicas_of(const Layout& layout) {
    return std::size_t{layout.ranks} * layout.workers;
}

}  // namespace stream_test
