#include "topology/pin_plan.hpp"

#include <renoir/base/error.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "config/affinity.hpp"

using renoir::PinMode;
using renoir::detail::allowed_cpus;
using renoir::topology::bind_this_thread;
using renoir::topology::binding_lines;
using renoir::topology::bindings_table;
using renoir::topology::Cpu;
using renoir::topology::Machine;
using renoir::topology::make_plan;
using renoir::topology::PinPlan;
using renoir::topology::within;

namespace {

using Cpus = std::vector<unsigned>;

/// Two sockets with a NUMA node each, two cores each, two hyperthreads each, numbered as Linux
/// does: CPU 0-3 are the first hyperthreads of the four cores, CPU 4-7 the second ones.
const Machine two_sockets{
    {{0, 0, 0}, {1, 1, 0}, {2, 2, 1}, {3, 3, 1}, {4, 0, 0}, {5, 1, 0}, {6, 2, 1}, {7, 3, 1}}};

/// Four cores without hyperthreads on one node.
const Machine plain{{{0, 0, 0}, {1, 1, 0}, {2, 2, 0}, {3, 3, 0}}};

/// The CPUs of each worker.
std::vector<Cpus> cpus_of(const PinPlan& plan) {
    std::vector<Cpus> cpus;
    for (const auto& binding : plan.workers) cpus.push_back(binding.cpus);
    return cpus;
}

std::vector<Cpus> planned(const Machine& machine, std::size_t workers, PinMode mode) {
    return cpus_of(make_plan(machine, workers, mode));
}

}  // namespace

TEST_CASE("by default as many workers as CPUs have one each", "[topology]") {
    CHECK(planned(plain, 4, PinMode::automatic) == std::vector<Cpus>{{0}, {1}, {2}, {3}});
    CHECK(planned(two_sockets, 8, PinMode::automatic) ==
          std::vector<Cpus>{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}});
    const Machine launched = within(two_sockets, Cpus{2, 6});
    CHECK(planned(launched, 2, PinMode::automatic) == std::vector<Cpus>{{2}, {6}});
}

TEST_CASE("by default fewer or more workers than CPUs are not bound", "[topology]") {
    CHECK(planned(plain, 3, PinMode::automatic) == std::vector<Cpus>(3));
    CHECK(planned(plain, 5, PinMode::automatic) == std::vector<Cpus>(5));
    CHECK(planned(within(two_sockets, Cpus{2, 6}), 1, PinMode::automatic) == std::vector<Cpus>(1));
}

TEST_CASE("none binds nobody", "[topology]") {
    CHECK(planned(plain, 4, PinMode::none) == std::vector<Cpus>(4));
}

TEST_CASE("core fills the cores before their hyperthreads, then starts again", "[topology]") {
    CHECK(planned(two_sockets, 2, PinMode::core) == std::vector<Cpus>{{0}, {1}});
    CHECK(planned(two_sockets, 5, PinMode::core) == std::vector<Cpus>{{0}, {1}, {2}, {3}, {4}});
    CHECK(planned(plain, 6, PinMode::core) == std::vector<Cpus>{{0}, {1}, {2}, {3}, {0}, {1}});
}

TEST_CASE("core keeps neighbours together whatever the numbers of the CPUs", "[topology]") {
    // Even CPUs on one node and odd ones on the other; 0 and 4, 1 and 5 share a core.
    const Machine interleaved{
        {{0, 0, 0}, {1, 2, 1}, {2, 1, 0}, {3, 3, 1}, {4, 0, 0}, {5, 2, 1}, {6, 1, 0}, {7, 3, 1}}};
    CHECK(planned(interleaved, 8, PinMode::core) ==
          std::vector<Cpus>{{0}, {2}, {1}, {3}, {4}, {6}, {5}, {7}});
}

TEST_CASE("core uses what a mask with holes leaves", "[topology]") {
    // Both hyperthreads of core 1, one of core 2, one of core 3.
    const Machine part = within(two_sockets, Cpus{1, 3, 5, 6});
    CHECK(planned(part, 4, PinMode::core) == std::vector<Cpus>{{1}, {6}, {3}, {5}});
}

TEST_CASE("numa hands out the nodes in turn", "[topology]") {
    CHECK(planned(two_sockets, 3, PinMode::numa) ==
          std::vector<Cpus>{{0, 1, 4, 5}, {2, 3, 6, 7}, {0, 1, 4, 5}});
    CHECK(planned(within(two_sockets, Cpus{1, 5, 7}), 2, PinMode::numa) ==
          std::vector<Cpus>{{1, 5}, {7}});
    CHECK(planned(plain, 2, PinMode::numa) == std::vector<Cpus>{{0, 1, 2, 3}, {0, 1, 2, 3}});
}

TEST_CASE("a binding names its core and NUMA node", "[topology]") {
    const PinPlan by_core = make_plan(two_sockets, 8, PinMode::core);
    CHECK(by_core.workers[6].core == 2U);
    CHECK(by_core.workers[6].numa_node == 1U);
    const PinPlan by_node = make_plan(two_sockets, 2, PinMode::numa);
    CHECK_FALSE(by_node.workers[1].core);
    CHECK(by_node.workers[1].numa_node == 1U);
    const PinPlan free = make_plan(two_sockets, 2, PinMode::none);
    CHECK_FALSE(free.workers[1].core);
    CHECK_FALSE(free.workers[1].numa_node);
}

TEST_CASE("only a plan that the user asked for is demanded", "[topology]") {
    CHECK(make_plan(plain, 4, PinMode::core).is_demanded);
    CHECK(make_plan(plain, 4, PinMode::numa).is_demanded);
    CHECK_FALSE(make_plan(plain, 4, PinMode::automatic).is_demanded);
    CHECK_FALSE(make_plan(plain, 4, PinMode::none).is_demanded);
}

TEST_CASE("the plan for this process stays inside its mask", "[topology]") {
    const Cpus mask = allowed_cpus();
    for (const PinMode mode : {PinMode::automatic, PinMode::core, PinMode::numa}) {
        const PinPlan plan = make_plan(mask, mask.size(), mode);
        REQUIRE(plan.workers.size() == mask.size());
        Cpus used;
        for (const auto& binding : plan.workers) {
            used.insert(used.end(), binding.cpus.begin(), binding.cpus.end());
        }
        std::ranges::sort(used);
        used.erase(std::unique(used.begin(), used.end()), used.end());
        CHECK_FALSE(used.empty());
        CHECK(std::ranges::includes(mask, used));
        if (mode != PinMode::numa) CHECK(used == mask);
    }
    CHECK(cpus_of(make_plan(mask, mask.size() + 1, PinMode::automatic)) ==
          std::vector<Cpus>(mask.size() + 1));
    CHECK(cpus_of(make_plan(mask, 2, PinMode::none)) == std::vector<Cpus>(2));
}

TEST_CASE("a worker runs where its plan says", "[topology]") {
    const Cpus mask = allowed_cpus();
    const unsigned last = mask.back();
    const PinPlan plan{{{}, {{last}, 0, 0}}, true};
    Cpus before;
    Cpus after;
    std::thread([&] {
        bind_this_thread(plan, 0);
        before = allowed_cpus();
        bind_this_thread(plan, 1);
        after = allowed_cpus();
    }).join();
    CHECK(before == mask);
    CHECK(after == Cpus{last});
}

TEST_CASE("a refused binding is an error only if it was asked for", "[topology]") {
    const unsigned no_such_cpu = 1'000'000;
    PinPlan plan{{{{no_such_cpu}, 0, 0}}, true};
    try {
        bind_this_thread(plan, 0);
        FAIL("no error");
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        CHECK(std::string(error.what()) ==
              "worker 0 cannot be bound to CPU 1000000: Invalid argument; run with --pin none");
    }
    plan.is_demanded = false;
    const Cpus mask = allowed_cpus();
    CHECK_NOTHROW(bind_this_thread(plan, 0));
    CHECK(allowed_cpus() == mask);
}

TEST_CASE("the report is a table with a line for each worker of each rank", "[topology]") {
    CHECK(bindings_table({binding_lines(make_plan(two_sockets, 2, PinMode::core), 0, "node1")}) ==
          "host   rank  worker  CPUs  core  NUMA node\n"
          "node1  0     0       0     0     0\n"
          "node1  0     1       1     1     0\n");
    CHECK(bindings_table({binding_lines(make_plan(two_sockets, 2, PinMode::numa), 12, "n"),
                          binding_lines(make_plan(plain, 1, PinMode::none), 13, "a-long-name")}) ==
          "host         rank  worker  CPUs     core  NUMA node\n"
          "n            12    0       0-1,4-5  any   0\n"
          "n            12    1       2-3,6-7  any   1\n"
          "a-long-name  13    0       any      any   any\n");
}
