#include "launch/connection.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace renoir::launch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A silent host is noticed after at most their sum.
constexpr seconds keepalive_interval{3};
constexpr milliseconds patience_for_acknowledgement{8000};

milliseconds time_left(Deadline deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    return std::clamp(left, milliseconds(0), milliseconds(60'000));
}

std::string in_seconds(milliseconds time) {
    const auto tenths = (time.count() + 50) / 100;
    std::string text = std::to_string(tenths / 10);
    if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
    return text + " s";
}

// ---- addresses ---------------------------------------------------------------------------------

struct AddressesEnd {
    void operator()(addrinfo* addresses) const noexcept { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesEnd>;

struct Lookup {
    int failure = 0;
    int code = 0;
    Addresses addresses;
};

Lookup look_up(const std::string& address, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    Lookup lookup;
    lookup.failure = getaddrinfo(address.c_str(), port.c_str(), &hints, &found);
    lookup.code = errno;
    lookup.addresses.reset(found);
    return lookup;
}

/// A resolver cannot be interrupted: a slow one is left to itself and its answer thrown away.
Lookup look_up_until(Deadline deadline, const HostEntry& entry, std::uint16_t port) {
    std::packaged_task<Lookup()> task(
        [address = entry.address, port = std::to_string(port)] { return look_up(address, port); });
    std::future<Lookup> answer = task.get_future();
    std::thread(std::move(task)).detach();
    if (answer.wait_until(deadline) == std::future_status::ready) return answer.get();
    throw entry.error("the name service gives no answer; check the network, or give an IP address");
}

Addresses addresses_of(const HostEntry& entry, std::uint16_t port, Deadline deadline) {
    Lookup lookup = look_up_until(deadline, entry, port);
    if (lookup.failure == 0) return std::move(lookup.addresses);
    const std::string reason = lookup.failure == EAI_SYSTEM
                                   ? std::generic_category().message(lookup.code)
                                   : gai_strerror(lookup.failure);
    throw entry.error("the address cannot be resolved: " + reason +
                      "; correct 'address', or add the name to the name service");
}

// ---- sockets -----------------------------------------------------------------------------------

void set_option(const detail::Descriptor& socket, int level, int option, int value) {
    // Each one is an improvement only; the connection works without it.
    (void)setsockopt(socket.number(), level, option, &value, sizeof value);
}

void tune(const detail::Descriptor& socket) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 5);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
    // TCP's own probes rest while something sent is unanswered; this does not.
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
               static_cast<int>(patience_for_acknowledgement.count()));
}

/// Connects, or leaves the reason in `code`.
detail::Descriptor connected_to(const addrinfo& address, Deadline deadline, int& code) {
    detail::Descriptor socket(
        ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    code = 0;
    if (socket.number() < 0 ||
        (connect(socket.number(), address.ai_addr, address.ai_addrlen) != 0 &&
         errno != EINPROGRESS)) {
        code = errno;
        return {};
    }
    pollfd wait{socket.number(), POLLOUT, 0};
    int ready = 0;
    do {
        ready = poll(&wait, 1, static_cast<int>(time_left(deadline).count()));
    } while (ready < 0 && errno == EINTR);
    socklen_t size = sizeof code;
    if (ready == 0) {
        code = ETIMEDOUT;
    } else {
        getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &code, &size);
    }
    if (code != 0) return {};
    tune(socket);
    return socket;
}

Error cannot_connect(const HostEntry& entry, std::uint16_t port, int code, milliseconds patience) {
    const std::string number = std::to_string(port);
    if (code == ETIMEDOUT) {
        return entry.error("no answer from port " + number + " within " + in_seconds(patience) +
                           "; check that the host is up, its address, and firewalls between");
    }
    if (code == ECONNREFUSED) {
        return entry.error("nothing listens on port " + number +
                           " (connection refused); start sshd there, or correct 'ssh.ssh_port'");
    }
    return entry.error("port " + number +
                       " cannot be reached: " + std::generic_category().message(code) +
                       "; check that the host is up, its address, and the network");
}

}  // namespace

Connection::Connection(HostEntry entry, std::uint16_t port, std::vector<std::string> known_types,
                       milliseconds patience)
    : entry_(std::move(entry)),
      port_(port),
      known_types_(std::move(known_types)),
      patience_(patience) {
    const Deadline deadline = Clock::now() + patience;
    // Servers drop connections at random while many are logging in; the next try comes soon, and
    // those of many hosts behind one address not all at once.
    milliseconds pause(50 + 10 * (entry_.number % 8));
    while (true) {
        connect(deadline);
        if (shake_hands(deadline)) return;
        if (Clock::now() + pause >= deadline) break;
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, milliseconds(1000));
    }
    throw entry_.error(
        "port " + std::to_string(port_) +
        " closes every connection before the login; check that an SSH server listens "
        "there, that it lets this machine in, and its MaxStartups");
}

Connection::~Connection() {
    if (!session_) return;
    with_blocking_session(session(), [this] { libssh2_session_disconnect(session(), "done"); });
}

void Connection::connect(Deadline deadline) {
    const Addresses addresses = addresses_of(entry_, port_, deadline);
    std::ptrdiff_t left = 0;
    for (const addrinfo* address = addresses.get(); address != nullptr;
         address = address->ai_next) {
        ++left;
    }
    int code = ETIMEDOUT;
    for (const addrinfo* address = addresses.get(); address != nullptr;
         address = address->ai_next) {
        // One dead address must not use up the time of the others.
        socket_ = connected_to(*address, Clock::now() + time_left(deadline) / left--, code);
        if (code == 0) return;
    }
    throw cannot_connect(entry_, port_, code, patience_);
}

/// Returns whether it is worth going on: false when the server has closed the connection at once.
bool Connection::shake_hands(Deadline deadline) {
    session_ = new_session();
    libssh2_session_set_blocking(session(), 0);
    prefer(LIBSSH2_METHOD_HOSTKEY, host_key_preference());
    int code = LIBSSH2_ERROR_EAGAIN;
    while (true) {
        code = libssh2_session_handshake(session(), socket_.number());
        if (code != LIBSSH2_ERROR_EAGAIN) break;
        if (Clock::now() < deadline) {
            wait_for_socket(POLLIN, time_left(deadline));
            continue;
        }
        session_.reset();
        throw entry_.error("port " + std::to_string(port_) +
                           " accepts the connection but says "
                           "nothing within " +
                           in_seconds(patience_) +
                           "; check that an SSH server listens there ('ssh.ssh_port')");
    }
    if (code == 0) return true;
    const std::string reason = last_words(session());
    session_.reset();
    if (means_lost(code) || code == LIBSSH2_ERROR_BANNER_RECV) return false;
    throw entry_.error("no way to speak to the SSH server on port " + std::to_string(port_) +
                       " was found (" + reason +
                       "); it needs a host key of type ed25519 or ECDSA, and today's algorithms");
}

std::string Connection::host_key_preference() const {
    const char** supported = nullptr;
    const int count = libssh2_session_supported_algs(session(), LIBSSH2_METHOD_HOSTKEY, &supported);
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.emplace_back(supported[i]);
    libssh2_free(session(), static_cast<void*>(supported));
    const auto is_known = [this](const std::string& name) {
        // Keys of type ssh-rsa sign in three ways.
        const std::string type = name.starts_with("rsa-sha2") ? "ssh-rsa" : name;
        return std::ranges::find(known_types_, type) != known_types_.end();
    };
    const auto others = std::ranges::stable_partition(names, is_known);
    std::ranges::stable_partition(others,
                                  [](const std::string& name) { return name == "ssh-ed25519"; });
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
    return list;
}

void Connection::prefer(int method, const std::string& names) {
    // Fails where the library knows none of them, and then its own order is as good.
    (void)libssh2_session_method_pref(session(), method, names.c_str());
}

std::string Connection::host_key() const {
    std::size_t size = 0;
    int type = 0;
    const char* key = libssh2_session_hostkey(session(), &size, &type);
    return key == nullptr ? std::string() : std::string(key, size);
}

void Connection::keep_alive() {
    // Without asking for a reply: the library never takes replies out of its queue, and the
    // acknowledgement of TCP tells as much.
    libssh2_keepalive_config(session(), 0, static_cast<unsigned>(keepalive_interval.count()));
}

void Connection::interrupt() const noexcept {
    shutdown(socket_.number(), SHUT_RDWR);
}

std::string Connection::local_address() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (getsockname(socket_.number(), generic, &size) != 0) return {};
    std::array<char, INET_ADDRSTRLEN> text{};
    if (address.sin_family != AF_INET ||
        inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size()) == nullptr) {
        return {};
    }
    return text.data();
}

bool Connection::is_sending() const {
    return (libssh2_session_block_directions(session()) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
}

void Connection::await_sending() {
    // A host that does not take what was sent ends this through TCP_USER_TIMEOUT.
    wait_for_socket(POLLOUT, milliseconds(60'000));
}

void Connection::wait_for_socket(short events, milliseconds time,
                                 std::vector<pollfd> others) const {
    others.push_back({socket_.number(), events, 0});
    (void)poll(others.data(), others.size(), static_cast<int>(time.count()));
}

void Connection::await(Deadline deadline, std::vector<pollfd> others) {
    milliseconds time = time_left(deadline);
    if (time.count() == 0) {
        throw entry_.error("the host does not answer in time; check its load and the network",
                           ErrorKind::cancelled);
    }
    const bool sending = is_sending();
    int next = 0;
    // While a message is on its way nothing else can be sent, and the host has to answer anyway.
    if (!sending && libssh2_keepalive_send(session(), &next) == 0 && next > 0) {
        time = std::min(time, milliseconds(seconds(next)));
    }
    wait_for_socket(sending ? POLLOUT : POLLIN, time, std::move(others));
}

bool Connection::means_lost(int code) noexcept {
    return code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_SEND ||
           code == LIBSSH2_ERROR_SOCKET_RECV || code == LIBSSH2_ERROR_SOCKET_NONE ||
           code == LIBSSH2_ERROR_SOCKET_TIMEOUT || code == LIBSSH2_ERROR_BAD_SOCKET;
}

Error Connection::lost() const {
    return entry_.lost();
}

Error Connection::failure(int code, const std::string& text, ErrorKind kind) const {
    return means_lost(code) ? lost() : entry_.error(text, kind);
}

}  // namespace renoir::launch
