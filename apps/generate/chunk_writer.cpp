#include "chunk_writer.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <renoir/base/error.hpp>
#include <thread>
#include <vector>

namespace generate {

namespace {

class ChunkWriter {
 public:
    ChunkWriter(const ChunkSource& source, OutputFile& file, bool (*interrupted)())
        : source_(source), file_(file), interrupted_(interrupted) {}

    void run(unsigned threads) {
        {
            std::vector<std::jthread> helpers;
            for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
            work();
        }
        if (problem_) std::rethrow_exception(problem_);
    }

 private:
    void work() noexcept {
        try {
            write_until_done();
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!problem_) problem_ = std::current_exception();
            turn_came_.notify_all();
        }
    }

    void write_until_done() {
        std::vector<char> buffer(source_.max_chunk_bytes());
        const std::uint64_t chunks = source_.chunk_count();
        for (;;) {
            const std::uint64_t chunk = next_++;
            if (chunk >= chunks) return;
            if (interrupted_()) {
                throw renoir::Error(renoir::ErrorKind::cancelled,
                                    "interrupted; the unfinished file is removed, start again");
            }
            const std::size_t size = source_.fill(chunk, buffer.data());
            const auto offset = take_place(chunk, size);
            if (!offset) return;
            file_.write_at(*offset, {buffer.data(), size});
        }
    }

    /// The offset of a chunk, known once all chunks before it have their size; nothing if another
    /// thread failed.
    std::optional<std::uint64_t> take_place(std::uint64_t chunk, std::size_t size) {
        std::unique_lock lock(mutex_);
        turn_came_.wait(lock, [&] { return turn_ == chunk || problem_; });
        if (problem_) return std::nullopt;
        const std::uint64_t offset = end_;
        end_ += size;
        ++turn_;
        turn_came_.notify_all();
        return offset;
    }

    const ChunkSource& source_;
    OutputFile& file_;
    bool (*interrupted_)();
    std::atomic<std::uint64_t> next_{0};

    std::mutex mutex_;
    std::condition_variable turn_came_;
    std::uint64_t turn_ = 0;
    std::uint64_t end_ = 0;
    std::exception_ptr problem_;
};

}  // namespace

void write_chunks(const ChunkSource& source, OutputFile& file, unsigned threads,
                  bool (*interrupted)()) {
    ChunkWriter(source, file, interrupted).run(threads);
}

}  // namespace generate
