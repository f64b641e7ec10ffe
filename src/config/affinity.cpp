#include "config/affinity.hpp"

#include <sched.h>
#include <renoir/base/error.hpp>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace renoir::detail {
namespace {

// One cpu_set_t holds 1024 CPUs; the kernel answers EINVAL while the array is smaller than its own.
constexpr std::size_t cpus_per_set = CPU_SETSIZE;
constexpr std::size_t largest_machine_in_sets = 1024;

}  // namespace

std::vector<unsigned> allowed_cpus() {
    for (std::size_t sets = 1; sets <= largest_machine_in_sets; sets *= 2) {
        std::vector<cpu_set_t> mask(sets);
        const std::size_t bytes = sets * sizeof(cpu_set_t);
        if (sched_getaffinity(0, bytes, mask.data()) != 0) {
            if (errno == EINVAL) continue;
            break;
        }
        std::vector<unsigned> cpus;
        for (std::size_t cpu = 0; cpu < sets * cpus_per_set; ++cpu) {
            if (CPU_ISSET_S(cpu, bytes, mask.data())) cpus.push_back(static_cast<unsigned>(cpu));
        }
        return cpus;
    }
    throw Error(ErrorKind::configuration, "the CPUs of this process cannot be read: " +
                                              std::generic_category().message(errno) +
                                              "; give the number of workers with --local N");
}

}  // namespace renoir::detail
