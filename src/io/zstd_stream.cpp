#include <zstd.h>

#include <memory>
#include <new>
#include <utility>

#include "io/byte_stream.hpp"
#include "io/compressed_file.hpp"

namespace renoir::io::detail {
namespace {

class ZstdStream : public ByteStream {
 public:
    explicit ZstdStream(std::string path)
        : file_(std::move(path)), decompressor_(ZSTD_createDStream()) {
        if (decompressor_ == nullptr) throw std::bad_alloc();
        // Files made with --long=31 are refused by default, for the memory they need.
        const ZSTD_bounds window = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
        static_cast<void>(
            ZSTD_DCtx_setParameter(decompressor_.get(), ZSTD_d_windowLogMax, window.upperBound));
    }

    std::size_t read(char* to, std::size_t room) override {
        ZSTD_outBuffer out = {to, room, 0};
        while (out.pos == 0) {
            const bool more = file_.fill();
            if (!more && !in_frame_) return 0;
            ZSTD_inBuffer in = {file_.data(), file_.size(), 0};
            const std::size_t result = ZSTD_decompressStream(decompressor_.get(), &out, &in);
            file_.consume(in.pos);
            if (ZSTD_isError(result) != 0) {
                throw file_.corrupt("zstd", ZSTD_getErrorName(result));
            }
            in_frame_ = result != 0;
            if (in_frame_ && !more && out.pos == 0) throw file_.truncated("zstd");
        }
        return out.pos;
    }

 private:
    struct Free {
        void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
    };

    CompressedFile file_;
    std::unique_ptr<ZSTD_DStream, Free> decompressor_;
    bool in_frame_ = false;
};

}  // namespace

void require_zstd(const std::string& /*path*/) {}

std::unique_ptr<ByteStream> open_zstd(std::string path) {
    return std::make_unique<ZstdStream>(std::move(path));
}

}  // namespace renoir::io::detail
