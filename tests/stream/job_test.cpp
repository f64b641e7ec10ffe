// The handle of a running job, the threads that run it, and the memory that it takes.

#include "expectations.hpp"

#include <atomic>
#include <filesystem>
#include <latch>
#include <thread>

namespace {

using namespace stream_test;
using Catch::Matchers::ContainsSubstring;
using renoir::Error;
using renoir::ErrorKind;
using renoir::JobHandle;

StreamContext local_context(std::size_t workers = 2) {
    return StreamContext(renoir::RuntimeConfig::local(workers));
}

/// The kind of the Error that waiting for the job throws, or nothing.
std::optional<ErrorKind> kind_of_end(JobHandle& job) {
    try {
        job.wait();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

auto endless_numbers(StreamContext& ctx) {
    return ctx.stream_generator([n = 0]() mutable { return std::optional(n++); });
}

std::ptrdiff_t threads_of_this_process() {
    const std::filesystem::directory_iterator threads("/proc/self/task");
    return std::distance(begin(threads), end(threads));
}

// A thread that was joined is listed for a moment more.
void wait_until_threads_are(std::ptrdiff_t count) {
    while (threads_of_this_process() != count) std::this_thread::yield();
}

/// How many threads there are beside those of jobs. ThreadSanitizer starts one of its own with the
/// first.
std::ptrdiff_t threads_beside_jobs() {
    std::ptrdiff_t count = 0;
    std::thread([&count] { count = threads_of_this_process() - 1; }).join();
    wait_until_threads_are(count);
    return count;
}

}  // namespace

TEST_CASE("a job that succeeds is done and has not failed") {
    StreamContext ctx = local_context();
    auto [sender, source] = renoir::channel<int>(1);
    auto result = ctx.stream(std::move(source)).shuffle().collect_vec();
    JobHandle job = ctx.execute();
    REQUIRE_FALSE(job.done());
    REQUIRE_FALSE(job.failed());
    sender.send(7);
    sender.close();
    job.wait();
    job.wait();
    REQUIRE(job.done());
    REQUIRE_FALSE(job.failed());
    REQUIRE_FALSE(job.error().has_value());
    job.cancel();  // too late
    REQUIRE_FALSE(job.failed());
    REQUIRE(*result.get() == std::vector{7});
}

TEST_CASE("a job that fails says why, as often as it is asked") {
    StreamContext ctx = local_context();
    endless_numbers(ctx).shuffle().for_each([](int n) {
        if (n == 1000) throw std::runtime_error("boom");
    });
    JobHandle job = ctx.execute();
    REQUIRE(kind_of_end(job) == ErrorKind::user_function);
    REQUIRE(kind_of_end(job) == ErrorKind::user_function);
    REQUIRE(job.done());
    REQUIRE(job.failed());
    REQUIRE_THAT(job.error()->what(), ContainsSubstring("boom"));
    job.cancel();  // the first failure stays
    REQUIRE(job.error()->kind() == ErrorKind::user_function);
}

TEST_CASE("a job that waits for a quiet channel can be cancelled") {
    for (const std::size_t workers : {1U, 2U, 4U}) {
        StreamContext ctx = local_context(workers);
        auto [sender, source] = renoir::channel<int>(1);
        auto received = ctx.stream(std::move(source)).shuffle().collect_channel();
        JobHandle job = ctx.execute();
        sender.send(1);
        REQUIRE(received.receive() == 1);  // from here on it has nothing to do
        job.cancel();
        REQUIRE(kind_of_end(job) == ErrorKind::cancelled);
        REQUIRE(job.failed());
        REQUIRE(received.receive() == std::nullopt);
        REQUIRE_FALSE(sender.send(2));
    }
}

TEST_CASE("a job without end can be cancelled, by any thread") {
    StreamContext ctx = local_context();
    auto received =
        endless_numbers(ctx).shuffle().group_by([](int n) { return n % 100; }).collect_channel();
    JobHandle job = ctx.execute();
    static_cast<void>(received.receive());
    std::jthread([&] { job.cancel(); }).join();
    REQUIRE(kind_of_end(job) == ErrorKind::cancelled);
}

TEST_CASE("cancelling the job of one rank ends it on all") {
    Layout layout;
    layout.ranks = 3;
    layout.workers = 2;
    std::latch running(3);
    std::atomic<int> ranks{0};
    const auto ends = renoir::testing::run(layout, [&](StreamContext& ctx) {
        auto [sender, source] = renoir::channel<int>(1);
        ctx.stream(std::move(source)).shuffle().for_each([](int) {});
        JobHandle job = ctx.execute();
        running.arrive_and_wait();
        if (ranks.fetch_add(1) == 1) job.cancel();
        return kind_of_end(job);
    });
    for (const auto& end : ends) REQUIRE(end == ErrorKind::cancelled);
}

TEST_CASE("destroying the handle of a running job ends the job") {
    std::atomic<bool> dropped{false};
    const auto tell = [&dropped](int*) { dropped = true; };
    StreamContext ctx = local_context();
    auto [sender, source] = renoir::channel<int>(1);
    int something = 0;
    ctx.stream(std::move(source)).for_each([held = std::shared_ptr<int>(&something, tell)](int) {});
    const auto before = threads_beside_jobs();
    {
        const JobHandle job = ctx.execute();
        REQUIRE(threads_of_this_process() > before);
    }
    wait_until_threads_are(before);
    REQUIRE_FALSE(sender.send(1));
    { const StreamContext gone = std::move(ctx); }
    REQUIRE(dropped);
}

TEST_CASE("a handle can be moved") {
    StreamContext ctx = local_context();
    endless_numbers(ctx).for_each([](int) {});
    JobHandle first = ctx.execute();
    JobHandle second = std::move(first);
    second.cancel();
    REQUIRE(kind_of_end(second) == ErrorKind::cancelled);
}

TEST_CASE("a graph of 60 blocks on 2 workers runs 2 threads") {
    StreamContext ctx = local_context(2);
    std::atomic<std::ptrdiff_t> most{0};
    auto stream = ctx.stream_par_iter(0, 1000).shuffle();
    for (int block = 2; block < 59; ++block) stream = stream.shuffle();
    stream.for_each([&](int) { most = std::max(most.load(), threads_of_this_process()); });
    REQUIRE(ctx.graph()->blocks() == 59);
    const auto before = threads_beside_jobs();
    ctx.execute_blocking();
    REQUIRE(most == before + 2);
    wait_until_threads_are(before);
}

TEST_CASE("a sink that is slower than the sources bounds how far they are ahead") {
    // Large items, so that few of them fill what is between source and sink.
    constexpr int items = renoir::detail::under_sanitizer ? 1500 : 3000;
    constexpr std::size_t bytes_of_an_item = 64 * 1024;
    for (const Layout& layout : few_layouts()) {
        INFO(layout.text());
        std::atomic<int> made{0}, used{0}, furthest{0};
        const auto done = renoir::testing::run(layout, [&](StreamContext& ctx) {
            ctx.stream_par_iter(0, items)
                .map([&](int n) {
                    ++made;
                    return std::string(bytes_of_an_item, static_cast<char>('a' + n % 26));
                })
                .max_parallelism(1)
                .for_each([&](const std::string& item) {
                    // Slow in work, not in time: it reads its item several times.
                    std::uint64_t sum = 0;
                    for (int i = 0; i < 4; ++i) sum += renoir::hash_of(item) + sum;
                    furthest = std::max(furthest.load(), made - used - static_cast<int>(sum == 0));
                    ++used;
                });
            ctx.execute_blocking();
            return true;
        });
        REQUIRE(done.size() == layout.ranks);
        REQUIRE(used == items);
        const int replicas = static_cast<int>(replicas_of(layout));
        REQUIRE(furthest < 100 * replicas);
    }
}
