#include "mpi/program.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <iostream>

#include "shared/failure.hpp"
#include "shared/program.hpp"

namespace baseline {

namespace {

/// All ranks make the same mistake: rank 0 says so.
int fail(const Ranked& place, const std::string& text, int exit_code) {
    if (place.rank == 0) std::cerr << "error: " << text << std::endl;
    MPI_Barrier(MPI_COMM_WORLD);
    return exit_code;
}

void print(const std::string& name, const Ranked& input, double seconds, bool json,
           std::uintmax_t result) {
    const std::uintmax_t records = input.records;
    std::printf("%ju records in %.3f s, result %ju\n", records, seconds, result);
    if (!json) return;
    std::printf(R"({"app":"%s","seconds":%.6f,"items":%ju,"ranks":%d,"workers":%d,"result":%ju})"
                "\n",
                name.c_str(), seconds, records, input.ranks, input.ranks, result);
}

int run(int argc, char** argv, const std::string& name, Ranked input,
        const std::function<workload::Number(const Ranked&)>& work) {
    constexpr workload::Number most = 1'000'000'000'000'000;
    CLI::App app("A stream between ranks by hand-written code.", name);
    bool json = false;
    app.add_option("--records", input.records, "records")
        ->check(CLI::Range(workload::Number{0}, most))
        ->capture_default_str();
    app.add_option("--first", input.first, "first number of the input")
        ->check(CLI::Range(workload::Number{0}, most))
        ->capture_default_str();
    app.add_flag("--json", json, "end with a line for programs");
    try {
        app.parse(argc, argv);
        MPI_Barrier(MPI_COMM_WORLD);
        const Stopwatch clock;
        const workload::Number result = work(input);
        if (input.rank == 0) print(name, input, clock.seconds(), json, result);
        return 0;
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) return input.rank == 0 ? app.exit(problem) : 0;
        return fail(input, std::string(problem.what()) + "; see '" + name + " --help'", 2);
    } catch (const Failure& failure) {
        return fail(input, failure.what(), failure.exit_code());
    }
}

}  // namespace

int run_on_ranks(int argc, char** argv, const std::string& name,
                 const std::function<workload::Number(const Ranked&)>& work) {
    MPI_Init(&argc, &argv);
    Ranked place;
    MPI_Comm_rank(MPI_COMM_WORLD, &place.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &place.ranks);
    const int exit_code = run(argc, argv, name, place, work);
    MPI_Finalize();
    return exit_code;
}

}  // namespace baseline
