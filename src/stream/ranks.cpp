#include "stream/ranks.hpp"

#include "base/host_name.hpp"
#include "base/launcher.hpp"
#include "base/program_identity.hpp"
#include "config/affinity.hpp"
#include "config/host_file.hpp"
#include "topology/pin_plan.hpp"
#include "topology/rank_shares.hpp"
#include "transport/mpi_ranks.hpp"
#include "transport/mpi_session.hpp"
#include "transport/odd_rank.hpp"

#include <renoir/base/uncaught.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

namespace renoir::detail {

namespace {

/// An affinity mask of fixed size, as it travels between ranks.
class CpuMask {
 public:
    CpuMask() = default;
    explicit CpuMask(const std::vector<unsigned>& cpus) {
        for (const unsigned cpu : cpus) {
            if (cpu < most_cpus) words_[cpu / 64] |= std::uint64_t{1} << (cpu % 64);
        }
    }
    [[nodiscard]] std::vector<unsigned> cpus() const {
        std::vector<unsigned> cpus;
        for (unsigned cpu = 0; cpu < most_cpus; ++cpu) {
            if ((words_[cpu / 64] >> (cpu % 64) & 1) != 0) cpus.push_back(cpu);
        }
        return cpus;
    }

 private:
    static constexpr unsigned most_cpus = 4096;
    std::array<std::uint64_t, most_cpus / 64> words_{};
};

std::string place_of(const LaunchedRank& launched) {
    return "this program runs as " + std::to_string(launched.ranks) + " ranks of " +
           launched.launcher;
}

/// The launcher decides on the workers, unless it was started for a remote job.
void refuse_own_workers(const RuntimeConfig& config, const LaunchedRank& launched) {
    const bool is_remote = config.mode() == ExecutionMode::remote;
    if (launched.ranks == 1 && !is_remote) return;
    throw Error(ErrorKind::configuration,
                std::string(is_remote ? "--remote" : "--local") + ": " + place_of(launched) +
                    ", which decides on the workers; leave the option out, or start one process");
}

/// Whether the launcher of remote jobs has started this rank.
bool is_rank_of_remote_job() {
    return std::getenv(hosts_variable) != nullptr;
}

/// A rank is the entry of the host file that has its number; everything is counted upon that.
void require_own_entry(const RuntimeConfig& config, const LaunchedRank& launched) {
    const char* const index = std::getenv("RENOIR_HOST_INDEX");
    if (config.hosts().size() == launched.ranks && index != nullptr &&
        index == std::to_string(launched.rank)) {
        return;
    }
    throw Error(ErrorKind::internal,
                place_of(launched) + ", but rank " + std::to_string(launched.rank) + " is entry " +
                    (index == nullptr ? "none" : index) + " of " +
                    std::to_string(config.hosts().size()) +
                    "; leave 'launch.mpirun_arguments' out that place ranks otherwise");
}

/// Each would do the whole job by itself.
void refuse_separate_tasks(const LaunchedRank& launched) {
    throw Error(
        ErrorKind::configuration,
        place_of(launched) + ", but MPI cannot bring them together; start it with srun --mpi=pmix");
}

/// The user may have meant more than one core: mpirun binds each of one or two ranks to one.
void warn_of_narrow_mask(const RuntimeConfig& config, std::size_t cpus, std::size_t ranks_on_host) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus > 1 || online < 2 * static_cast<long>(ranks_on_host)) return;
    if (config.workers_per_rank() == 1) return;
    std::cerr << "warning: each rank may use one of the " << online
              << " CPUs of its host only; to use all, start with mpirun --bind-to none or srun "
                 "--cpus-per-task\n";
}

std::vector<std::vector<unsigned>> masks_on_host(MpiRanks& ranks,
                                                 const std::vector<unsigned>& own) {
    std::vector<std::vector<unsigned>> masks;
    for (const CpuMask& mask : ranks.gather_on_host(CpuMask(own))) masks.push_back(mask.cpus());
    return masks;
}

/// What the ranks of a job must have in common.
struct Fingerprint {
    std::uint64_t binary = 0;
    std::uint64_t arguments = 0;
    std::uint64_t graph = 0;
    std::uint64_t inputs = 0;
};

struct Difference {
    std::uint64_t Fingerprint::*number;
    const char* what;
    const char* remedy;
};

/// Names the rank that differs from the others, and in what.
void require_same(MpiRanks& ranks, const Fingerprint& own) {
    constexpr std::array<Difference, 4> differences{
        {{&Fingerprint::binary, " runs another program, or another build of it, than ",
          "; install the same one on all hosts"},
         {&Fingerprint::arguments, " has other arguments than ",
          "; start all ranks with the same command line"},
         {&Fingerprint::graph, " builds another job than ",
          "; a program must make the same streams on all ranks"},
         {&Fingerprint::inputs, " has other input files than ",
          ", by their number or their sizes; give all hosts the same ones"}}};
    const std::vector<Fingerprint> all = ranks.gather(own);
    for (const auto& [number, what, remedy] : differences) {
        std::vector<std::uint64_t> values;
        for (const Fingerprint& fingerprint : all) values.push_back(fingerprint.*number);
        const auto found = find_odd_rank(values);
        if (!found) continue;
        throw ranks.common_error(ErrorKind::usage, ranks.name_of(found->odd) + what +
                                                       ranks.name_of(found->usual) + remedy);
    }
}

ClusterMember alone(const RuntimeConfig& config) {
    ClusterMember member;
    member.layout = {static_cast<std::uint32_t>(config.workers())};
    member.cpus = allowed_cpus();
    return member;
}

/// What a job needs of its ranks; `ranks` lives as long as it.
ClusterMember member_of(const std::shared_ptr<MpiRanks>& ranks, std::size_t workers) {
    ClusterMember member;
    member.rank = ranks->rank();
    member.layout = ranks->gather(static_cast<std::uint32_t>(workers));
    if (ranks->size() == 1) return member;
    member.host = host_name();
    member.connect = [ranks] { return ranks->connect(); };
    member.gather = [ranks](const std::string& text) { return ranks->gather_texts(text); };
    return member;
}

ClusterMember inside(const RuntimeConfig& config) {
    const std::shared_ptr<MpiRanks>& ranks = config.ranks();
    ranks->take(Step::context);
    ClusterMember member = member_of(ranks, config.workers());
    member.cpus = allowed_cpus();
    // The ranks of an MPI program may be different programs.
    member.require_same = [ranks](std::uint64_t graph, std::uint64_t inputs) {
        ranks->take(Step::job);
        require_same(*ranks, {0, 0, graph, inputs});
    };
    return member;
}

ClusterMember among(const RuntimeConfig& config, const LaunchedRank& launched) {
    // Alive until the process ends.
    const std::shared_ptr<MpiRanks> ranks(&launched_ranks(launched.ranks, config.peer_timeout()),
                                          [](MpiRanks*) {});
    ranks->take(Step::context);
    const std::vector<unsigned> own = allowed_cpus();
    const auto masks = masks_on_host(*ranks, own);
    if (ranks->rank() == 0) warn_of_narrow_mask(config, own.size(), masks.size());
    const std::vector<unsigned> share =
        topology::divide_cpus(topology::this_machine(), masks)[ranks->rank_on_host()];
    const std::size_t cores = masks.size() > own.size() ? 1 : share.size();
    const std::size_t workers =
        config.mode() == ExecutionMode::remote ? config.hosts()[ranks->rank()].num_cores : cores;
    ClusterMember member = member_of(ranks, config.workers_per_rank().value_or(workers));
    member.cpus = share;
    member.give_up = [](const Error& error) { end_process(error); };
    member.require_same = [ranks](std::uint64_t graph, std::uint64_t inputs) {
        ranks->take(Step::job);
        const ProgramIdentity& program = program_identity();
        require_same(*ranks, {program.binary, program.arguments, graph, inputs});
    };
    return member;
}

}  // namespace

ClusterMember join_ranks(const RuntimeConfig& config) {
    if (config.mode() == ExecutionMode::embedded) return inside(config);
    config.spawn_remote_workers();
    const std::optional<LaunchedRank>& launched = launched_rank();
    if (!launched) return alone(config);
    if (config.mode() == ExecutionMode::remote && is_rank_of_remote_job()) {
        require_own_entry(config, *launched);
    } else if (config.mode() != ExecutionMode::automatic) {
        refuse_own_workers(config, *launched);
        return alone(config);
    }
    if (launched->ranks == 1) {
        warn_of_narrow_mask(config, allowed_cpus().size(), 1);
        return alone(config);
    }
    if (!launched->has_mpi) refuse_separate_tasks(*launched);
    return among(config, *launched);
}

}  // namespace renoir::detail
