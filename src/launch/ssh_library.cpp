#include "launch/ssh_library.hpp"

#include <malloc.h>
#include <string.h>
#include <renoir/base/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace renoir::launch {
namespace {

// Passwords, keys and what was read from key files pass through memory of the library.
void* allocate(std::size_t size, void** /*owner*/) {
    return std::malloc(size);
}

void wipe_and_free(void* memory, void** /*owner*/) {
    if (memory != nullptr) explicit_bzero(memory, malloc_usable_size(memory));
    std::free(memory);
}

void* reallocate(void* memory, std::size_t size, void** owner) {
    void* larger = std::malloc(size);
    if (larger == nullptr || memory == nullptr) return larger;
    std::memcpy(larger, memory, std::min(size, malloc_usable_size(memory)));
    wipe_and_free(memory, owner);
    return larger;
}

/// The one state of the library for the whole process, never taken down: other threads may use it.
void initialise_once() {
    static const int failure = libssh2_init(0);
    if (failure == 0) return;
    throw Error(ErrorKind::internal,
                "the SSH library cannot be initialised (code " + std::to_string(failure) + ")");
}

}  // namespace

void block_for_a_moment(LIBSSH2_SESSION* session) noexcept {
    constexpr long milliseconds = 500;
    libssh2_session_set_blocking(session, 1);
    libssh2_session_set_timeout(session, milliseconds);
}

void SessionEnd::operator()(LIBSSH2_SESSION* session) const noexcept {
    block_for_a_moment(session);
    libssh2_session_free(session);
}

SessionHandle new_session() {
    initialise_once();
    SessionHandle session(libssh2_session_init_ex(allocate, wipe_and_free, reallocate, nullptr));
    if (!session) throw std::bad_alloc();
    return session;
}

void ChannelEnd::operator()(LIBSSH2_CHANNEL* channel) const noexcept {
    with_blocking_session(session, [channel] { libssh2_channel_free(channel); });
}

char* copy_for_library(std::string_view text) noexcept {
    auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
    if (copy == nullptr) return nullptr;
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return copy;
}

std::string last_words(LIBSSH2_SESSION* session) {
    char* text = nullptr;
    int length = 0;
    libssh2_session_last_error(session, &text, &length, 0);
    return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(length));
}

bool can_use_rsa() noexcept {
    constexpr int first_with_new_signatures = 0x010b00;
    return libssh2_version(first_with_new_signatures) != nullptr;
}

}  // namespace renoir::launch
