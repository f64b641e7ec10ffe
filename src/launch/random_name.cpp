#include "launch/random_name.hpp"

#include "launch/sha256.hpp"

#include <random>

namespace renoir::launch {

std::string random_name() {
    std::random_device device;
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(device() & 255);
    return hexadecimal(bytes);
}

}  // namespace renoir::launch
