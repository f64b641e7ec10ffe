// A job that waits for input on a channel: how much processor time that takes.

#include "microbench.hpp"
#include "process.hpp"

#include "common/report.hpp"

#include <renoir/renoir.hpp>

#include <stdexcept>
#include <thread>

namespace bench {

namespace {

/// Long enough for threads to start and for idle workers to have gone to sleep.
constexpr auto time_to_settle = std::chrono::milliseconds(200);

}  // namespace

Answer run_idle(renoir::StreamContext& ctx, const Request& request) {
    auto [sender, source] = renoir::channel<std::uint64_t>(1024);
    auto received = ctx.stream(std::move(source)).shuffle().collect_count();
    auto job = ctx.execute();

    std::this_thread::sleep_for(time_to_settle);
    const double used_before = processor_seconds();
    const double seconds = apps::seconds_of([&] {
        std::this_thread::sleep_for(std::chrono::duration<double>(request.duration_seconds));
    });
    const double used = processor_seconds() - used_before;

    // The job was waiting, not dead.
    sender.send(1);
    sender.close();
    job.wait();
    if (ctx.is_root() && received.get() != 1)
        throw std::runtime_error("the item behind the pause was lost");
    return {seconds, 1, {{"cores", std::to_string(used / seconds)}}};
}

}  // namespace bench
