#include <renoir/base/hash.hpp>

namespace renoir::detail {

std::uint64_t hash_long_text(const char* data, std::size_t length) noexcept {
    std::uint64_t seed = hash_secret_0 ^ length;
    std::size_t position = 0;
    for (; position + 16 < length; position += 16) {
        seed = fold_multiply(load_word(data + position) ^ hash_secret_1,
                             load_word(data + position + 8) ^ seed);
    }
    const char* last = data + length - 16;
    return fold_multiply(hash_secret_2 ^ length, fold_multiply(load_word(last) ^ hash_secret_1,
                                                               load_word(last + 8) ^ seed));
}

}  // namespace renoir::detail
