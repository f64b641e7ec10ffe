// Exceptions from functions of the user end the job on every rank, and say where they came from.

#include "expectations.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <source_location>
#include <stdexcept>

namespace {

using namespace stream_test;
using Catch::Matchers::ContainsSubstring;
using renoir::Error;
using renoir::ErrorKind;

int explode(int number) {
    if (number == 41) throw std::runtime_error("boom at 41");
    return number;
}

bool explode_or_keep(int number) {
    return explode(number) >= 0;
}

// The first item of all is the sum that the second one is added to.
int add_or_explode(int sum, int number) {
    return explode(number) + explode(sum) * 0;
}

int last_digit(int number) {
    return number % 10;
}

/// A pipeline whose function throws, and the operator that must be named.
struct Case {
    Case(std::string name, std::function<void(StreamContext&)> program,
         std::source_location location = std::source_location::current())
        : operator_name(std::move(name)), describe(std::move(program)), where(location) {}

    std::string operator_name;
    std::function<void(StreamContext&)> describe;
    std::source_location where;
};

/// What the job of one rank ended with.
struct Failure {
    ErrorKind kind;
    std::string text;
    std::size_t rank;
};

/// The failures of the ranks whose own part had not ended when another one failed.
template <class Describe>
std::vector<Failure> failures(const Layout& layout, const Describe& describe) {
    const auto ends = renoir::testing::run(layout, [&](StreamContext& ctx) {
        describe(ctx);
        try {
            ctx.execute_blocking();
        } catch (const Error& error) {
            return std::optional(Failure{error.kind(), error.what(), 0});
        }
        return std::optional<Failure>();
    });
    std::vector<Failure> all;
    for (std::size_t rank = 0; rank < ends.size(); ++rank) {
        if (ends[rank]) all.push_back({ends[rank]->kind, ends[rank]->text, rank});
    }
    return all;
}

/// What the text of a failure names.
struct Place {
    std::string operator_name;
    int line = 0;
    std::size_t rank = 0;
    std::size_t worker = 0;
};

/// Nothing where the text is not that of a failure of explode() in this file.
std::optional<Place> place_in(const std::string& text) {
    Place place;
    std::array<char, 64> name{};
    int end = 0;
    const int found =
        std::sscanf(text.c_str(),
                    "%63[a-z_] (failure_test.cpp:%d) failed on rank %zu, worker %zu: boom at 41%n",
                    name.data(), &place.line, &place.rank, &place.worker, &end);
    if (found != 4 || static_cast<std::size_t>(end) != text.size()) return std::nullopt;
    place.operator_name = name.data();
    return place;
}

/// All ranks say the same, and the one that they name is among them.
void require_one_text(const std::vector<Failure>& all, const std::string& failed_rank) {
    REQUIRE_FALSE(all.empty());
    for (const Failure& failure : all) REQUIRE(failure.text == all[0].text);
    REQUIRE(std::ranges::any_of(
        all, [&](const Failure& failure) { return std::to_string(failure.rank) == failed_rank; }));
}

/// Every rank names the operator. Where functions of two ranks throw at the same moment, each rank
/// may have heard of another one first.
void require_named(const Case& failing, const std::vector<Layout>& all_layouts = few_layouts()) {
    for (const Layout& layout : all_layouts) {
        INFO(failing.operator_name << ", " << layout.text());
        const auto all = failures(layout, failing.describe);
        REQUIRE_FALSE(all.empty());
        for (const Failure& failure : all) {
            INFO(failure.text);
            REQUIRE(failure.kind == ErrorKind::user_function);
            const std::optional<Place> named = place_in(failure.text);
            REQUIRE(named);
            REQUIRE(named->operator_name == failing.operator_name);
            REQUIRE(std::abs(named->line - static_cast<int>(failing.where.line())) < 10);
            REQUIRE(named->rank < layout.ranks);
            REQUIRE(named->worker < layout.workers);
            const bool failed_itself = std::ranges::any_of(
                all, [&](const Failure& other) { return other.rank == named->rank; });
            REQUIRE(failed_itself);
        }
    }
}

auto source(StreamContext& ctx) {
    return renoir::Stream<int>(ctx.stream_par_iter(0, 100));
}

auto grouped(StreamContext& ctx) {
    return renoir::KeyedStream<int, int>(source(ctx).group_by(last_digit));
}

template <class T>
void ignore(renoir::Stream<T> stream) {
    stream.for_each([](const T&) {});
}
template <class AnyStream>
void ignore_all(AnyStream stream) {
    ignore(renoir::Stream<typename AnyStream::value_type>(std::move(stream)));
}
template <class AnyStream>
void ignore_pairs(AnyStream stream) {
    ignore_all(stream.unkey());
}

}  // namespace

TEST_CASE("the operator whose function throws is named, on plain streams") {
    const auto optional = [](int n) { return std::optional(explode(n)); };
    const auto range = [](int n) { return std::vector(2, explode(n)); };
    const auto lazy_range = [](int n) {
        return std::views::iota(n, n + 1) | std::views::transform(explode);
    };
    const auto call = [](int n) { explode(n); };
    const auto number = [](int n) { return static_cast<std::uint64_t>(explode(n)); };
    for (const Case& failing : {
             Case("map", [=](StreamContext& ctx) { ignore_all(source(ctx).map(explode)); }),
             Case("filter",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).filter(explode_or_keep)); }),
             Case("filter_map",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).filter_map(optional)); }),
             Case("flat_map", [=](StreamContext& ctx) { ignore_all(source(ctx).flat_map(range)); }),
             Case("flat_map",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).flat_map(lazy_range)); }),
             Case("flatten",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).map(lazy_range).flatten()); }),
             Case("inspect", [=](StreamContext& ctx) { ignore_all(source(ctx).inspect(call)); }),
             Case("map_while",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).map_while(optional)); }),
             Case("rich_map",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).rich_map(explode)); }),
             Case("for_each", [=](StreamContext& ctx) { source(ctx).shuffle().for_each(call); }),
             Case("repartition_by",
                  [=](StreamContext& ctx) {
                      ignore_all(source(ctx).repartition_by(Replication::limited(2), number));
                  }),
             Case("key_by", [=](StreamContext& ctx) { ignore_pairs(source(ctx).key_by(explode)); }),
             Case("group_by",
                  [=](StreamContext& ctx) { ignore_pairs(source(ctx).group_by(explode).count()); }),
             Case("group_by",
                  [=](StreamContext& ctx) {
                      ignore_all(source(ctx)
                                     .add_timestamps([](int n) { return n; },
                                                     renoir::WatermarkStrategy::monotonous())
                                     .group_by(explode)
                                     .window(renoir::EventTimeWindow::tumbling(
                                         std::chrono::milliseconds(10)))
                                     .sum()
                                     .unkey()
                                     .drop_timestamps());
                  }),
             Case("group_by",
                  [=](StreamContext& ctx) { ignore_pairs(source(ctx).group_by(explode)); }),
         })
        require_named(failing);
}

TEST_CASE("the operator whose function throws is named, on keyed streams") {
    const auto map = [](int, int n) { return explode(n); };
    const auto keep = [](int, int n) { return explode_or_keep(n); };
    const auto optional = [](int, int n) { return std::optional(explode(n)); };
    const auto range = [](int, int n) { return std::vector(2, explode(n)); };
    const auto call = [](int, int n) { explode(n); };
    for (const Case& failing : {
             Case("map", [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).map(map)); }),
             Case("filter", [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).filter(keep)); }),
             Case("filter_map",
                  [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).filter_map(optional)); }),
             Case("flat_map",
                  [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).flat_map(range)); }),
             Case("rich_map",
                  [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).rich_map(map)); }),
             Case("inspect", [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).inspect(call)); }),
             Case("for_each", [=](StreamContext& ctx) { grouped(ctx).for_each(call); }),
         })
        require_named(failing);
}

TEST_CASE("the aggregation whose function throws is named") {
    const auto fold = [](int& sum, int n) { sum += explode(n); };
    const auto fold_whole = [](int& sum, int n) { sum += n; };
    for (const Case& failing : {
             Case("fold", [=](StreamContext& ctx) { ignore_all(source(ctx).fold(0, fold)); }),
             Case("fold_assoc",
                  [=](StreamContext& ctx) {
                      ignore_all(source(ctx).fold_assoc(0, fold, fold_whole));
                  }),
             Case("reduce",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).reduce(add_or_explode)); }),
             Case(
                 "reduce_assoc",
                 [=](StreamContext& ctx) { ignore_all(source(ctx).reduce_assoc(add_or_explode)); }),
             Case("fold", [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).fold(0, fold)); }),
             Case("reduce",
                  [=](StreamContext& ctx) { ignore_pairs(grouped(ctx).reduce(add_or_explode)); }),
             Case("sum",
                  [=](StreamContext& ctx) {
                      ignore_pairs(source(ctx).group_by(last_digit).sum(explode));
                  }),
             Case("min",
                  [=](StreamContext& ctx) {
                      ignore_pairs(source(ctx).group_by(last_digit).min(explode));
                  }),
             Case("fold_assoc",
                  [=](StreamContext& ctx) {
                      ignore_pairs(
                          source(ctx).group_by(last_digit).fold_assoc(0, fold, fold_whole));
                  }),
         }) {
        require_named(failing);
    }
}

TEST_CASE("the aggregation whose states cannot be merged is named") {
    const auto add = [](int& sum, int n) { sum += n; };
    const auto merge = [](int& sum, int other) { sum = explode(41) + other; };
    std::vector<Layout> with_states_to_merge;
    for (const Layout& layout : few_layouts()) {
        if (replicas_of(layout) > 1) with_states_to_merge.push_back(layout);
    }
    for (const Case& failing : {
             Case("fold_assoc",
                  [=](StreamContext& ctx) { ignore_all(source(ctx).fold_assoc(0, add, merge)); }),
             Case("fold_assoc",
                  [=](StreamContext& ctx) {
                      ignore_pairs(source(ctx).group_by(last_digit).fold_assoc(0, add, merge));
                  }),
         })
        require_named(failing, with_states_to_merge);
}

TEST_CASE("a source of the program that throws is named") {
    const auto generate = [n = 0]() mutable { return std::optional(explode(n++)); };
    const auto open = [](std::size_t replica, std::size_t replicas) {
        if (replica + 1 == replicas) explode(41);
        return std::vector<int>();
    };
    const auto lazy = std::views::iota(0, 100) | std::views::transform(explode);
    for (const Case& failing : {
             Case("stream_generator",
                  [=](StreamContext& ctx) { ignore_all(ctx.stream_generator(generate)); }),
             Case("stream_par_iter",
                  [=](StreamContext& ctx) { ignore_all(ctx.stream_par_iter(open)); }),
             Case("stream_iter", [=](StreamContext& ctx) { ignore_all(ctx.stream_iter(lazy)); }),
         })
        require_named(failing);
}

TEST_CASE("the rank and the worker that failed are named") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const std::size_t replicas = replicas_of(layout);
        for (std::size_t failing = 0; failing < replicas; ++failing) {
            const auto all = failures(layout, [&](StreamContext& ctx) {
                const auto own_index = [](std::size_t replica, std::size_t) {
                    return std::vector(1, replica);
                };
                ctx.stream_par_iter(own_index).for_each([failing](std::size_t replica) {
                    if (replica == failing) throw std::runtime_error("boom");
                });
            });
            const std::string rank = std::to_string(failing / layout.workers);
            const std::string worker = std::to_string(failing % layout.workers);
            require_one_text(all, rank);
            REQUIRE_THAT(all[0].text,
                         ContainsSubstring("rank " + rank + ", worker " + worker + ": boom"));
        }
    }
}

TEST_CASE("anything may be thrown") {
    struct Odd {};
    const std::vector<std::pair<std::function<void()>, std::string>> cases{
        {[] { throw 42; }, "not a std::exception"},
        {[] { throw Odd(); }, "not a std::exception"},
        {[] { throw std::string("a text"); }, "a text"},
        {[] { throw "some letters"; }, "some letters"},
        {[] { throw std::bad_alloc(); }, "bad_alloc"},
        {[] { throw Error(ErrorKind::input, "an error of the library"); },
         "an error of the library"},
    };
    for (const Layout& layout : few_layouts()) {
        for (const auto& [fail, expected] : cases) {
            INFO(layout.text() << ", " << expected);
            const auto all = failures(layout, [&fail = fail](StreamContext& ctx) {
                ctx.stream_par_iter(0, 10).shuffle().for_each([&fail](int) { fail(); });
            });
            REQUIRE_FALSE(all.empty());
            for (const Failure& failure : all) {
                REQUIRE(failure.kind == ErrorKind::user_function);
                REQUIRE_THAT(failure.text, ContainsSubstring(expected));
                REQUIRE_THAT(failure.text, ContainsSubstring("for_each (failure_test.cpp:"));
            }
        }
    }
}

TEST_CASE("a failure stops sources that would never end, on every rank") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const auto endless = [](std::size_t, std::size_t) { return std::views::iota(0); };
        const auto all = failures(layout, [&](StreamContext& ctx) {
            auto [sender, quiet] = renoir::channel<int>(1);
            ctx.stream(std::move(quiet)).for_each([keep_open = sender](int) {});
            ignore_all(ctx.stream_par_iter(endless).shuffle().map(
                [](int n) { return n == 5000 ? explode(41) : n; }));
        });
        REQUIRE(all.size() == layout.ranks);  // none could end before
        for (const Failure& failure : all) REQUIRE_THAT(failure.text, ContainsSubstring("boom"));
    }
}

TEST_CASE("the results of a failed job say that it failed") {
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    auto result = ctx.stream_par_iter(0, 100).map(explode).collect_vec();
    auto received = ctx.stream_par_iter(0, 100).collect_channel();
    REQUIRE_THROWS_WITH(ctx.execute_blocking(), ContainsSubstring("boom at 41"));
    REQUIRE_THROWS_WITH(result.get(), ContainsSubstring("the job failed"));
    while (received.receive()) {
        // What arrived before the failure; the end comes in any case.
    }
}

TEST_CASE("what another rank throws outside a job ends the jobs of all") {
    Layout layout;
    layout.ranks = 3;
    const auto fail_on_one_rank = [&, ranks = std::make_shared<std::atomic<int>>(0)] {
        return renoir::testing::run(layout, [&](StreamContext& ctx) {
            const bool last = ranks->fetch_add(1) == 2;
            ctx.stream_par_iter(0, 10).shuffle().for_each([](int) {});
            if (last) throw 42;
            ctx.execute_blocking();
            return true;
        });
    };
    REQUIRE_THROWS(fail_on_one_rank());
}
