#include "launch/ssh_agent.hpp"

#include "base/descriptor.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace renoir::launch {

bool does_agent_answer(std::chrono::milliseconds patience) {
    const char* const path = std::getenv("SSH_AUTH_SOCK");
    sockaddr_un address{};
    if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return false;
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path);
    const detail::Descriptor agent(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    // A local connection is made at once, or not at all when too many wait already.
    if (connect(agent.number(), generic, sizeof address) != 0) return false;
    // SSH_AGENTC_REQUEST_IDENTITIES, behind its length (draft-miller-ssh-agent).
    constexpr std::array<char, 5> question{0, 0, 0, 1, 11};
    if (send(agent.number(), question.data(), question.size(), MSG_NOSIGNAL) < 0) return false;
    pollfd answer{agent.number(), POLLIN, 0};
    char byte = 0;
    return poll(&answer, 1, static_cast<int>(patience.count())) == 1 &&
           recv(agent.number(), &byte, 1, 0) == 1;
}

}  // namespace renoir::launch
