#include "launch/machine.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace renoir::launch;
using Entries = std::vector<std::size_t>;

namespace {

renoir::HostConfig host(const std::string& address) {
    renoir::HostConfig config;
    config.address = address;
    config.base_port = 9500;
    config.num_cores = 4;
    config.ssh.username = "alice";
    return config;
}

std::vector<Entries> entries_of(const std::vector<Machine>& machines) {
    std::vector<Entries> all;
    for (const Machine& machine : machines) all.push_back(machine.entries);
    return all;
}

}  // namespace

TEST_CASE("without entries there is no login", "[launch]") {
    CHECK(machines_of({}).empty());
}

TEST_CASE("entries of one account share a login, in the order of their first entries", "[launch]") {
    const auto machines =
        machines_of({host("b"), host("a"), host("b"), host("c"), host("a"), host("b")});
    CHECK(entries_of(machines) == std::vector<Entries>{{0, 2, 5}, {1, 4}, {3}});
    for (const Machine& machine : machines) CHECK(machine.is_copied_to);
}

TEST_CASE("a login has 8 entries, and the first of an account copies the program", "[launch]") {
    std::vector<renoir::HostConfig> hosts(17, host("a"));
    hosts[8] = host("b");
    const auto machines = machines_of(hosts);
    CHECK(entries_of(machines) ==
          std::vector<Entries>{{0, 1, 2, 3, 4, 5, 6, 7}, {8}, {9, 10, 11, 12, 13, 14, 15, 16}});
    CHECK(machines[0].is_copied_to);
    CHECK(machines[1].is_copied_to);
    CHECK_FALSE(machines[2].is_copied_to);

    hosts.push_back(host("a"));
    const auto more = machines_of(hosts);
    REQUIRE(more.size() == 4);
    CHECK(more[3].entries == Entries{17});
    CHECK_FALSE(more[3].is_copied_to);
}

TEST_CASE("entries that log in in different ways have logins of their own", "[launch]") {
    const auto change = GENERATE(values<std::pair<std::string, void (*)(renoir::HostConfig&)>>({
        {"address", [](renoir::HostConfig& config) { config.address = "a.lan"; }},
        {"port", [](renoir::HostConfig& config) { config.ssh.port = 2222; }},
        {"username", [](renoir::HostConfig& config) { config.ssh.username = "bob"; }},
        {"no username", [](renoir::HostConfig& config) { config.ssh.username.reset(); }},
        {"password", [](renoir::HostConfig& config) { config.ssh.password = "p"; }},
        {"password_command", [](renoir::HostConfig& config) { config.ssh.password_command = "p"; }},
        {"key_file", [](renoir::HostConfig& config) { config.ssh.key_file = "p"; }},
        {"key_passphrase", [](renoir::HostConfig& config) { config.ssh.key_passphrase = "p"; }},
        {"key_passphrase_command",
         [](renoir::HostConfig& config) { config.ssh.key_passphrase_command = "p"; }},
    }));
    CAPTURE(change.first);
    renoir::HostConfig other = host("a");
    change.second(other);
    const auto machines = machines_of({host("a"), other, host("a"), other});
    CHECK(entries_of(machines) == std::vector<Entries>{{0, 2}, {1, 3}});
    CHECK(machines[1].is_copied_to);
}

TEST_CASE("ports and cores of the ranks make no difference to the login", "[launch]") {
    renoir::HostConfig other = host("a");
    other.base_port = 9600;
    other.num_cores = 1;
    CHECK(entries_of(machines_of({host("a"), other})) == std::vector<Entries>{{0, 1}});
}
