#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/compressed_file.hpp"

namespace renoir::io::detail {
namespace {

class GzipStream : public ByteStream {
 public:
    explicit GzipStream(std::string path) : file_(std::move(path)) {
        // 15 bits of window, and 16 for the gzip format alone.
        if (::inflateInit2(&inflater_, 15 + 16) != Z_OK) throw std::bad_alloc();
    }
    ~GzipStream() override { ::inflateEnd(&inflater_); }

    std::size_t read(char* to, std::size_t room) override {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        const auto wanted = static_cast<uInt>(std::min(room, most));
        inflater_.next_out = reinterpret_cast<Bytef*>(to);
        inflater_.avail_out = wanted;
        while (inflater_.avail_out == wanted) {
            const bool more = file_.fill();
            if (!in_member_) {
                if (!more) return 0;
                ::inflateReset(&inflater_);
                in_member_ = true;
            }
            inflate_some(more);
        }
        return wanted - inflater_.avail_out;
    }

 private:
    void inflate_some(bool more) {
        inflater_.next_in = file_.data();
        inflater_.avail_in = static_cast<uInt>(file_.size());
        const int code = ::inflate(&inflater_, Z_NO_FLUSH);
        file_.consume(file_.size() - inflater_.avail_in);
        if (code == Z_STREAM_END) {
            in_member_ = false;
        } else if (code == Z_BUF_ERROR && !more) {
            throw file_.truncated("gzip");
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            throw file_.corrupt("gzip", inflater_.msg != nullptr ? inflater_.msg : "bad data");
        }
    }

    CompressedFile file_;
    z_stream inflater_ = {};
    bool in_member_ = false;
};

}  // namespace

void require_gzip(const std::string& /*path*/) {}

std::unique_ptr<ByteStream> open_gzip(std::string path) {
    return std::make_unique<GzipStream>(std::move(path));
}

}  // namespace renoir::io::detail
