// Jobs inside MPI programs, run by mpirun: `test_within_mpi CASE`. Ends with 0 if all is well; the
// cases that must be refused end with the refusal.

#include <renoir/base/uncaught.hpp>
#include <renoir/mpi.hpp>

#include <iostream>
#include <map>
#include <numeric>
#include <string>

namespace {

int rank_in(MPI_Comm communicator) {
    int rank = 0;
    MPI_Comm_rank(communicator, &rank);
    return rank;
}

int size_of(MPI_Comm communicator) {
    int size = 0;
    MPI_Comm_size(communicator, &size);
    return size;
}

[[noreturn]] void fail(const std::string& what) {
    std::cerr << what << '\n';
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::abort();
}

/// Every rank feeds `items` numbers in pieces, with a barrier of its own behind each piece, as a
/// simulation talks in between. The job sums them by what is left of a division by 7.
void sum_of_all(MPI_Comm communicator, std::size_t workers, int items, std::size_t capacity) {
    constexpr int pieces = 5;
    renoir::StreamContext ctx(renoir::within_mpi(communicator, workers));
    auto [sender, source] = renoir::channel_on_each_rank<int>(capacity);
    auto sums = ctx.stream(std::move(source))
                    .shuffle()
                    .group_by([](int number) { return number % 7; })
                    .fold(std::int64_t{0}, [](std::int64_t& sum, int number) { sum += number; })
                    .collect_vec();
    auto job = ctx.execute();
    for (int piece = 0; piece < pieces; ++piece) {
        for (int i = piece; i < items; i += pieces) {
            if (!sender.send(i)) fail("the job has ended before its input");
        }
        MPI_Barrier(communicator);
    }
    sender.close();
    job.wait();
    const auto found = sums.get();
    if (!found) return;
    std::int64_t sum = 0;
    for (const auto& [key, part] : *found) sum += part;
    const std::int64_t expected = std::int64_t{items} * (items - 1) / 2 * size_of(communicator);
    if (sum != expected || found->size() != 7)
        fail("the sum is " + std::to_string(sum) + " and not " + std::to_string(expected));
}

void sum_in_many_ways(int level) {
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(nullptr, nullptr, level, &provided);
    sum_of_all(MPI_COMM_WORLD, 1, 1000, 1024);
    sum_of_all(MPI_COMM_WORLD, 2, 20'000, 3);
    // Two jobs side by side, each on half of the ranks.
    MPI_Comm half = MPI_COMM_NULL;
    MPI_Comm_split(MPI_COMM_WORLD, rank_in(MPI_COMM_WORLD) % 2, 0, &half);
    sum_of_all(half, 2, 20'000, 64);
    MPI_Comm_free(&half);
    // MPI is still the program's own.
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
}

/// The calling thread looks after the job while it computes, and then only waits.
void progress_in_between() {
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    {
        renoir::StreamContext ctx(renoir::within_mpi(MPI_COMM_WORLD, 2));
        auto sum =
            ctx.stream_par_iter(0, 100'000).shuffle().reduce_assoc(std::plus<>()).collect_vec();
        auto job = ctx.execute();
        while (!job.done()) job.progress();
        job.wait();
        const auto found = sum.get();
        if (found && found->front() != 704'982'704) fail("the sum is wrong");
    }
    MPI_Finalize();
}

void fail_in_a_job() {
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    renoir::StreamContext ctx(renoir::within_mpi(MPI_COMM_WORLD));
    auto [sender, source] = renoir::channel_on_each_rank<int>(4);
    ctx.stream(std::move(source)).shuffle().for_each([](int number) {
        if (number == 5000) throw std::runtime_error("five thousand");
    });
    auto job = ctx.execute();
    for (int i = 0; i < 1'000'000 && sender.send(i);) ++i;
    job.wait();
}

const std::map<std::string, void (*)()> cases{
    {"funneled", [] { sum_in_many_ways(MPI_THREAD_FUNNELED); }},
    {"serialized", [] { sum_in_many_ways(MPI_THREAD_SERIALIZED); }},
    {"multiple", [] { sum_in_many_ways(MPI_THREAD_MULTIPLE); }},
    {"progress", progress_in_between},
    {"failure", fail_in_a_job},
    {"not initialised", [] { static_cast<void>(renoir::within_mpi(MPI_COMM_WORLD)); }},
    {"single",
     [] {
         MPI_Init(nullptr, nullptr);
         static_cast<void>(renoir::within_mpi(MPI_COMM_WORLD));
     }},
    {"own context",
     [] {
         MPI_Init(nullptr, nullptr);
         renoir::StreamContext ctx(renoir::RuntimeConfig::all_cores());
     }},
};

}  // namespace

int main(int argc, char** argv) {
    renoir::report_uncaught_errors();
    if (argc != 2 || !cases.contains(argv[1])) {
        std::cerr << "usage: mpirun -np N test_within_mpi CASE\n";
        return 2;
    }
    cases.at(argv[1])();
}
