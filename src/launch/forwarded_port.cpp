#include "launch/forwarded_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

namespace renoir::launch {
namespace {

constexpr std::chrono::seconds patience{8};
constexpr std::size_t buffer_size = 64 * 1024;

/// On its way to this port of the loopback interface, or nothing.
detail::Descriptor socket_to(std::uint16_t port) {
    detail::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (connect(socket.number(), generic, sizeof address) != 0 && errno != EINPROGRESS) return {};
    return socket;
}

/// Bytes on their way in one direction.
class Pending {
 public:
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::string_view bytes() const noexcept {
        return {buffer_.data() + begin_, end_ - begin_};
    }

    /// Only while it is empty.
    [[nodiscard]] char* data() noexcept { return buffer_.data(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.size(); }
    void filled(std::size_t size) noexcept {
        begin_ = 0;
        end_ = size;
    }

    void taken(std::size_t size) noexcept { begin_ += size; }

 private:
    std::vector<char> buffer_ = std::vector<char>(buffer_size);
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace

/// One connection, between its channel and its socket here.
class ForwardedPort::Relay {
 public:
    Relay(Connection& connection, ChannelHandle channel, detail::Descriptor socket)
        : connection_(connection), channel_(std::move(channel)), socket_(std::move(socket)) {
        is_broken_ = socket_.number() < 0;
    }

    bool advance() {
        bool has_moved = false;
        while (!is_over() && (send_to_socket() || send_to_channel())) has_moved = true;
        return has_moved;
    }

    /// Whether both sides have ended, or one is broken and so the other one of no use.
    [[nodiscard]] bool is_over() const { return is_broken_ || (is_host_done_ && is_socket_done_); }

    [[nodiscard]] bool has_something_queued() const {
        unsigned long bytes = 0;
        libssh2_channel_window_read_ex(channel_.get(), &bytes, nullptr);
        const bool has_ended = !is_host_done_ && libssh2_channel_eof(channel_.get()) != 0;
        return to_socket_.empty() && (bytes != 0 || has_ended);
    }

    void add_to(std::vector<pollfd>& wanted) const {
        short events = 0;
        if (!to_socket_.empty()) events |= POLLOUT;
        if (to_channel_.empty() && !is_socket_done_) events |= POLLIN;
        if (events != 0) wanted.push_back({socket_.number(), events, 0});
    }

 private:
    /// Takes what the host has sent, and gives it to the socket. Returns whether anything moved.
    bool send_to_socket() {
        if (to_socket_.empty()) return take_from_channel();
        const auto bytes = to_socket_.bytes();
        const ssize_t size = send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0) return has_failed();
        to_socket_.taken(static_cast<std::size_t>(size));
        return true;
    }

    bool take_from_channel() {
        if (is_host_done_) return false;
        const auto size = connection_.attempt([this] {
            return libssh2_channel_read_ex(channel_.get(), 0, to_socket_.data(),
                                           to_socket_.capacity());
        });
        if (size > 0) {
            to_socket_.filled(static_cast<std::size_t>(size));
            return true;
        }
        if (size < 0 && size != LIBSSH2_ERROR_EAGAIN) return fail(static_cast<int>(size));
        if (libssh2_channel_eof(channel_.get()) == 0) return false;
        is_host_done_ = true;
        shutdown(socket_.number(), SHUT_WR);
        return true;
    }

    /// Takes what the socket has, and gives it to the host. Returns whether anything moved.
    bool send_to_channel() {
        if (to_channel_.empty()) return take_from_socket();
        const auto size = connection_.attempt([this] {
            const auto bytes = to_channel_.bytes();
            return libssh2_channel_write_ex(channel_.get(), 0, bytes.data(), bytes.size());
        });
        if (size == LIBSSH2_ERROR_EAGAIN) return false;
        if (size < 0) return fail(static_cast<int>(size));
        to_channel_.taken(static_cast<std::size_t>(size));
        return size > 0;
    }

    bool take_from_socket() {
        if (is_socket_done_) return false;
        const ssize_t size = recv(socket_.number(), to_channel_.data(), to_channel_.capacity(), 0);
        if (size < 0) return has_failed();
        to_channel_.filled(static_cast<std::size_t>(size));
        if (size > 0) return true;
        is_socket_done_ = true;
        (void)connection_.attempt([this] { return libssh2_channel_send_eof(channel_.get()); });
        return true;
    }

    /// What a call on the socket has come to: to nothing yet, or to an end.
    bool has_failed() {
        is_broken_ = errno != EAGAIN && errno != EINTR && errno != ENOTCONN;
        return is_broken_;
    }

    bool fail(int code) {
        if (Connection::means_lost(code)) throw connection_.lost();
        is_broken_ = true;
        return true;
    }

    Connection& connection_;
    ChannelHandle channel_;
    detail::Descriptor socket_;
    Pending to_socket_;
    Pending to_channel_;
    bool is_host_done_ = false;
    bool is_socket_done_ = false;
    bool is_broken_ = false;
};

ForwardedPort::ForwardedPort(Connection& connection) : connection_(connection) {
    constexpr int any_port = 0;
    constexpr int most_waiting = 16;
    int number = 0;
    listener_ = connection.call_pointer(Clock::now() + patience, [&] {
        return libssh2_channel_forward_listen_ex(connection.session(), "127.0.0.1", any_port,
                                                 &number, most_waiting);
    });
    if (listener_ == nullptr) {
        throw connection.failure(
            libssh2_session_last_errno(connection.session()),
            "the host does not reach this machine, and its sshd forwards no port "
            "(AllowTcpForwarding); let the host connect to this machine (firewall), or start the "
            "job from one of the hosts");
    }
    number_ = static_cast<std::uint16_t>(number);
}

ForwardedPort::~ForwardedPort() = default;

bool ForwardedPort::advance(std::uint16_t local_port) {
    bool has_moved = false;
    while (let_in(local_port)) has_moved = true;
    for (const auto& relay : relays_) has_moved = relay->advance() || has_moved;
    std::erase_if(relays_, [](const auto& relay) { return relay->is_over(); });
    return has_moved;
}

bool ForwardedPort::let_in(std::uint16_t local_port) {
    ChannelHandle channel(
        connection_.attempt_pointer([this] { return libssh2_channel_forward_accept(listener_); }),
        ChannelEnd{connection_.session()});
    // Whoever reads next learns whether the connection is lost.
    if (!channel) return false;
    relays_.push_back(
        std::make_unique<Relay>(connection_, std::move(channel), socket_to(local_port)));
    return true;
}

bool ForwardedPort::has_something_queued() const {
    return std::ranges::any_of(relays_,
                               [](const auto& relay) { return relay->has_something_queued(); });
}

void ForwardedPort::add_to(std::vector<pollfd>& wanted) const {
    for (const auto& relay : relays_) relay->add_to(wanted);
}

}  // namespace renoir::launch
