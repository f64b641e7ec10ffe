#include "launch/reach_listener.hpp"

#include "launch/random_name.hpp"

#include <renoir/base/error.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace renoir::launch {

ReachListener::ReachListener()
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      token_(random_name()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_.number(), generic, size) != 0 || listen(socket_.number(), SOMAXCONN) != 0 ||
        getsockname(socket_.number(), generic, &size) != 0) {
        throw Error(ErrorKind::configuration, "this machine lets the launcher listen on no port: " +
                                                  std::generic_category().message(errno) +
                                                  "; check its limits");
    }
    port_ = ntohs(address.sin_port);
}

void ReachListener::answer() const noexcept {
    while (true) {
        const detail::Descriptor connection(
            accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC));
        if (connection.number() < 0) return;
        // So little always finds room.
        (void)send(connection.number(), token_.data(), token_.size(), MSG_NOSIGNAL);
        (void)send(connection.number(), "\n", 1, MSG_NOSIGNAL);
    }
}

}  // namespace renoir::launch
