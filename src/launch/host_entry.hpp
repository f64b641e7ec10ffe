#pragma once

/// Which entry of a host file an action or an error is about.
///
///     throw entry.error("nothing listens on port 22; start sshd there");

#include <renoir/base/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace renoir::launch {

/// Whether an IPv4 address is one of the loopback interface.
[[nodiscard]] inline bool is_loopback(std::string_view address) {
    return address.starts_with("127.");
}

struct HostEntry {
    std::size_t number = 1;  ///< of the `[[host]]` table, from 1
    std::string address;

    /// "host 2 (host2.lan)"
    [[nodiscard]] std::string name() const {
        return "host " + std::to_string(number) + " (" + address + ")";
    }

    /// An error whose text begins with the name of the entry.
    [[nodiscard]] Error error(const std::string& text,
                              ErrorKind kind = ErrorKind::configuration) const {
        return {kind, name() + ": " + text};
    }

    [[nodiscard]] Error lost() const {
        return error("the connection is lost; check that the host is up, and the network",
                     ErrorKind::cancelled);
    }
};

}  // namespace renoir::launch
