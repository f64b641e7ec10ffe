#include "launch/command.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

namespace renoir::launch {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;

/// Whether a read would stop this process, as one in the background of its terminal.
bool is_terminal_of_others(int descriptor) {
    const pid_t owner = tcgetpgrp(descriptor);
    return owner > 0 && owner != getpgrp();
}

bool can_read_now(int descriptor) {
    pollfd wanted{descriptor, POLLIN, 0};
    return !is_terminal_of_others(descriptor) && poll(&wanted, 1, 0) == 1;
}

/// A long command is told by its beginning.
std::string named(const std::string& command) {
    constexpr std::size_t enough = 60;
    return "'" + (command.size() <= enough ? command : command.substr(0, enough) + "...") + "'";
}

class Command {
 public:
    Command(Connection& connection, const std::string& command, const RunOptions& options)
        : connection_(connection),
          command_(command),
          options_(options),
          deadline_(options.limit.count() == 0 ? Deadline::max() : Clock::now() + options.limit),
          input_(options.input),
          is_source_ended_(options.input_descriptor < 0),
          channel_(open(), ChannelEnd{connection.session()}) {
        check(connection_.call(
            deadline_, [this] { return libssh2_channel_exec(channel(), command_.c_str()); }));
    }

    /// Sends and receives what can be without waiting. Returns whether anything was.
    bool advance() {
        bool has_moved = send_input();
        has_moved = receive(0) || has_moved;
        return receive(SSH_EXTENDED_DATA_STDERR) || has_moved;
    }

    /// Whether something has come already, which no sign of the socket will tell: whoever reads
    /// from a connection takes in what has come for others.
    [[nodiscard]] bool has_something_queued() const {
        // libssh2_poll_channel_read() fails on what answers a keepalive.
        unsigned long bytes = 0;
        libssh2_channel_window_read_ex(channel(), &bytes, nullptr);
        return bytes != 0 || is_at_end();
    }

    /// Adds what has to be waited for besides the connection's own socket.
    void add_to(std::vector<pollfd>& wanted) const {
        if (is_input_ended_ || is_source_ended_ || !input_.empty()) return;
        const int descriptor = options_.input_descriptor;
        if (!is_terminal_of_others(descriptor)) wanted.push_back({descriptor, POLLIN, 0});
    }

    /// Whether all output has been taken, and there will be no more.
    [[nodiscard]] bool is_at_end() const { return libssh2_channel_eof(channel()) != 0; }

    [[nodiscard]] Deadline deadline() const { return deadline_; }

    [[nodiscard]] Error too_slow() const {
        const auto limit = std::chrono::duration_cast<std::chrono::seconds>(options_.limit);
        return connection_.entry().error(named(command_) + " does not end within " +
                                             std::to_string(limit.count()) +
                                             " s; check the load of the host",
                                         ErrorKind::cancelled);
    }

    /// Once, at the end.
    RemoteResult take_result() {
        check(connection_.call(deadline_, [this] { return libssh2_channel_close(channel()); }));
        check(
            connection_.call(deadline_, [this] { return libssh2_channel_wait_closed(channel()); }));
        result_.signal = signal();
        result_.exit_status = libssh2_channel_get_exit_status(channel());
        return std::move(result_);
    }

 private:
    [[nodiscard]] LIBSSH2_CHANNEL* channel() const { return channel_.get(); }

    LIBSSH2_CHANNEL* open() {
        LIBSSH2_CHANNEL* channel = connection_.call_pointer(
            deadline_, [this] { return libssh2_channel_open_session(connection_.session()); });
        if (channel == nullptr) check(libssh2_session_last_errno(connection_.session()));
        return channel;
    }

    void check(int code) const {
        if (code == 0) return;
        throw connection_.failure(code, "the host does not run " + named(command_) + " (" +
                                            last_words(connection_.session()) +
                                            "); check what its sshd lets this user do");
    }

    /// Returns whether something was sent.
    bool send_input() {
        if (is_input_ended_) return false;
        if (input_.empty() && !is_source_ended_) take_input();
        if (input_.empty() && (!is_source_ended_ || options_.is_input_open)) return false;
        const auto code = connection_.attempt([this]() -> ssize_t {
            return input_.empty() ? libssh2_channel_send_eof(channel())
                                  : libssh2_channel_write(channel(), input_.data(), input_.size());
        });
        if (code == LIBSSH2_ERROR_EAGAIN) return false;
        // A command may end without having read all its input.
        const bool is_closed =
            code == LIBSSH2_ERROR_CHANNEL_CLOSED || code == LIBSSH2_ERROR_CHANNEL_EOF_SENT;
        if (code < 0 && !is_closed) check(static_cast<int>(code));
        if (is_closed || input_.empty()) {
            is_input_ended_ = true;
        } else {
            input_.remove_prefix(static_cast<std::size_t>(code));
        }
        return true;
    }

    /// What there is at the moment, or that there will be no more.
    void take_input() {
        if (!can_read_now(options_.input_descriptor)) return;
        input_buffer_.resize(buffer_size);
        const ssize_t size = read(options_.input_descriptor, input_buffer_.data(), buffer_size);
        if (size > 0) input_ = {input_buffer_.data(), static_cast<std::size_t>(size)};
        is_source_ended_ = size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
    }

    /// Returns whether something has come.
    bool receive(int stream) {
        const auto size = connection_.attempt([this, stream] {
            return libssh2_channel_read_ex(channel(), stream, buffer_.data(), buffer_.size());
        });
        if (size == LIBSSH2_ERROR_EAGAIN || size == 0) return false;
        if (size < 0) {
            throw connection_.failure(static_cast<int>(size),
                                      "the output of " + named(command_) + " cannot be read (" +
                                          last_words(connection_.session()) + "); try again");
        }
        const std::string_view text(buffer_.data(), static_cast<std::size_t>(size));
        const auto& take = stream == 0 ? options_.on_output : options_.on_error;
        if (take) {
            take(text);
        } else {
            (stream == 0 ? result_.output : result_.error) += text;
        }
        return true;
    }

    [[nodiscard]] std::string signal() const {
        char* name = nullptr;
        libssh2_channel_get_exit_signal(channel(), &name, nullptr, nullptr, nullptr, nullptr,
                                        nullptr);
        if (name == nullptr) return {};
        std::string text = name;
        libssh2_free(connection_.session(), name);
        return text;
    }

    Connection& connection_;
    const std::string& command_;
    const RunOptions& options_;
    Deadline deadline_;
    std::string_view input_;
    std::vector<char> input_buffer_;  ///< of what was read from the descriptor
    bool is_source_ended_;
    bool is_input_ended_ = false;
    std::vector<char> buffer_ = std::vector<char>(buffer_size);
    RemoteResult result_;
    ChannelHandle channel_;
};

}  // namespace

RemoteResult run_command(Connection& connection, const std::string& text,
                         const RunOptions& options) {
    Command command(connection, text, options);
    while (true) {
        const bool has_moved = command.advance();
        if (command.is_at_end()) return command.take_result();
        if (has_moved || command.has_something_queued()) continue;
        if (Clock::now() >= command.deadline()) throw command.too_slow();
        std::vector<pollfd> others;
        command.add_to(others);
        connection.await(command.deadline(), std::move(others));
    }
}

namespace {

/// One of several commands.
struct Running {
    const RemoteCommand* request;
    RunOptions options;
    std::unique_ptr<Command> command;
};

}  // namespace

void run_commands(Connection& connection, const std::vector<RemoteCommand>& commands,
                  ForwardedPort* port, std::uint16_t local_port) {
    std::vector<Running> running;
    running.reserve(commands.size());
    for (const RemoteCommand& request : commands) {
        RunOptions options;
        options.limit = std::chrono::milliseconds(0);
        options.on_output = request.on_output;
        options.on_error = request.on_error;
        options.input_descriptor = request.input_descriptor;
        options.is_input_open = request.is_companion;
        running.push_back({&request, std::move(options), nullptr});
    }
    for (Running& each : running) {
        each.command = std::make_unique<Command>(connection, each.request->command, each.options);
    }
    const auto is_needed = [](const Running& each) { return !each.request->is_companion; };
    while (std::ranges::any_of(running, is_needed)) {
        bool has_moved = false;
        for (Running& each : running) has_moved = each.command->advance() || has_moved;
        std::erase_if(running, [](const Running& each) {
            if (!each.command->is_at_end()) return false;
            each.request->on_end(each.command->take_result());
            return true;
        });
        // What wants to connect may have come with what the commands have read.
        if (port != nullptr) has_moved = port->advance(local_port) || has_moved;
        const bool is_queued = (port != nullptr && port->has_something_queued()) ||
                               std::ranges::any_of(running, [](const Running& each) {
                                   return each.command->has_something_queued();
                               });
        if (has_moved || is_queued || std::ranges::none_of(running, is_needed)) continue;
        std::vector<pollfd> others;
        if (port != nullptr) port->add_to(others);
        for (const Running& each : running) each.command->add_to(others);
        connection.await(Deadline::max(), std::move(others));
    }
}

}  // namespace renoir::launch
