#include "launch/line_writer.hpp"

#include <renoir/base/error.hpp>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>
#include <utility>

namespace renoir::launch {
namespace {

// ---- names -------------------------------------------------------------------------------------

/// "host2" of host2.lan; the whole of an IP address.
std::string_view first_part(std::string_view address) {
    const bool is_ip = address.find(':') != address.npos ||
                       address.find_first_not_of("0123456789.") == address.npos;
    return is_ip ? address : address.substr(0, address.find('.'));
}

std::string label_of(const HostConfig& host, const std::vector<HostConfig>& hosts) {
    const std::string_view part = first_part(host.address);
    const bool is_part_clear = std::ranges::none_of(hosts, [&](const HostConfig& other) {
        return other.address != host.address && first_part(other.address) == part;
    });
    std::string label(is_part_clear ? part : std::string_view(host.address));
    if (std::ranges::count(hosts, host.address, &HostConfig::address) > 1) {
        label.append(":").append(std::to_string(host.base_port));
    }
    return label;
}

// ---- writing -----------------------------------------------------------------------------------

/// While it lives a write to a pipe without a reader fails in this thread, but sends no signal that
/// would end the process.
class WithoutPipeSignal {
 public:
    WithoutPipeSignal() {
        sigemptyset(&pipe_signal_);
        sigaddset(&pipe_signal_, SIGPIPE);
        sigset_t waiting;
        sigpending(&waiting);
        was_waiting_ = sigismember(&waiting, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_signal_, &before_);
    }

    ~WithoutPipeSignal() {
        const timespec no_time{};
        // A signal that waited before is somebody else's and stays.
        while (!was_waiting_ && sigtimedwait(&pipe_signal_, nullptr, &no_time) > 0) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

    WithoutPipeSignal(const WithoutPipeSignal&) = delete;
    WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
    sigset_t pipe_signal_{};
    sigset_t before_{};
    bool was_waiting_ = false;
};

std::string name_of(int descriptor) {
    if (descriptor == STDOUT_FILENO) return "standard output";
    if (descriptor == STDERR_FILENO) return "standard error";
    return "descriptor " + std::to_string(descriptor);
}

Error cannot_write(int descriptor, int code) {
    return {ErrorKind::output, "the output of the hosts cannot be written to " +
                                   name_of(descriptor) + ": " +
                                   std::generic_category().message(code) +
                                   "; make room there or write to another place"};
}

void wait_until_writable(int descriptor) {
    pollfd wanted{descriptor, POLLOUT, 0};
    // Whatever ends the wait, an interruption as well: the next write tells more.
    poll(&wanted, 1, -1);
}

/// False when nobody reads any more.
bool write_all(int descriptor, std::string_view bytes) {
    const WithoutPipeSignal guard;
    while (!bytes.empty()) {
        const ssize_t written = write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            wait_until_writable(descriptor);
        } else if (errno == EPIPE) {
            return false;
        } else if (errno != EINTR) {
            throw cannot_write(descriptor, errno);
        }
    }
    return true;
}

}  // namespace

std::vector<std::string> host_labels(const std::vector<HostConfig>& hosts) {
    std::vector<std::string> labels;
    for (const HostConfig& host : hosts) labels.push_back(label_of(host, hosts));
    return labels;
}

LineWriter::LineWriter(int descriptor, std::vector<std::string> labels, LineStyle style)
    : descriptor_(descriptor), labels_(std::move(labels)), style_(style) {}

void LineWriter::add(std::size_t rank, std::string_view text, bool has_newline) {
    if (is_reader_gone_) return;
    begin_line();
    if (needs_label(rank)) add_label(rank);
    text_ += text;
    if (has_newline) text_ += '\n';
    is_in_line_ = !has_newline;
}

void LineWriter::add(std::string_view text) {
    if (is_reader_gone_) return;
    begin_line();
    text_.append(text).append(1, '\n');
}

bool LineWriter::flush() {
    if (!is_reader_gone_) is_reader_gone_ = !write_all(descriptor_, text_);
    text_.clear();
    return !is_reader_gone_;
}

void LineWriter::begin_line() {
    if (is_in_line_) text_ += '\n';
    is_in_line_ = false;
}

bool LineWriter::needs_label(std::size_t rank) {
    if (!first_rank_) first_rank_ = rank;
    has_several_ranks_ = has_several_ranks_ || rank != *first_rank_;
    return style_.labels == LabelMode::always ||
           (style_.labels == LabelMode::when_several && has_several_ranks_);
}

void LineWriter::add_label(std::size_t rank) {
    constexpr std::array<std::string_view, 6> colours{"\x1b[36m", "\x1b[33m", "\x1b[32m",
                                                      "\x1b[35m", "\x1b[34m", "\x1b[31m"};
    const std::string name = rank < labels_.size() ? labels_[rank] : "rank " + std::to_string(rank);
    if (style_.has_colours) text_ += colours[rank % colours.size()];
    text_.append("[").append(name).append("]");
    if (style_.has_colours) text_ += "\x1b[0m";
    text_ += ' ';
}

}  // namespace renoir::launch
