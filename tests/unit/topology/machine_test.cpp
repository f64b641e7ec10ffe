#include "topology/machine.hpp"

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "config/affinity.hpp"

using renoir::topology::Cpu;
using renoir::topology::Machine;
using renoir::topology::read_machine;
using renoir::topology::within;

namespace {

/// Lets hwloc see an invented machine as long as it lives.
class InventedMachine {
 public:
    explicit InventedMachine(const char* description) { setenv("HWLOC_SYNTHETIC", description, 1); }
    ~InventedMachine() { unsetenv("HWLOC_SYNTHETIC"); }
    InventedMachine(const InventedMachine&) = delete;
    InventedMachine& operator=(const InventedMachine&) = delete;
};

}  // namespace

TEST_CASE("the machine knows every CPU that this process may use", "[topology]") {
    const Machine machine = read_machine();
    std::set<unsigned> ids;
    for (const Cpu& cpu : machine.cpus) ids.insert(cpu.id);
    CHECK(ids.size() == machine.cpus.size());
    for (const unsigned cpu : renoir::detail::allowed_cpus()) CHECK(ids.contains(cpu));
}

TEST_CASE("two packages with hyperthreads", "[topology]") {
    const InventedMachine invented("package:2 [numa] core:2 pu:2");
    CHECK(read_machine() == Machine{{{0, 0, 0},
                                     {1, 0, 0},
                                     {2, 1, 0},
                                     {3, 1, 0},
                                     {4, 2, 1},
                                     {5, 2, 1},
                                     {6, 3, 1},
                                     {7, 3, 1}}});
}

TEST_CASE("NUMA nodes that are no packages", "[topology]") {
    const auto description = GENERATE("package:1 l3:2 [numa] core:1 pu:2", "numa:2 core:1 pu:2",
                                      "package:1 group:2 [numa] l3:1 core:1 pu:2");
    const InventedMachine invented(description);
    CHECK(read_machine() == Machine{{{0, 0, 0}, {1, 0, 0}, {2, 1, 1}, {3, 1, 1}}});
}

TEST_CASE("a machine whose system numbers hyperthreads last and tells no cores", "[topology]") {
    const InventedMachine numbered("core:2 pu:2(indexes=0,2,1,3)");
    CHECK(read_machine() == Machine{{{0, 0, 0}, {2, 0, 0}, {1, 1, 0}, {3, 1, 0}}});

    const InventedMachine flat("pu:2");
    CHECK(read_machine() == Machine{{{0, 0, 0}, {1, 1, 0}}});
}

TEST_CASE("a mask takes a part of the machine", "[topology]") {
    const Machine machine{{{0, 0, 0}, {1, 1, 0}, {2, 2, 1}, {3, 3, 1}}};
    const std::vector<unsigned> mask{1, 3};
    CHECK(within(machine, mask) == Machine{{{1, 1, 0}, {3, 3, 1}}});
    CHECK(within(machine, {}) == Machine{});
}

TEST_CASE("a CPU that the machine does not know is a core of its own", "[topology]") {
    const Machine machine{{{0, 4, 1}}};
    const std::vector<unsigned> mask{0, 8, 9};
    CHECK(within(machine, mask) == Machine{{{0, 4, 1}, {8, 5, 0}, {9, 6, 0}}});
}
