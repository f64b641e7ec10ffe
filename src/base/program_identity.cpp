#include "base/program_identity.hpp"

#include <renoir/base/hash.hpp>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

namespace renoir::detail {

namespace {

std::uint64_t hash_of_rest(std::ifstream file) {
    constexpr std::streamsize block_bytes = std::streamsize{1} << 20;
    std::vector<char> block(static_cast<std::size_t>(block_bytes));
    std::uint64_t hash = 0;
    while (file.read(block.data(), block_bytes), file.gcount() > 0) {
        const std::string_view bytes(block.data(), static_cast<std::size_t>(file.gcount()));
        hash = hash_combine(hash, hash_of(bytes));
    }
    return hash;
}

std::ifstream open(const char* path) {
    return std::ifstream(path, std::ios::binary);
}

/// Without the name of the program, which may be in another place on each host.
std::ifstream open_arguments() {
    std::ifstream file = open("/proc/self/cmdline");
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\0');
    return file;
}

}  // namespace

const ProgramIdentity& program_identity() {
    static const ProgramIdentity identity{hash_of_rest(open("/proc/self/exe")),
                                          hash_of_rest(open_arguments())};
    return identity;
}

}  // namespace renoir::detail
