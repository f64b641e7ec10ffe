#include "topology/machine.hpp"

#include <hwloc.h>
#include <renoir/base/error.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace renoir::topology {
namespace {

/// The topology as hwloc sees it, reduced to CPUs, cores and NUMA nodes.
class Topology {
 public:
    Topology() {
        if (hwloc_topology_init(&handle_) != 0) throw failure();
        if (!load()) {
            const Error error = failure();
            hwloc_topology_destroy(handle_);
            throw error;
        }
    }
    ~Topology() { hwloc_topology_destroy(handle_); }
    Topology(const Topology&) = delete;
    Topology& operator=(const Topology&) = delete;

    [[nodiscard]] Machine machine() const {
        Machine machine;
        for (hwloc_obj_t cpu = next(HWLOC_OBJ_PU, nullptr); cpu != nullptr;
             cpu = next(HWLOC_OBJ_PU, cpu)) {
            machine.cpus.push_back({cpu->os_index, core_of(cpu), numa_node_of(cpu)});
        }
        return machine;
    }

 private:
    bool load() {
        // The x86 component would run on every CPU in turn to ask it what the system says as well.
        return hwloc_topology_set_components(handle_, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
                                             "x86") == 0 &&
               hwloc_topology_set_flags(handle_, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 &&
               hwloc_topology_set_all_types_filter(handle_, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
               keep(HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL) &&
               // A NUMA node without something to hang beside would claim the whole machine.
               keep(HWLOC_OBJ_PACKAGE, HWLOC_TYPE_FILTER_KEEP_ALL) &&
               keep(HWLOC_OBJ_GROUP, HWLOC_TYPE_FILTER_KEEP_STRUCTURE) &&
               hwloc_topology_load(handle_) == 0;
    }

    bool keep(hwloc_obj_type_t type, hwloc_type_filter_e filter) {
        return hwloc_topology_set_type_filter(handle_, type, filter) == 0;
    }

    static Error failure() {
        return {ErrorKind::configuration, "the cores of this machine cannot be read: " +
                                              std::generic_category().message(errno) +
                                              "; run with --pin none"};
    }

    [[nodiscard]] hwloc_obj_t next(hwloc_obj_type_t type, hwloc_obj_t previous) const {
        return hwloc_get_next_obj_by_type(handle_, type, previous);
    }

    // The logical number: the system counts the cores of every package from 0 again.
    [[nodiscard]] unsigned core_of(hwloc_obj_t cpu) const {
        const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(handle_, HWLOC_OBJ_CORE, cpu);
        return core == nullptr ? cpu->logical_index : core->logical_index;
    }

    // NUMA nodes are no ancestors of CPUs: they hang beside them and list the CPUs they are near
    // to.
    [[nodiscard]] unsigned numa_node_of(hwloc_obj_t cpu) const {
        for (hwloc_obj_t node = next(HWLOC_OBJ_NUMANODE, nullptr); node != nullptr;
             node = next(HWLOC_OBJ_NUMANODE, node)) {
            if (hwloc_bitmap_isset(node->cpuset, cpu->os_index) != 0) return node->os_index;
        }
        return 0;
    }

    hwloc_topology_t handle_ = nullptr;
};

unsigned first_free_core(const Machine& machine) {
    unsigned core = 0;
    for (const Cpu& cpu : machine.cpus) core = std::max(core, cpu.core + 1);
    return core;
}

}  // namespace

Machine read_machine() {
    return Topology().machine();
}

Machine within(const Machine& machine, std::span<const unsigned> allowed_cpus) {
    Machine part;
    unsigned free_core = first_free_core(machine);
    for (const unsigned id : allowed_cpus) {
        const auto known = std::ranges::find(machine.cpus, id, &Cpu::id);
        part.cpus.push_back(known == machine.cpus.end() ? Cpu{id, free_core++, 0} : *known);
    }
    return part;
}

}  // namespace renoir::topology
