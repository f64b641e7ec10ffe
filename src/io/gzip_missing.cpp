#include "io/byte_stream.hpp"
#include "io/descriptor.hpp"

namespace renoir::io::detail {

void require_gzip(const std::string& path) {
    throw read_error(path,
                     "it is compressed with gzip, and this build of renoir has no zlib; "
                     "decompress it first or build renoir with zlib");
}

std::unique_ptr<ByteStream> open_gzip(std::string path) {
    require_gzip(path);
    return nullptr;
}

}  // namespace renoir::io::detail
