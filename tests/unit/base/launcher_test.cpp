#include <map>
#include <string>

#include "base/launcher.hpp"
#include "catch.hpp"

namespace {

using Variables = std::map<std::string, std::string>;

std::optional<renoir::detail::LaunchedRank> rank_with(const Variables& variables) {
    return renoir::detail::launched_rank([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

}  // namespace

TEST_CASE("a task of srun is a rank", "[base]") {
    const auto rank = rank_with({{"SLURM_PROCID", "1"},
                                 {"SLURM_STEP_NUM_TASKS", "2"},
                                 {"SLURM_STEP_ID", "0"},
                                 {"PMIX_RANK", "1"}});
    REQUIRE(rank);
    CHECK(rank->launcher == "srun");
    CHECK(rank->rank == 1);
    CHECK(rank->ranks == 2);
    CHECK(rank->has_mpi);
}

TEST_CASE("the shell that salloc starts has no ranks of its own", "[base]") {
    Variables variables{
        {"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_STEP_ID", "4294967290"}};
    CHECK_FALSE(rank_with(variables));
    // But mpirun has, which was started there.
    variables.insert({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
    const auto rank = rank_with(variables);
    REQUIRE(rank);
    CHECK(rank->launcher == "mpirun");
    CHECK(rank->rank == 1);
}
