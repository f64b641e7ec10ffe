#include <sched.h>

#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>
#include <string>

#include "catch.hpp"
#include "child.hpp"

using renoir::PinMode;
using renoir::RuntimeConfig;

TEST_CASE("a local configuration has the workers that were asked for", "[config]") {
    const RuntimeConfig config = RuntimeConfig::local(3);
    CHECK(config.mode() == renoir::ExecutionMode::local);
    CHECK(config.workers() == 3);
    CHECK(config.pinning() == PinMode::automatic);
    CHECK_FALSE(config.report_bindings());
    CHECK(config.hosts().empty());
    CHECK(config.file().empty());
}

TEST_CASE("zero workers are refused", "[config]") {
    try {
        (void)RuntimeConfig::local(0);
        FAIL("no error");
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        CHECK(std::string(error.what()) ==
              "0 workers were asked for; give at least 1, or none at all to use all cores");
    }
}

TEST_CASE("settings make a new configuration and keep the rest", "[config]") {
    const RuntimeConfig config = RuntimeConfig::local(2);
    const RuntimeConfig changed = config.with_pinning(PinMode::numa).with_report_bindings(true);
    CHECK(changed.pinning() == PinMode::numa);
    CHECK(changed.report_bindings());
    CHECK(changed.workers() == 2);
    CHECK(config.pinning() == PinMode::automatic);
    CHECK_FALSE(changed.with_report_bindings(false).report_bindings());
}

TEST_CASE("settings of a remote job are off until they are asked for", "[config]") {
    const RuntimeConfig config = RuntimeConfig::local(2);
    CHECK_FALSE(config.dry_run());
    CHECK_FALSE(config.accepts_new_host_keys());
    const RuntimeConfig dry = config.with_dry_run(true);
    CHECK(dry.dry_run());
    CHECK_FALSE(dry.accepts_new_host_keys());
    const RuntimeConfig accepting = dry.with_new_host_keys_accepted(true).with_dry_run(false);
    CHECK(accepting.accepts_new_host_keys());
    CHECK_FALSE(accepting.dry_run());
    CHECK_FALSE(accepting.with_new_host_keys_accepted(false).accepts_new_host_keys());
}

TEST_CASE("all cores are those of the inherited mask", "[config]") {
    cpu_set_t mask;
    REQUIRE(sched_getaffinity(0, sizeof mask, &mask) == 0);
    CHECK(RuntimeConfig::all_cores().workers() == static_cast<std::size_t>(CPU_COUNT(&mask)));

    const auto narrow = renoir::testing::run_in_child([mask] {
        int first = 0;
        while (!CPU_ISSET(first, &mask)) ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        if (sched_setaffinity(0, sizeof one, &one) != 0) _exit(1);
        std::cout << RuntimeConfig::all_cores().workers();
    });
    CHECK(narrow.out == "1");
}
