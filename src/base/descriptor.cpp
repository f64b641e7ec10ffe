#include "base/descriptor.hpp"

#include <renoir/base/error.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace renoir::detail {

Descriptor::~Descriptor() {
    if (number_ >= 0) close(number_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    Descriptor old(std::exchange(number_, std::exchange(other.number_, -1)));
    return *this;
}

WakeUp::WakeUp() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (event_.number() >= 0) return;
    throw Error(ErrorKind::configuration,
                "no file descriptor is left: " + std::generic_category().message(errno) +
                    "; raise the limit (ulimit -n)");
}

void WakeUp::set() noexcept {
    const std::uint64_t one = 1;
    // Fails only where it is set already.
    (void)!write(event_.number(), &one, sizeof one);
}

bool WakeUp::take() noexcept {
    std::uint64_t value = 0;
    return read(event_.number(), &value, sizeof value) == sizeof value;
}

}  // namespace renoir::detail
