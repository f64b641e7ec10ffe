#include "base/launcher.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace renoir::detail {

namespace {

std::optional<std::uint32_t> number(const char* text) {
    if (text == nullptr) return std::nullopt;
    const std::string_view digits(text);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::optional<LaunchedRank> rank_of(const Environment& environment, const char* launcher,
                                    const char* rank_name, const char* ranks_name) {
    const auto rank = number(environment(rank_name));
    const auto ranks = number(environment(ranks_name));
    if (!rank || !ranks) return std::nullopt;
    return LaunchedRank{launcher, *rank, *ranks};
}

/// Whether this is in the shell that salloc starts on the first node: a task of srun by its
/// variables, but nobody wants it as a rank.
bool is_shell_of_salloc(const Environment& environment) {
    constexpr std::uint32_t interactive_step = 0xfffffffa;
    return number(environment("SLURM_STEP_ID")) == interactive_step;
}

}  // namespace

std::optional<LaunchedRank> launched_rank(const Environment& environment) {
    if (auto rank = rank_of(environment, "mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"))
        return rank;
    if (auto rank = rank_of(environment, "mpirun", "PMI_RANK", "PMI_SIZE")) return rank;
    if (is_shell_of_salloc(environment)) return std::nullopt;
    auto task = rank_of(environment, "srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS");
    if (task) task->has_mpi = environment("PMIX_RANK") != nullptr;
    return task;
}

const std::optional<LaunchedRank>& launched_rank() {
    static const std::optional<LaunchedRank> rank =
        launched_rank([](const char* name) { return std::getenv(name); });
    return rank;
}

}  // namespace renoir::detail
