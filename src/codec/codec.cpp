#include <renoir/codec/codec.hpp>

namespace renoir::detail {

void throw_item_too_large(std::size_t bytes) {
    throw Error(
        ErrorKind::usage,
        "one item holds a value of length " + std::to_string(bytes) +
            ", but at most 4294967295 can cross an exchange; split the item into smaller ones");
}

}  // namespace renoir::detail
