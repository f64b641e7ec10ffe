#pragma once

/// A port of this machine that hosts try to connect to before the job, as the daemons of mpirun
/// will have to.
///
///     ReachListener listener;
///     tell_hosts(listener.port(), listener.token());
///     while (...) { wait_for(listener.descriptor()); listener.answer(); }
///
/// The token tells it apart from whoever else listens at the same port of another machine with the
/// same address, as there are many behind routers.

#include <cstdint>
#include <string>

#include "base/descriptor.hpp"

namespace renoir::launch {

class ReachListener {
 public:
    /// Listens on a port that the system chooses, over IPv4. Throws Error (configuration) when
    /// there is none.
    ReachListener();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// What each connection is answered with, in a line.
    [[nodiscard]] const std::string& token() const noexcept { return token_; }

    /// To be polled for reading.
    [[nodiscard]] int descriptor() const noexcept { return socket_.number(); }

    /// Answers all that have connected.
    void answer() const noexcept;

 private:
    detail::Descriptor socket_;
    std::uint16_t port_ = 0;
    std::string token_;
};

}  // namespace renoir::launch
