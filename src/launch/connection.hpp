#pragma once

/// An SSH connection to one host, from the search for its address up to the exchange of keys. It is
/// never blocked for longer than it is told.
///
///     Connection connection(entry, 22, algorithms, deadline);
///     int code = connection.call(deadline, [&] { return libssh2_...(connection.session()); });

#include <libssh2.h>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "launch/host_entry.hpp"
#include "launch/ssh_library.hpp"

namespace renoir::launch {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

class Connection {
 public:
    /// `known_types` are the types of the host's keys that are known: they are preferred. Throws
    /// Error (configuration) when no SSH server answers in `patience`. A server that drops the
    /// connection at once, as a busy one does, is tried again.
    Connection(HostEntry entry, std::uint16_t port, std::vector<std::string> known_types,
               std::chrono::milliseconds patience);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] LIBSSH2_SESSION* session() const { return session_.get(); }
    [[nodiscard]] const HostEntry& entry() const { return entry_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// The key that the host has proved to own.
    [[nodiscard]] std::string host_key() const;

    /// From now on a silent host is asked for a sign of life. For a connection that is logged in.
    void keep_alive();

    /// Makes the other side, and so this one, see the end of the connection. For any thread.
    void interrupt() const noexcept;

    /// The address of this machine; empty if it is not one of IPv4.
    [[nodiscard]] std::string local_address() const;

    /// Repeats a function of the library until it is done and returns its result. Throws like
    /// await().
    template <class Call>
    auto call(Deadline deadline, Call function);

    /// The same where the result is a pointer; null when it failed.
    template <class Call>
    auto* call_pointer(Deadline deadline, Call function);

    /// A call that may find nothing to do yet: only what the library has begun to send is finished,
    /// since it refuses to send anything else before. Returns the result or LIBSSH2_ERROR_EAGAIN.
    template <class Call>
    auto attempt(Call function);

    /// The same where the result is a pointer; null when there is nothing or it failed.
    template <class Call>
    auto* attempt_pointer(Call function);

    /// Waits until there may be progress, here or with the others. Throws Error (cancelled) when
    /// the deadline has passed. Once keep_alive() was called it returns every three seconds.
    void await(Deadline deadline, std::vector<pollfd> others = {});

    /// What to throw after the library has failed with `code`: that the connection is lost, if it
    /// is, or else `text`.
    [[nodiscard]] Error failure(int code, const std::string& text,
                                ErrorKind kind = ErrorKind::configuration) const;

    [[nodiscard]] static bool means_lost(int code) noexcept;
    [[nodiscard]] Error lost() const;

 private:
    void connect(Deadline deadline);
    [[nodiscard]] bool shake_hands(Deadline deadline);
    [[nodiscard]] std::string host_key_preference() const;
    void prefer(int method, const std::string& names);
    void wait_for_socket(short events, std::chrono::milliseconds time,
                         std::vector<pollfd> others = {}) const;
    [[nodiscard]] bool is_sending() const;
    void await_sending();

    HostEntry entry_;
    std::uint16_t port_;
    std::vector<std::string> known_types_;
    std::chrono::milliseconds patience_;
    detail::Descriptor socket_;
    SessionHandle session_;
};

template <class Call>
auto Connection::attempt(Call function) {
    auto result = function();
    while (result == LIBSSH2_ERROR_EAGAIN && is_sending()) {
        await_sending();
        result = function();
    }
    return result;
}

template <class Call>
auto* Connection::attempt_pointer(Call function) {
    auto* result = function();
    while (result == nullptr && libssh2_session_last_errno(session()) == LIBSSH2_ERROR_EAGAIN &&
           is_sending()) {
        await_sending();
        result = function();
    }
    return result;
}

template <class Call>
auto Connection::call(Deadline deadline, Call function) {
    auto result = function();
    while (result == LIBSSH2_ERROR_EAGAIN) {
        await(deadline);
        result = function();
    }
    return result;
}

template <class Call>
auto* Connection::call_pointer(Deadline deadline, Call function) {
    auto* result = function();
    while (result == nullptr && libssh2_session_last_errno(session()) == LIBSSH2_ERROR_EAGAIN) {
        await(deadline);
        result = function();
    }
    return result;
}

}  // namespace renoir::launch
