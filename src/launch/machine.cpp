#include "launch/machine.hpp"

#include <algorithm>
#include <tuple>

namespace renoir::launch {
namespace {

/// sshd allows 10 (MaxSessions) if it is not told otherwise; one is for what is done before a job.
constexpr std::size_t entries_of_a_login = 8;

auto account_of(const HostConfig& host) {
    return std::tie(host.address, host.ssh.port, host.ssh.username, host.ssh.password,
                    host.ssh.password_command, host.ssh.key_file, host.ssh.key_passphrase,
                    host.ssh.key_passphrase_command);
}

}  // namespace

std::vector<Machine> machines_of(const std::vector<HostConfig>& hosts) {
    std::vector<Machine> machines;
    for (std::size_t entry = 0; entry < hosts.size(); ++entry) {
        const auto is_same_account = [&](const Machine& machine) {
            return account_of(hosts[machine.entries.front()]) == account_of(hosts[entry]);
        };
        const auto latest =
            std::ranges::find_if(machines.rbegin(), machines.rend(), is_same_account);
        if (latest != machines.rend() && latest->entries.size() < entries_of_a_login) {
            latest->entries.push_back(entry);
        } else {
            machines.push_back({{entry}, latest == machines.rend()});
        }
    }
    return machines;
}

}  // namespace renoir::launch
