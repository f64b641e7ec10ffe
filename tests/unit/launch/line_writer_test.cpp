#include "launch/line_writer.hpp"

#include <renoir/base/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace renoir::launch;

namespace {

class Pipe {
 public:
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        reader_ = ends[0];
        writer_ = ends[1];
    }
    ~Pipe() {
        close_reader();
        close_writer();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int writer() const { return writer_; }
    void close_reader() { close_once(reader_); }
    void close_writer() { close_once(writer_); }

    /// Everything up to the end.
    [[nodiscard]] std::string read_all() const {
        std::string text;
        std::array<char, 1000> buffer{};
        ssize_t size = 0;
        while ((size = read(reader_, buffer.data(), buffer.size())) > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

 private:
    static void close_once(int& descriptor) {
        if (descriptor >= 0) close(descriptor);
        descriptor = -1;
    }

    int reader_ = -1;
    int writer_ = -1;
};

const std::vector<std::string> two_labels{"host1", "host2"};

struct Added {
    std::size_t rank = 0;
    std::string text;
    bool has_newline = true;
};

std::string written(const std::vector<Added>& lines, LineStyle style = {}) {
    Pipe pipe;
    LineWriter writer(pipe.writer(), two_labels, style);
    for (const Added& line : lines) writer.add(line.rank, line.text, line.has_newline);
    CHECK(writer.flush());
    CHECK(writer.pending() == 0);
    pipe.close_writer();
    return pipe.read_all();
}

renoir::HostConfig host(const std::string& address, std::uint16_t base_port = 9500) {
    renoir::HostConfig config;
    config.address = address;
    config.base_port = base_port;
    return config;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("the lines of one rank are printed as they are", "[launch]") {
    CHECK(written({{1, "a"}, {1, ""}, {1, std::string("\0\xff", 2)}, {1, "end", false}}) ==
          std::string("a\n\n\0\xff\nend", 9));
}

TEST_CASE("labels tell the lines of several ranks apart", "[launch]") {
    const std::vector<Added> lines{{0, "a"}, {1, "b"}, {0, "c"}, {7, "d"}};
    CHECK(written(lines) == "a\n[host2] b\n[host1] c\n[rank 7] d\n");
    CHECK(written(lines, {LabelMode::always}) == "[host1] a\n[host2] b\n[host1] c\n[rank 7] d\n");
    CHECK(written(lines, {LabelMode::never}) == "a\nb\nc\nd\n");
}

TEST_CASE("labels have a colour of their own, lines have none", "[launch]") {
    const std::string text = written({{0, "a"}, {1, "b"}}, {LabelMode::always, true});
    CHECK(text == "\x1b[36m[host1]\x1b[0m a\n\x1b[33m[host2]\x1b[0m b\n");
}

TEST_CASE("a line without an end is ended before another one", "[launch]") {
    CHECK(written({{0, "a", false}, {0, "b"}, {1, "c", false}, {1, "d", false}}) ==
          "a\nb\n[host2] c\n[host2] d");
    Pipe pipe;
    LineWriter writer(pipe.writer(), two_labels, {});
    writer.add(0, "a", false);
    CHECK(writer.flush());
    writer.add("message");
    CHECK(writer.flush());
    pipe.close_writer();
    CHECK(pipe.read_all() == "a\nmessage\n");
}

TEST_CASE("a full pipe that does not block loses nothing", "[launch]") {
    Pipe pipe;
    REQUIRE(fcntl(pipe.writer(), F_SETFL, O_NONBLOCK) == 0);
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    LineWriter writer(pipe.writer(), two_labels, {});
    std::string expected;
    bool is_read = true;
    for (int i = 0; i < 20000; ++i) {
        const std::string line = std::to_string(i) + std::string(100, 'x');
        writer.add(0, line);
        expected += line + "\n";
        if (i % 5000 == 4999) is_read = writer.flush() && is_read;
    }
    pipe.close_writer();
    reader.join();
    CHECK(is_read);
    CHECK(text == expected);
}

TEST_CASE("a reader that is gone ends the output, not the process", "[launch]") {
    Pipe pipe;
    pipe.close_reader();
    REQUIRE(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    LineWriter writer(pipe.writer(), two_labels, {});
    writer.add(0, "a");
    CHECK_FALSE(writer.flush());
    writer.add(0, "b");
    writer.add("message");
    CHECK(writer.pending() == 0);
    CHECK_FALSE(writer.flush());

    sigset_t waiting;
    REQUIRE(sigpending(&waiting) == 0);
    CHECK(sigismember(&waiting, SIGPIPE) == 0);
    sigset_t blocked;
    REQUIRE(pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0);
    CHECK(sigismember(&blocked, SIGPIPE) == 0);
}

TEST_CASE("output that cannot be written is an error", "[launch]") {
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    LineWriter writer(full, two_labels, {});
    writer.add(0, "a");
    CHECK_THROWS_WITH(writer.flush(),
                      "the output of the hosts cannot be written to descriptor " +
                          std::to_string(full) +
                          ": No space left on device; make room there or write to another place");
    close(full);
}

TEST_CASE("labels are short where that is clear", "[launch]") {
    CHECK(host_labels({host("host1.lan"), host("host2.lan"), host("10.0.0.1"), host("fd00::1")}) ==
          Labels{"host1", "host2", "10.0.0.1", "fd00::1"});
    CHECK(host_labels({host("n1.east"), host("n1.west"), host("n2.west")}) ==
          Labels{"n1.east", "n1.west", "n2"});
    CHECK(host_labels({host("n1.lan", 9500), host("n1.lan", 9600), host("n2.lan")}) ==
          Labels{"n1:9500", "n1:9600", "n2"});
}
