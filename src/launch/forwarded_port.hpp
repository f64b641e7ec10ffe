#pragma once

/// A port on a host that leads to a port of this machine, by way of the SSH connection: `ssh -R`.
///
///     ForwardedPort port(connection);
///     tell_host(port.number());
///     while (...) port.advance(9500);   // what connects there comes to port 9500 here
///
/// For hosts that cannot connect to this machine, as it stands behind a firewall or NAT.

#include <poll.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "launch/connection.hpp"

namespace renoir::launch {

class ForwardedPort {
 public:
    /// Opens a port of the host's loopback interface, which is free there. Throws Error
    /// (configuration) when the host does not do that.
    explicit ForwardedPort(Connection& connection);
    ~ForwardedPort();
    ForwardedPort(const ForwardedPort&) = delete;
    ForwardedPort& operator=(const ForwardedPort&) = delete;

    [[nodiscard]] std::uint16_t number() const noexcept { return number_; }

    /// Lets in what has connected, to this port of the loopback interface here, and moves in both
    /// directions what can be moved without waiting. Returns whether anything was. Throws Error
    /// (cancelled) when the connection is lost.
    bool advance(std::uint16_t local_port);

    /// Whether something has come already, which no sign of the connection's socket will tell.
    [[nodiscard]] bool has_something_queued() const;

    /// Adds what has to be waited for besides the connection's own socket.
    void add_to(std::vector<pollfd>& wanted) const;

 private:
    class Relay;

    bool let_in(std::uint16_t local_port);

    Connection& connection_;
    std::uint16_t number_ = 0;
    LIBSSH2_LISTENER* listener_ = nullptr;  ///< freed with the session
    std::vector<std::unique_ptr<Relay>> relays_;
};

}  // namespace renoir::launch
