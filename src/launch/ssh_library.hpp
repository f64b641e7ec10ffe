#pragma once

/// libssh2 as the rest of this module uses it: initialised once, all its memory wiped when freed.

#include <libssh2.h>

#include <memory>
#include <string>
#include <string_view>

namespace renoir::launch {

/// Frees a session. What is still open on its host is closed in a moment or not at all.
struct SessionEnd {
    void operator()(LIBSSH2_SESSION* session) const noexcept;
};
using SessionHandle = std::unique_ptr<LIBSSH2_SESSION, SessionEnd>;

/// A session without a connection.
[[nodiscard]] SessionHandle new_session();

/// From now on a call of the library waits until it is done, for half a second.
void block_for_a_moment(LIBSSH2_SESSION* session) noexcept;

/// What only cleans up may block for a moment, and no longer when the host is gone.
template <class Call>
void with_blocking_session(LIBSSH2_SESSION* session, Call function) noexcept {
    block_for_a_moment(session);
    function();
    libssh2_session_set_timeout(session, 0);
    libssh2_session_set_blocking(session, 0);
}

/// Frees a channel, for which the library needs the connection: a moment for that, no more.
struct ChannelEnd {
    LIBSSH2_SESSION* session;

    void operator()(LIBSSH2_CHANNEL* channel) const noexcept;
};
using ChannelHandle = std::unique_ptr<LIBSSH2_CHANNEL, ChannelEnd>;

/// A copy for the library to keep and to free, such as the answer to a prompt; null without memory.
[[nodiscard]] char* copy_for_library(std::string_view text) noexcept;

/// The library's words for what went wrong last.
[[nodiscard]] std::string last_words(LIBSSH2_SESSION* session);

/// Whether RSA keys work with today's servers, which want newer signatures than libssh2 before 1.11
/// can make.
[[nodiscard]] bool can_use_rsa() noexcept;

}  // namespace renoir::launch
