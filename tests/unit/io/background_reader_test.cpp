#include <renoir/io/background_reader.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <random>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "catch.hpp"
#include "text_files.hpp"

namespace {

using renoir::io::BackgroundReader;

class Pipe {
 public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        ::close(ends_[0]);
        close_writer();
    }

    [[nodiscard]] int reader() const { return ends_[0]; }

    void write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t count = ::write(ends_[1], text.data(), text.size());
            if (count < 0) throw std::runtime_error("write failed");
            text.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void close_writer() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }

 private:
    std::array<int, 2> ends_{};
};

/// Uses a reader as a worker would: sleeps until it is woken.
class Consumer {
 public:
    explicit Consumer(BackgroundReader& reader) : reader_(reader) {
        reader_.set_wakeup([this] { something_.release(); });
    }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;
    ~Consumer() { reader_.set_wakeup({}); }

    std::string_view next() {
        for (;;) {
            if (const auto block = reader_.try_next()) return *block;
            something_.acquire();
        }
    }

    std::string all() {
        std::string text;
        for (auto block = next(); !block.empty(); block = next()) text += block;
        return text;
    }

 private:
    BackgroundReader& reader_;
    std::counting_semaphore<> something_{0};
};

}  // namespace

TEST_CASE("lines come as soon as they are there") {
    Pipe pipe;
    BackgroundReader reader(pipe.reader(), "pipe");
    Consumer consumer(reader);
    CHECK(!reader.try_next().has_value());
    pipe.write("one\ntw");
    CHECK(consumer.next() == "one\n");
    CHECK(!reader.try_next().has_value());
    pipe.write("o\n");
    CHECK(consumer.next() == "two\n");
    pipe.write("three");
    pipe.close_writer();
    CHECK(consumer.next() == "three");
    CHECK(consumer.next().empty());
    CHECK(consumer.next().empty());
}

TEST_CASE("much text comes through in order and in whole lines") {
    Pipe pipe;
    std::mt19937 random(21);
    const std::string text = test::random_text(random, 5'000'000);
    BackgroundReader reader(pipe.reader(), "pipe");
    std::thread writer([&] {
        pipe.write(text);
        pipe.close_writer();
    });
    Consumer consumer(reader);
    std::string seen;
    bool whole = true;
    for (auto block = consumer.next(); !block.empty(); block = consumer.next()) {
        seen += block;
        whole = whole && (block.back() == '\n' || seen.size() == text.size());
    }
    writer.join();
    CHECK(whole);
    CHECK((seen == text));
}

TEST_CASE("a line of many megabytes comes in one block") {
    Pipe pipe;
    const std::string line = std::string(20'000'000, 'x') + '\n';
    BackgroundReader reader(pipe.reader(), "pipe");
    std::thread writer([&] {
        pipe.write(line);
        pipe.write("short\n");
        pipe.close_writer();
    });
    Consumer consumer(reader);
    const std::string first(consumer.next());
    CHECK(first.size() >= line.size());
    CHECK((first + consumer.all() == line + "short\n"));
    writer.join();
}

TEST_CASE("reading ahead is bounded") {
    Pipe pipe;
    // A pipe holds 64 KB, and five blocks are read ahead at most (one waits for its place).
    REQUIRE(::fcntl(pipe.reader(), F_SETPIPE_SZ, 4096) == 4096);
    BackgroundReader reader(pipe.reader(), "pipe");
    std::atomic<std::size_t> written = 0;
    const std::string line = std::string(4095, 'x') + '\n';
    constexpr std::size_t lines = 1000;
    std::thread writer([&] {
        for (std::size_t i = 0; i < lines; ++i) {
            pipe.write(line);
            written.fetch_add(1);
        }
        pipe.close_writer();
    });
    Consumer consumer(reader);
    REQUIRE(!consumer.next().empty());
    // Nothing more is taken: what has been written is in the pipe, in blocks or in use.
    CHECK(written.load() < lines / 2);
    CHECK(!consumer.all().empty());
    writer.join();
    CHECK(written.load() == lines);
}

TEST_CASE("a reader ends while nothing comes") {
    Pipe pipe;
    std::promise<void> ended;
    std::thread user([&] {
        { const BackgroundReader reader(pipe.reader(), "pipe"); }
        ended.set_value();
    });
    CHECK(ended.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    user.join();
}

TEST_CASE("a reader ends while nobody takes what it read") {
    Pipe pipe;
    pipe.write("a line\n");
    std::binary_semaphore woken(0);
    {
        BackgroundReader reader(pipe.reader(), "pipe");
        reader.set_wakeup([&] { woken.release(); });
        woken.acquire();
        reader.set_wakeup({});
    }
    // It has read the line and nothing after it.
    pipe.write("another\n");
    std::array<char, 100> rest{};
    CHECK(::read(pipe.reader(), rest.data(), rest.size()) == 8);
}

TEST_CASE("a wakeup that comes late is called at once") {
    Pipe pipe;
    pipe.close_writer();
    BackgroundReader reader(pipe.reader(), "pipe");
    { Consumer(reader).all(); }
    int calls = 0;
    reader.set_wakeup([&] { ++calls; });
    CHECK(calls == 1);
    reader.set_wakeup({});
}

TEST_CASE("an error of reading comes after the lines before it") {
    const test::TemporaryFolder folder;
    // A folder can be opened but not read.
    const int descriptor = ::open(folder.path().c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    REQUIRE(descriptor >= 0);
    {
        BackgroundReader reader(descriptor, "the input");
        Consumer consumer(reader);
        CHECK(test::input_error([&] { return consumer.next(); }) ==
              "cannot read 'the input': Is a directory");
        CHECK(test::input_error([&] { return consumer.next(); }) ==
              "cannot read 'the input': Is a directory");
    }
    ::close(descriptor);
}

TEST_CASE("a FIFO opened without waiting has its lines when the writer comes") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path("fifo");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    REQUIRE(descriptor >= 0);
    {
        BackgroundReader reader(descriptor, path);
        CHECK(!reader.try_next().has_value());
        std::thread writer([&] { std::ofstream(path) << "one\ntwo\n"; });
        CHECK(Consumer(reader).all() == "one\ntwo\n");
        writer.join();
    }
    ::close(descriptor);
}
