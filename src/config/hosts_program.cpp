// renoir-hosts: prints a list of hosts for --remote, in TOML, so that it can be edited.
//
//     renoir-hosts slurm > config.toml
//     renoir-hosts --cores 16 node1 node2 > config.toml

#include "config/allocation.hpp"
#include "config/host_file.hpp"
#include "config/host_ports.hpp"

#include <renoir/config/cli.hpp>

#include <algorithm>
#include <iostream>

namespace {

using renoir::Error;
using renoir::ErrorKind;
using renoir::HostConfig;

struct Request {
    std::vector<std::string> names;
    std::optional<std::uint32_t> cores;
    std::uint16_t base_port = renoir::detail::usual_base_port;
    std::optional<std::string> username;
};

Request read(int argc, char** argv) {
    Request request;
    CLI::App app{"Prints a list of hosts for --remote, in TOML, so that it can be edited."};
    app.add_option("NAME", request.names,
                   "Names or IP addresses of hosts, each time it is given one rank; or 'slurm' or "
                   "'pbs': the hosts of the allocation")
        ->required()
        ->type_name("");
    app.add_option("--cores", request.cores,
                   "Number of workers on each host; needed for names, and without it the cores of "
                   "the allocation")
        ->check(CLI::Range(1U, 1'000'000U))
        ->type_name("N");
    app.add_option("--base-port", request.base_port,
                   "First of the 100 ports that a rank uses on its host")
        ->check(CLI::Range(1, int{renoir::detail::largest_base_port}))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--username", request.username, "Name to log in with; by default your own")
        ->type_name("NAME");
    renoir::parse(app, argc, argv);
    return request;
}

/// The ranks of one host have ports of their own.
std::uint16_t next_base_port(const std::vector<HostConfig>& earlier, const std::string& name,
                             std::uint16_t first) {
    const auto ranks = std::ranges::count_if(earlier, [&name](const HostConfig& host) {
        return renoir::detail::is_same_address(host.address, name);
    });
    const std::ptrdiff_t port = first + ranks * renoir::detail::entry_ports;
    if (port <= renoir::detail::largest_base_port) return static_cast<std::uint16_t>(port);
    throw Error(ErrorKind::configuration, "there are no ports for so many ranks on '" + name +
                                              "'; give it less often, or a smaller --base-port");
}

std::vector<HostConfig> named_hosts(const Request& request) {
    if (!request.cores) {
        throw Error(ErrorKind::configuration, "the number of cores of '" + request.names.front() +
                                                  "' is not known; give --cores N");
    }
    std::vector<HostConfig> hosts;
    for (const std::string& name : request.names) {
        if (renoir::detail::scheduler_of(name)) {
            throw Error(ErrorKind::configuration,
                        "'" + name + "' is all hosts of the allocation; give it alone");
        }
        HostConfig host;
        host.address = name;
        host.base_port = next_base_port(hosts, name, request.base_port);
        hosts.push_back(std::move(host));
    }
    return hosts;
}

std::vector<HostConfig> hosts_of(const Request& request) {
    const auto scheduler = renoir::detail::scheduler_of(request.names.front());
    const bool is_allocation = scheduler && request.names.size() == 1;
    std::vector<HostConfig> hosts =
        is_allocation ? renoir::detail::hosts_of_allocation(*scheduler) : named_hosts(request);
    for (HostConfig& host : hosts) {
        if (is_allocation) host.base_port = request.base_port;
        if (request.cores) host.num_cores = *request.cores;
        host.ssh.username = request.username;
    }
    return hosts;
}

}  // namespace

int main(int argc, char** argv) {
    const Request request = read(argc, argv);
    const std::string text = renoir::detail::host_list_text(hosts_of(request));
    // What --remote would refuse is refused here.
    (void)renoir::detail::read_host_text(text, "the list");
    std::cout << text << std::flush;
    if (!std::cout) {
        throw Error(ErrorKind::output, "standard output cannot be written; check its target");
    }
}
