#include "base/program_identity.hpp"

#include <renoir/base/hash.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace renoir::detail {

namespace {

std::uint64_t hash_of_file(const char* path) {
    constexpr std::streamsize block_bytes = std::streamsize{1} << 20;
    std::ifstream file(path, std::ios::binary);
    std::vector<char> block(static_cast<std::size_t>(block_bytes));
    std::uint64_t hash = 0;
    while (file.read(block.data(), block_bytes), file.gcount() > 0) {
        const std::string_view bytes(block.data(), static_cast<std::size_t>(file.gcount()));
        hash = hash_combine(hash, hash_of(bytes));
    }
    return hash;
}

}  // namespace

const ProgramIdentity& program_identity() {
    static const ProgramIdentity identity{hash_of_file("/proc/self/exe"),
                                          hash_of_file("/proc/self/cmdline")};
    return identity;
}

}  // namespace renoir::detail
