#include "launch/rank_output.hpp"

#include <renoir/base/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "folder.hpp"
#include "launch/mpirun_command.hpp"
#include "process.hpp"

using namespace renoir::launch;
using Catch::Matchers::ContainsSubstring;
using renoir::detail::Descriptor;

namespace {

constexpr auto out = OutputStream::standard_output;
constexpr auto err = OutputStream::standard_error;

/// A standard stream of this process is another file while it lives: nothing is to be checked then,
/// since Catch writes there.
class Redirection {
 public:
    Redirection(int stream, int target) : stream_(stream), before_(dup(stream)) {
        std::cout << std::flush;
        std::fflush(stdout);
        dup2(target, stream);
    }
    ~Redirection() { dup2(before_.number(), stream_); }
    Redirection(const Redirection&) = delete;
    Redirection& operator=(const Redirection&) = delete;

 private:
    int stream_;
    Descriptor before_;
};

struct Shown {
    std::string output;
    std::string errors;
};

/// What `work` makes of a RankOutput for ranks of these labels.
template <typename Work>
Shown shown_by(const std::vector<std::string>& labels, const Work& work) {
    const Folder folder;
    const auto new_file = [&](const std::string& name) {
        return Descriptor(open((folder / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    };
    const Descriptor output_file = new_file("output");
    const Descriptor error_file = new_file("errors");
    {
        const Redirection output(STDOUT_FILENO, output_file.number());
        const Redirection errors(STDERR_FILENO, error_file.number());
        RankOutput ranks(labels);
        work(ranks);
    }
    return {folder.read("output"), folder.read("errors")};
}

const std::string start_line = std::string(rank_start_line) + "\n";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string label(std::size_t rank) {
    return "host" + std::to_string(rank);
}

/// The text of the lines of a rank, each of which says whose it is and which.
std::string text_of(std::size_t rank, OutputStream stream, std::size_t lines) {
    std::string text = stream == out ? start_line : "";
    for (std::size_t line = 0; line < lines; ++line) {
        text += label(rank) + " " + std::to_string(line) + " " + std::string(line % 97, 'x') + "\n";
    }
    return text;
}

/// Takes the texts of both streams of a rank in pieces cut anywhere.
void take_in_pieces(RankOutput& ranks, std::size_t rank, std::size_t lines) {
    std::mt19937 random(static_cast<unsigned>(rank));
    std::string texts[2] = {text_of(rank, out, lines), text_of(rank, err, lines)};
    while (!texts[0].empty() || !texts[1].empty()) {
        const std::size_t index = random() % 2;
        const std::size_t size = random() % 200;
        ranks.take(rank, index == 0 ? out : err, std::string_view(texts[index]).substr(0, size));
        texts[index].erase(0, size);
    }
    ranks.finish(rank);
}

/// Checks that the text has all lines of all ranks, those of each rank in their order.
void check_lines(const std::string& text, std::size_t ranks, std::size_t lines) {
    std::map<std::string, std::size_t> next;
    std::size_t wrong = 0;
    for (std::string line : lines_of(text)) {
        std::string mark;
        if (line.starts_with('[')) {
            mark = line.substr(1, line.find(']') - 1);
            line.erase(0, mark.size() + 3);
        }
        const std::string rank = line.substr(0, line.find(' '));
        const std::size_t number = next[rank]++;
        const std::string expected =
            rank + " " + std::to_string(number) + " " + std::string(number % 97, 'x');
        if (line != expected || (!mark.empty() && mark != rank)) ++wrong;
    }
    CHECK(wrong == 0);
    CHECK(next.size() == ranks);
    for (std::size_t rank = 0; rank < ranks; ++rank) CHECK(next[label(rank)] == lines);
}

}  // namespace

TEST_CASE("lines of ranks that arrive in pieces are never mixed", "[launch]") {
    constexpr std::size_t number = 4;
    constexpr std::size_t lines = 2000;
    std::vector<std::string> labels;
    for (std::size_t rank = 0; rank < number; ++rank) labels.push_back(label(rank));
    std::size_t bytes = 0;
    std::size_t started = 0;
    const Shown shown = shown_by(labels, [&](RankOutput& ranks) {
        std::vector<std::jthread> threads;
        for (std::size_t rank = 0; rank < number; ++rank) {
            threads.emplace_back([&ranks, rank] { take_in_pieces(ranks, rank, lines); });
        }
        threads.clear();
        bytes = ranks.bytes();
        started = ranks.started();
    });
    check_lines(shown.output, number, lines);
    check_lines(shown.errors, number, lines);
    std::size_t expected = 0;
    for (std::size_t rank = 0; rank < number; ++rank) {
        expected += text_of(rank, out, lines).size() + text_of(rank, err, lines).size();
    }
    CHECK(bytes == expected);
    CHECK(started == number);
}

TEST_CASE("the first line of each rank says that it has started and is not shown", "[launch]") {
    std::vector<std::size_t> started;
    const Shown shown = shown_by({"a", "b"}, [&](RankOutput& ranks) {
        const auto take = [&](std::size_t rank, OutputStream stream, const std::string& text) {
            ranks.take(rank, stream, text);
            started.push_back(ranks.started());
        };
        take(1, err, "no start\n");
        take(1, out, start_line.substr(0, 10));
        take(1, out, start_line.substr(10));
        take(1, out, start_line);
        take(0, out, start_line + "text\n");
    });
    CHECK(started == std::vector<std::size_t>{0, 0, 1, 1, 2});
    CHECK(shown.output == start_line + "[a] text\n");
    CHECK(shown.errors == "no start\n");
}

TEST_CASE("a login shell may print something before a rank starts", "[launch]") {
    std::vector<std::size_t> started;
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        ranks.take(0, out, "Welcome!\n\nno end of line: ");
        started.push_back(ranks.started());
        ranks.take(0, out, start_line + "text\n");
        started.push_back(ranks.started());
    });
    CHECK(started == std::vector<std::size_t>{0, 1});
    CHECK(shown.output == "Welcome!\n\ntext\n");
}

TEST_CASE("a rank that ends without a line has not started", "[launch]") {
    std::size_t started = 1;
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        ranks.finish(0);
        started = ranks.started();
    });
    CHECK(started == 0);
    CHECK(shown.output.empty());
}

TEST_CASE("the last line of a rank says how it has ended and is not shown", "[launch]") {
    const std::string end = std::string(rank_end_line);
    std::optional<RankEnd> bad;
    const Shown shown = shown_by({"a", "b", "c"}, [&](RankOutput& ranks) {
        ranks.take(0, err, "one\n" + end + "0\n");
        ranks.take(1, err, "two" + end.substr(0, 9));
        ranks.take(1, err, end.substr(9) + "139\n");
        ranks.take(2, err, end + "1\n");
        for (std::size_t rank = 0; rank < 3; ++rank) ranks.finish(rank);
        bad = ranks.first_bad_end();
    });
    CHECK(shown.errors == "one\n[b] two");
    REQUIRE(bad);
    CHECK(bad->rank == 1);
    CHECK(bad->code == 139);
}

TEST_CASE("a rank that mpirun may have ended is not the cause of another one's end", "[launch]") {
    const std::string end = std::string(rank_end_line);
    std::optional<RankEnd> bad;
    (void)shown_by({"a", "b", "c"}, [&](RankOutput& ranks) {
        ranks.take(0, err, end + "143\n");
        ranks.take(2, err, end + "139\n");
        ranks.take(1, err, end + "1\n");
        bad = ranks.first_bad_end();
    });
    REQUIRE(bad);
    CHECK(bad->rank == 2);
    CHECK(bad->code == 139);
}

TEST_CASE("an error line may be the last one, without an end of line", "[launch]") {
    bool has_error_line = false;
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        ranks.take(0, err, "error: why" + std::string(rank_end_line) + "1\n");
        has_error_line = ranks.has_error_line();
    });
    CHECK(shown.errors == "error: why\n");
    CHECK(has_error_line);
}

TEST_CASE("what is only like the last line of a rank is shown", "[launch]") {
    const std::string end = std::string(rank_end_line);
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        ranks.take(0, err, end + "\n" + end + "1x\n" + end + "99999999999\n");
        ranks.take(0, out, end + "1\n");
        CHECK_FALSE(ranks.first_bad_end());
    });
    CHECK(shown.errors == end + "\n" + end + "1x\n" + end + "99999999999\n");
    CHECK(shown.output == end + "1\n");
}

TEST_CASE("a last line without an end is shown when its rank has ended", "[launch]") {
    const Shown shown = shown_by({"a", "b"}, [&](RankOutput& ranks) {
        ranks.take(0, out, start_line + "one\nla");
        ranks.take(0, out, "st");
        ranks.take(0, err, "error with no end");
        ranks.finish(0);
    });
    CHECK(shown.output == "one\nlast");
    CHECK(shown.errors == "error with no end");

    const Shown followed = shown_by({"a", "b"}, [&](RankOutput& ranks) {
        ranks.take(0, out, start_line + "last");
        ranks.finish(0);
        ranks.take(1, out, start_line + "line\n");
    });
    CHECK(followed.output == "last\n[b] line\n");
}

TEST_CASE("messages of the launcher stand between the lines of ranks", "[launch]") {
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        ranks.take(0, err, "one\nbegin ");
        ranks.add_message("message");
        ranks.take(0, err, "end\n");
    });
    CHECK(shown.errors == "one\nmessage\nbegin end\n");
    CHECK(shown.output.empty());
}

TEST_CASE("an error line of a rank is noticed on standard error only", "[launch]") {
    const auto is_noticed = [](const std::vector<std::pair<OutputStream, std::string>>& pieces) {
        bool noticed = false;
        (void)shown_by({"a"}, [&](RankOutput& ranks) {
            ranks.take(0, out, start_line);
            for (const auto& [stream, text] : pieces) ranks.take(0, stream, text);
            ranks.finish(0);
            noticed = ranks.has_error_line();
        });
        return noticed;
    };
    CHECK(is_noticed({{err, "error: text\n"}}));
    CHECK(is_noticed({{err, "text\nerr"}, {err, "or"}, {out, "\n"}, {err, ": text"}}));
    CHECK_FALSE(is_noticed({{out, "error: text\n"}}));
    CHECK_FALSE(is_noticed({{err, "an error: text\nerror\nError: text\n error: text\n"}}));

    bool noticed = true;
    (void)shown_by({"a"}, [&](RankOutput& ranks) {
        ranks.add_message("error: of the launcher");
        noticed = ranks.has_error_line();
    });
    CHECK_FALSE(noticed);
}

TEST_CASE("an error line, which names its host itself, has no label", "[launch]") {
    const Shown shown = shown_by({"a", "b"}, [&](RankOutput& ranks) {
        ranks.take(0, err, "text\n");
        ranks.take(1, err, "error: one\ntext\nerror: two");
        ranks.finish(1);
    });
    CHECK(shown.errors == "text\nerror: one\n[b] text\nerror: two\n");
}

TEST_CASE("it is known when nobody reads standard output any more", "[launch]") {
    PipeEnds pipe = new_pipe();
    std::vector<bool> gone;
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        const Redirection output(STDOUT_FILENO, pipe.writer.number());
        ranks.take(0, out, start_line + "one\n");
        gone.push_back(ranks.is_reader_gone());
        pipe.reader.reset();
        ranks.take(0, err, "error\n");
        gone.push_back(ranks.is_reader_gone());
        ranks.take(0, out, "two\n");
        gone.push_back(ranks.is_reader_gone());
        ranks.take(0, err, "other\n");
    });
    CHECK(gone == std::vector<bool>{false, false, true});
    CHECK(shown.errors == "error\nother\n");
}

TEST_CASE("who wants no errors may close standard error", "[launch]") {
    PipeEnds pipe = new_pipe();
    pipe.reader.reset();
    bool gone = true;
    const Shown shown = shown_by({"a"}, [&](RankOutput& ranks) {
        const Redirection errors(STDERR_FILENO, pipe.writer.number());
        ranks.take(0, out, start_line);
        ranks.take(0, err, "error\n");
        ranks.take(0, out, "text\n");
        gone = ranks.is_reader_gone();
    });
    CHECK_FALSE(gone);
    CHECK(shown.output == "text\n");
}

TEST_CASE("output without room is a failure, and waits for nobody", "[launch]") {
    const Descriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
    REQUIRE(full.number() >= 0);
    std::string failure;
    bool had_failure = true;
    bool is_writing = true;
    bool is_reader_gone = false;
    (void)shown_by({"a"}, [&](RankOutput& ranks) {
        const Redirection output(STDOUT_FILENO, full.number());
        ranks.take(0, out, start_line);
        had_failure = ranks.failure().has_value();
        ranks.take(0, out, "text\n");
        ranks.take(0, out, "more\n");
        if (ranks.failure()) failure = ranks.failure()->what();
        is_writing = ranks.is_writing();
        is_reader_gone = ranks.is_reader_gone();
    });
    CHECK_FALSE(had_failure);
    CHECK_THAT(failure, ContainsSubstring("standard output: No space left on device"));
    CHECK_FALSE(is_writing);
    CHECK(is_reader_gone);
}

TEST_CASE("it is known that output waits for a slow reader", "[launch]") {
    PipeEnds pipe = new_pipe();
    const std::string text = start_line + std::string(std::size_t{1} << 20, 'x') + "\n";
    std::size_t read_bytes = 0;
    bool is_writing_at_end = true;
    (void)shown_by({"a"}, [&](RankOutput& ranks) {
        const Redirection output(STDOUT_FILENO, pipe.writer.number());
        std::jthread thread([&] { ranks.take(0, out, text); });
        // A pipe holds less than the text: this ends, and lasts until something is read.
        while (!ranks.is_writing()) std::this_thread::yield();
        std::vector<char> buffer(4096);
        while (read_bytes < text.size() - start_line.size()) {
            const ssize_t size = read(pipe.reader.number(), buffer.data(), buffer.size());
            if (size > 0) read_bytes += static_cast<std::size_t>(size);
        }
        thread.join();
        is_writing_at_end = ranks.is_writing();
    });
    CHECK(read_bytes == text.size() - start_line.size());
    CHECK_FALSE(is_writing_at_end);
}
