#pragma once

/// SHA-256 (FIPS 180-4), for fingerprints and for the contents of files.
///
///     Sha256 sum;
///     sum.add("abc");
///     std::string name = hexadecimal(sum.digest());

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace renoir::launch {

class Sha256 {
 public:
    void add(std::string_view bytes);

    /// The 32 bytes of the sum of all that was added; afterwards nothing can be added any more.
    [[nodiscard]] std::string digest();

 private:
    static constexpr std::size_t block_size = 64;

    void add_block(const char* block);

    std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<char, block_size> rest_{};
    std::size_t rest_size_ = 0;
    std::uint64_t size_ = 0;
};

[[nodiscard]] std::string hexadecimal(std::string_view bytes);

}  // namespace renoir::launch
