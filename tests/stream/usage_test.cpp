// Mistakes in the use of the library: an error that says what is wrong, before anything runs.

#include "expectations.hpp"

namespace {

using namespace stream_test;
using Catch::Matchers::ContainsSubstring;
using renoir::Error;
using renoir::ErrorKind;

StreamContext local_context() {
    return StreamContext(renoir::RuntimeConfig::local(2));
}

/// The text of the Error of kind usage that `action` throws.
template <class Action>
std::string usage_error(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::usage ? error.what() : "another kind of error";
    }
    return "no error";
}

auto stream_of_numbers(StreamContext& ctx) {
    return ctx.stream_iter(numbers(10));
}

}  // namespace

TEST_CASE("a context is executed once") {
    StreamContext ctx = local_context();
    auto result = stream_of_numbers(ctx).collect_vec();
    ctx.execute_blocking();
    REQUIRE_THAT(usage_error([&] { ctx.execute_blocking(); }),
                 ContainsSubstring("executed already"));
    REQUIRE(*result.get() == numbers(10));
}

TEST_CASE("nothing can be added to a context that was executed") {
    StreamContext ctx = local_context();
    stream_of_numbers(ctx).for_each([](int) {});
    ctx.execute_blocking();
    REQUIRE_THAT(usage_error([&] { static_cast<void>(stream_of_numbers(ctx)); }),
                 ContainsSubstring("executed already"));
}

TEST_CASE("a context without streams has nothing to execute") {
    StreamContext ctx = local_context();
    REQUIRE_THAT(usage_error([&] { ctx.execute_blocking(); }),
                 ContainsSubstring("nothing to execute"));
}

TEST_CASE("a result is there when the job has succeeded, and once") {
    StreamContext ctx = local_context();
    auto [sender, source] = renoir::channel<int>(1);
    auto result = ctx.stream(std::move(source)).collect_vec();
    const auto get = [&] { static_cast<void>(result.get()); };
    REQUIRE_THAT(usage_error(get), ContainsSubstring("before the execution"));
    renoir::JobHandle job = ctx.execute();
    REQUIRE_THAT(usage_error(get), ContainsSubstring("while the job runs"));
    sender.close();
    job.wait();
    REQUIRE(result.get()->empty());
    REQUIRE_THAT(usage_error(get), ContainsSubstring("taken already"));
}

TEST_CASE("a stream has one consumer") {
    StreamContext ctx = local_context();
    auto stream = stream_of_numbers(ctx);
    stream.map([](int n) { return n; }).for_each([](int) {});
    const auto uses = [](auto& used) {
        return std::vector<std::string>{
            usage_error([&] { static_cast<void>(used.map([](int n) { return n; })); }),
            usage_error([&] { static_cast<void>(used.shuffle()); }),
            usage_error([&] { static_cast<void>(used.split(2)); }),
            usage_error([&] { static_cast<void>(used.collect_vec()); }),
            usage_error([&] { static_cast<void>(used.collect_count()); }),
            usage_error(
                [&] { static_cast<void>(used.fold(0, [](int& sum, int n) { sum += n; })); }),
            usage_error([&] { used.for_each([](int) {}); }),
            usage_error([&] { static_cast<void>(used.group_by([](int n) { return n; })); }),
        };
    };
    for (const std::string& text : uses(stream)) {
        REQUIRE_THAT(text, ContainsSubstring("consumed by map (usage_test.cpp:"));
        REQUIRE_THAT(text, ContainsSubstring("split(n)"));
    }
    auto first = stream_of_numbers(ctx);
    auto second = std::move(first);
    for (const std::string& text : uses(first)) REQUIRE_THAT(text, ContainsSubstring("moved from"));
    // The mistakes above did no harm.
    auto result = second.collect_vec();
    ctx.execute_blocking();
    REQUIRE(*result.get() == numbers(10));
}

TEST_CASE("a keyed stream has one consumer, too") {
    StreamContext ctx = local_context();
    auto grouped = stream_of_numbers(ctx).group_by([](int n) { return n % 2; });
    auto moved = std::move(grouped);
    const auto use_again = [&] { static_cast<void>(grouped.count()); };
    REQUIRE_THAT(usage_error(use_again), ContainsSubstring("moved from"));
    auto counts = moved.count();
    const auto count_again = [&] { static_cast<void>(moved.count()); };
    REQUIRE_THAT(usage_error(count_again), ContainsSubstring("no longer there"));
    auto result = counts.collect_vec();
    const auto unkey_again = [&] { static_cast<void>(counts.unkey()); };
    REQUIRE_THAT(usage_error(unkey_again), ContainsSubstring("consumed by collect_vec"));
    ctx.execute_blocking();
    REQUIRE(result.get()->size() == 2);
}

TEST_CASE("every stream must end with a sink") {
    StreamContext ctx = local_context();
    {
        auto dropped = stream_of_numbers(ctx).map([](int n) { return n; });
    }
    stream_of_numbers(ctx).for_each([](int) {});
    const std::string text = usage_error([&] { ctx.execute_blocking(); });
    REQUIRE_THAT(text, ContainsSubstring("must end with a sink"));
    REQUIRE_THAT(text, ContainsSubstring("map (usage_test.cpp:"));
}

TEST_CASE("every stream of a split must end with a sink") {
    StreamContext ctx = local_context();
    auto copies = stream_of_numbers(ctx).split(2);
    copies[0].for_each([](int) {});
    const std::string text = usage_error([&] { ctx.execute_blocking(); });
    REQUIRE_THAT(text, ContainsSubstring("split (usage_test.cpp:"));
}

TEST_CASE("a stream that lost its sink to a mistake can still be given one") {
    StreamContext ctx = local_context();
    auto stream = stream_of_numbers(ctx);
    REQUIRE_THAT(usage_error([&] { ctx.execute_blocking(); }), ContainsSubstring("sink"));
    auto result = stream.collect_vec();
    ctx.execute_blocking();
    REQUIRE(*result.get() == numbers(10));
}

TEST_CASE("streams of two contexts do not mix") {
    StreamContext ctx = local_context(), other = local_context();
    const auto merge = [&] {
        static_cast<void>(stream_of_numbers(ctx).merge(stream_of_numbers(other)));
    };
    const auto zip = [&] {
        static_cast<void>(stream_of_numbers(ctx).zip(stream_of_numbers(other)));
    };
    const auto merge_keyed = [&] {
        const auto key = [](int n) { return n; };
        static_cast<void>(
            stream_of_numbers(ctx).group_by(key).merge(stream_of_numbers(other).group_by(key)));
    };
    REQUIRE_THAT(usage_error(merge), ContainsSubstring("two contexts"));
    REQUIRE_THAT(usage_error(zip), ContainsSubstring("two contexts"));
    REQUIRE_THAT(usage_error(merge_keyed), ContainsSubstring("two contexts"));
}

TEST_CASE("numbers that make no sense are refused") {
    StreamContext ctx = local_context();
    auto stream = stream_of_numbers(ctx);
    REQUIRE_THAT(usage_error([&] { static_cast<void>(stream.split(0)); }),
                 ContainsSubstring("split (usage_test.cpp:"));
    REQUIRE_THAT(usage_error([] { static_cast<void>(Replication::limited(0)); }),
                 ContainsSubstring("at least 1"));
    REQUIRE_THAT(usage_error([] { static_cast<void>(BatchMode::fixed(0)); }),
                 ContainsSubstring("at least 1"));
    REQUIRE_THAT(usage_error([] { static_cast<void>(renoir::channel<int>(0)); }),
                 ContainsSubstring("at least 1"));
    auto result = stream.collect_vec();
    ctx.execute_blocking();
    REQUIRE(*result.get() == numbers(10));
}
