#include "io/byte_stream.hpp"
#include "io/descriptor.hpp"

namespace renoir::io::detail {

void require_zstd(const std::string& path) {
    throw read_error(path,
                     "it is compressed with zstd, and this build of renoir has no libzstd; "
                     "decompress it first or build renoir with libzstd");
}

std::unique_ptr<ByteStream> open_zstd(std::string path) {
    require_zstd(path);
    return nullptr;
}

}  // namespace renoir::io::detail
