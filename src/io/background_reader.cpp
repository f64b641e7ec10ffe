#include <renoir/io/background_reader.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "io/byte_stream.hpp"
#include "io/descriptor.hpp"
#include "io/line_buffer.hpp"

namespace renoir::io {
namespace {

/// Blocks read ahead.
constexpr std::size_t most_blocks = 4;

/// An event that a thread waiting in poll() notices. Once set it stays so.
class StopEvent {
 public:
    StopEvent() : event_(::eventfd(0, EFD_CLOEXEC)) {
        if (event_.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }

    void set() noexcept {
        const std::uint64_t one = 1;
        // Cannot fail: the counter is far from its limit.
        static_cast<void>(!::write(event_.get(), &one, sizeof one));
    }
    [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

 private:
    detail::Descriptor event_;
};

/// Reads a descriptor that may have nothing for a long time; ends early when it is told to stop.
class WaitingStream : public detail::ByteStream {
 public:
    WaitingStream(int descriptor, const std::string& name, const StopEvent& stop)
        : descriptor_(descriptor), name_(name), stop_(stop) {}

    std::size_t read(char* to, std::size_t room) override {
        while (!ended_) {
            if (!wait()) break;
            const ssize_t count = ::read(descriptor_, to, room);
            if (count > 0) return static_cast<std::size_t>(count);
            if (count == 0) break;
            if (errno != EINTR && errno != EAGAIN) throw detail::system_read_error(name_, errno);
        }
        ended_ = true;
        return 0;
    }

 private:
    /// True when there may be something to read, false when it is time to stop.
    [[nodiscard]] bool wait() const {
        std::array<pollfd, 2> events = {
            {{descriptor_, POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
        while (::poll(events.data(), events.size(), -1) < 0) {
            if (errno != EINTR) throw detail::system_read_error(name_, errno);
        }
        return events[1].revents == 0;
    }

    int descriptor_;
    const std::string& name_;
    const StopEvent& stop_;
    bool ended_ = false;
};

}  // namespace

class BackgroundReader::State {
 public:
    State(int descriptor, std::string name)
        : name_(std::move(name)),
          descriptor_(open_descriptor(descriptor)),
          thread_([this] { run(); }) {}

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() {
        stop_.set();
        {
            const std::scoped_lock lock(mutex_);
            stopping_ = true;
        }
        room_.notify_one();
        thread_.join();
    }

    std::optional<std::string_view> try_next() {
        std::exception_ptr failure;
        {
            const std::scoped_lock lock(mutex_);
            recycle_current();
            if (!ready_.empty()) {
                current_ = std::move(ready_.front());
                ready_.pop_front();
            } else if (!ended_) {
                return std::nullopt;
            } else {
                failure = failure_;
            }
        }
        if (failure) std::rethrow_exception(failure);
        room_.notify_one();
        return std::string_view(current_.memory.data(), current_.size);
    }

    void set_wakeup(std::function<void()> wakeup) {
        const std::scoped_lock lock(wakeup_mutex_);
        wakeup_ = std::move(wakeup);
        if (wakeup_ && something_there()) wakeup_();
    }

 private:
    struct Block {
        detail::Memory memory;
        std::size_t size = 0;
    };

    void run() noexcept {
        try {
            WaitingStream stream(descriptor_, name_, stop_);
            detail::LineBuffer lines;
            for (;;) {
                const std::size_t size = lines.next(stream).size();
                if (size == 0 || !wait_for_room()) break;
                put({lines.release(take_spare()), size});
                wake();
            }
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            failure_ = std::current_exception();
        }
        {
            const std::scoped_lock lock(mutex_);
            ended_ = true;
        }
        wake();
    }

    [[nodiscard]] bool wait_for_room() {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return stopping_ || ready_.size() < most_blocks; });
        return !stopping_;
    }

    [[nodiscard]] detail::Memory take_spare() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(spare_, {});
    }

    void put(Block block) {
        const std::scoped_lock lock(mutex_);
        ready_.push_back(std::move(block));
    }

    [[nodiscard]] bool something_there() {
        const std::scoped_lock lock(mutex_);
        return ended_ || !ready_.empty();
    }

    void wake() {
        const std::scoped_lock lock(wakeup_mutex_);
        if (wakeup_) wakeup_();
    }

    void recycle_current() {
        if (current_.memory.data() != nullptr) spare_ = std::move(current_.memory);
        current_ = {};
    }

    /// Where nothing is open, the next thing to be opened, perhaps the event below, would be read.
    [[nodiscard]] int open_descriptor(int descriptor) const {
        if (::fcntl(descriptor, F_GETFD) < 0) throw detail::system_read_error(name_, errno);
        return descriptor;
    }

    std::string name_;
    int descriptor_;
    StopEvent stop_;

    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<Block> ready_;
    detail::Memory spare_;
    Block current_;
    bool ended_ = false;
    bool stopping_ = false;
    std::exception_ptr failure_;

    /// Held during the call, so that a function that was replaced is not running any more.
    std::mutex wakeup_mutex_;
    std::function<void()> wakeup_;

    /// Last: it uses all of the above.
    std::thread thread_;
};

BackgroundReader::BackgroundReader(int descriptor, std::string name)
    : state_(std::make_unique<State>(descriptor, std::move(name))) {}

BackgroundReader::~BackgroundReader() = default;

std::optional<std::string_view> BackgroundReader::try_next() {
    return state_->try_next();
}

void BackgroundReader::set_wakeup(std::function<void()> wakeup) {
    state_->set_wakeup(std::move(wakeup));
}

}  // namespace renoir::io
