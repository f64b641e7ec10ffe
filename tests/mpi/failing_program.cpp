// Ranks that misbehave, run by mpirun:
//
//     test_failing_program [--workers-per-rank N] DEED...      what rank 0 does, rank 1, ...
//
// In a user function in the middle of a job, once the ranks that are to sleep do so:
//     throw-in-source  throw-in-map  throw-in-sink  exit-0  exit-3  leave-0  leave-3  abort
//     mpi-abort  crash  write (more than a file may have)  wait (for a file `go`, and end well)
//     sleep (for ever)  sleep-and-throw (one worker the one, one the other)
// Outside of one:
//     done  linger  cancel  throw-first  skip-all  skip-job  other-job  quit  fill  exit-behind
//     linger-behind  slow-4  quick-4 (return 4 behind the job, slowly or quickly)
// A rank whose deed is `work` does its part and nothing else. A file `deed` says when the deed was
// done.

#include <renoir/renoir.hpp>

#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <stdexcept>
#include <thread>

namespace {

using renoir::StreamContext;

/// So many numbers pass a function before its deed; then they come slowly, as other tests run.
constexpr std::int64_t middle = 1000;

void pause() {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

[[noreturn]] void pause_for_ever() {
    while (true) pause();
}

void touch(const std::string& file) {
    std::ofstream(file, std::ios::app).flush();
}

void wait_for(const std::string& file) {
    while (!std::filesystem::exists(file)) pause();
}

[[noreturn]] void fail() {
    throw std::runtime_error("cannot go on");
}

void crash() {
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
}

void allow_small_files_only() {
    const rlimit most{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &most);
    std::signal(SIGXFSZ, SIG_IGN);
}

void write_too_much() {
    allow_small_files_only();
    renoir::AtomicFile file("numbers");
    for (int number = 0; number < 1'000'000; ++number) file.write_row(number);
    file.commit();
}

const std::map<std::string, void (*)()> deeds{
    {"throw-in-source", fail},
    {"throw-in-map", fail},
    {"throw-in-sink", fail},
    {"sleep-and-throw", fail},
    {"exit-0", [] { std::exit(0); }},
    {"exit-3", [] { std::exit(3); }},
    {"leave-0", [] { _exit(0); }},
    {"leave-3", [] { _exit(3); }},
    {"abort", [] { std::abort(); }},
    {"mpi-abort", [] { MPI_Abort(MPI_COMM_WORLD, 5); }},
    {"crash", crash},
    {"write", write_too_much},
};

/// What all ranks do, and what this one does.
class Play {
 public:
    Play(const renoir::Arguments& args, std::size_t rank)
        : deeds_(args.begin() + 1, args.end()), rank_(rank) {}

    [[nodiscard]] const std::string& deed() const { return deeds_.at(rank_); }
    [[nodiscard]] bool anyone_does(const std::string& deed) const {
        return std::ranges::count(deeds_, deed) != 0;
    }

    /// A number passes the function at `place`.
    void pass(const std::string& place, std::int64_t number) {
        if (number > middle && place == "map") pause();
        if (number == middle && place == place_of_deed()) act();
    }

    [[nodiscard]] std::int64_t numbers() const {
        constexpr std::array well{"wait", "exit-behind", "linger-behind", "slow-4", "quick-4"};
        if (deed() == "done") return 0;
        if (std::ranges::count(well, deed()) != 0) return middle + 10;
        return std::numeric_limits<std::int64_t>::max();
    }

 private:
    [[nodiscard]] std::string place_of_deed() const {
        if (deed() == "throw-in-source") return "source";
        return deed() == "throw-in-sink" ? "sink" : "map";
    }

    void act() {
        const bool is_first = !has_acted_.exchange(true);
        if (deed() == "wait") return sleep_until("go");
        if (deed() == "sleep" || (deed() == "sleep-and-throw" && is_first)) sleep_until("never");
        if (!deeds.contains(deed())) return;
        for (std::size_t rank = 0; rank < deeds_.size(); ++rank) {
            if (deeds_[rank].starts_with("sleep")) wait_for("asleep-" + std::to_string(rank));
        }
        touch("deed");
        deeds.at(deed())();
    }

    void sleep_until(const std::string& file) const {
        touch("asleep-" + std::to_string(rank_));
        wait_for(file);
    }

    std::vector<std::string> deeds_;
    std::size_t rank_;
    std::atomic<bool> has_acted_{false};
};

/// Every sink gets the number in the middle from every source, unless a rank is to have ended its
/// part before.
renoir::JobHandle start_job(StreamContext& ctx, Play& play) {
    const auto passing = [&play](const char* place) {
        return [&play, place](std::int64_t number) {
            play.pass(place, number);
            return number;
        };
    };
    auto numbers = ctx.stream_par_iter([&play, passing](std::size_t, std::size_t) {
                          return std::views::iota(std::int64_t{0}, play.numbers()) |
                                 std::views::transform(passing("source"));
                      })
                       .map(passing("map"));
    if (play.anyone_does("done")) {
        std::move(numbers).for_each(passing("sink"));
    } else {
        std::move(numbers).broadcast().for_each(passing("sink"));
    }
    return ctx.execute();
}

void run_other_job(StreamContext& ctx) {
    ctx.stream_iter(std::vector{1, 2, 3}).for_each([](int) {});
    ctx.execute_blocking();
}

void fill_a_file(StreamContext& ctx) {
    allow_small_files_only();
    touch("deed");
    ctx.stream_par_iter(0, 1'000'000).write_text("numbers");
    ctx.execute_blocking();
}

void run(StreamContext& ctx, Play& play) {
    if (play.deed() == "other-job") return run_other_job(ctx);
    if (play.deed() == "fill") return fill_a_file(ctx);
    renoir::JobHandle job = start_job(ctx, play);
    if (play.deed() == "linger") pause_for_ever();
    if (play.deed() == "cancel") job.cancel();
    job.wait();
    if (play.deed() == "exit-behind") std::exit(0);
    if (play.deed() == "linger-behind") pause_for_ever();
}

std::size_t rank_of_launcher() {
    const char* const rank = std::getenv("PMIX_RANK");
    return rank == nullptr ? 0 : std::stoul(rank);
}

}  // namespace

int main(int argc, char** argv) {
    alarm(120);  // where a test fails, nothing shall stay for long
    const auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    Play play(args, rank_of_launcher());
    if (play.deed() == "skip-all") return 0;
    if (play.deed() == "quit") return 4;
    StreamContext ctx(config);
    if (play.deed() == "skip-job") return 0;
    if (play.deed() == "throw-first") throw std::runtime_error("cannot begin");
    run(ctx, play);
    if (play.deed() == "quick-4") return 4;
    if (play.deed() == "slow-4") {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        std::cout << "rank 0 is slow\n";
        return 4;
    }
    std::cout << "rank " << ctx.rank() << " is well" << std::endl;
}
