// Sinks: what they leave behind, on which rank, and that write_text leaves all or nothing.

#include "expectations.hpp"
#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <list>
#include <map>
#include <set>
#include <thread>
#include <unordered_map>

namespace {

using namespace stream_test;
using Catch::Matchers::ContainsSubstring;

using Text = std::string;

int last_digit(int number) {
    return number % 10;
}

void write_numbers(const std::filesystem::path& path, int count) {
    StreamContext ctx(renoir::RuntimeConfig::local(2));
    ctx.stream_iter(numbers(count)).write_text(path);
    ctx.execute_blocking();
}

Text lines_of_numbers(int count) {
    Text text;
    for (const int n : numbers(count)) text += std::to_string(n) + "\n";
    return text;
}

/// Everything that can be read now.
Text read_available(int descriptor) {
    std::array<char, 4096> buffer;
    const auto length = ::read(descriptor, buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(std::max<::ssize_t>(length, 0))};
}

}  // namespace

TEST_CASE("for_each sees every item once, where it is") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        std::atomic<int> plain{0}, keyed{0}, calls{0};
        const auto done = renoir::testing::run(layout, [&](StreamContext& ctx) {
            ctx.stream_par_iter(0, 100).shuffle().for_each([&](int n) {
                plain += n;
                ++calls;
            });
            ctx.stream_par_iter(0, 100).group_by(last_digit).for_each([&](int key, int n) {
                keyed += n - key;
            });
            ctx.execute_blocking();
            return true;
        });
        REQUIRE(done.size() == layout.ranks);
        REQUIRE(calls == 100);
        REQUIRE(plain == 4950);
        REQUIRE(keyed == 4500);
    }
}

TEST_CASE("collect makes containers of any kind") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        for (const int count : sizes()) {
            const auto results = renoir::testing::run(layout, [&](StreamContext& ctx) {
                const auto digits = [&] { return ctx.stream_par_iter(0, count).map(last_digit); };
                const auto keyed = [&] {
                    return ctx.stream_par_iter(0, count).group_by(last_digit);
                };
                auto set = digits().collect<std::set<int>>();
                auto list = digits().collect<std::multiset<int>>();
                auto map = keyed().count().collect<std::map<int, std::uint64_t>>();
                auto table =
                    keyed().count().unkey().collect<std::unordered_map<int, std::uint64_t>>();
                ctx.execute_blocking();
                return std::tuple(set.get(), list.get(), map.get(), table.get());
            });
            const auto expected = mapped(numbers(count), last_digit);
            std::map<int, std::uint64_t> counts;
            for (const int digit : expected) ++counts[digit];
            const auto& [set, list, map, table] = results[0];
            REQUIRE(set == std::set<int>(expected.begin(), expected.end()));
            REQUIRE(list == std::multiset<int>(expected.begin(), expected.end()));
            REQUIRE(map == counts);
            REQUIRE(table == std::unordered_map<int, std::uint64_t>(counts.begin(), counts.end()));
            for (std::size_t rank = 1; rank < results.size(); ++rank)
                REQUIRE_FALSE(std::get<0>(results[rank]).has_value());
        }
    }
}

TEST_CASE("collect_vec_all gives every rank everything") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        for (const int count : sizes()) {
            const auto results = renoir::testing::run(layout, [&](StreamContext& ctx) {
                auto plain = ctx.stream_par_iter(0, count).collect_vec_all();
                auto keyed = ctx.stream_iter(numbers(count)).group_by(last_digit).collect_vec_all();
                ctx.execute_blocking();
                return std::pair(plain.get(), keyed.get());
            });
            std::vector<std::pair<int, int>> pairs;
            for (const int n : numbers(count)) pairs.emplace_back(last_digit(n), n);
            for (const auto& [plain, keyed] : results) {
                REQUIRE(sorted(plain.value()) == numbers(count));
                REQUIRE(sorted(keyed.value()) == sorted(pairs));
            }
        }
    }
}

TEST_CASE("collect_count counts, and an empty stream has 0 items") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        for (const int count : sizes()) {
            const auto results = renoir::testing::run(layout, [&](StreamContext& ctx) {
                auto plain = ctx.stream_par_iter(0, count).collect_count();
                auto keyed = ctx.stream_iter(numbers(count)).group_by(last_digit).collect_count();
                ctx.execute_blocking();
                return std::pair(plain.get(), keyed.get());
            });
            REQUIRE(results[0].first == static_cast<std::uint64_t>(count));
            REQUIRE(results[0].second == static_cast<std::uint64_t>(count));
            for (std::size_t rank = 1; rank < results.size(); ++rank)
                REQUIRE_FALSE(results[rank].first.has_value());
        }
    }
}

TEST_CASE("collect_channel hands out the items of rank 0 and ends on every rank") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const auto results = renoir::testing::run(layout, [](StreamContext& ctx) {
            auto texts = ctx.stream_par_iter(0, 300)
                             .map([](int n) { return std::to_string(n); })
                             .collect_channel();
            auto keyed = ctx.stream_par_iter(0, 300).group_by(last_digit).collect_channel();
            renoir::JobHandle job = ctx.execute();
            std::vector<Text> received;
            while (auto text = texts.receive()) received.push_back(*text);
            job.wait();
            std::vector<int> afterwards;
            while (auto pair = keyed.try_receive()) afterwards.push_back(pair->second);
            return std::pair(received, afterwards);
        });
        REQUIRE(sorted(results[0].first) ==
                sorted(mapped(numbers(300), [](int n) { return std::to_string(n); })));
        REQUIRE(sorted(results[0].second) == numbers(300));
        for (std::size_t rank = 1; rank < results.size(); ++rank) {
            REQUIRE(results[rank].first.empty());
            REQUIRE(results[rank].second.empty());
        }
    }
}

TEST_CASE("write_text writes each item as a line, from rank 0") {
    for (const Layout& layout : layouts()) {
        INFO(layout.text());
        const TemporaryFolder folder;
        const auto done = renoir::testing::run(layout, [&](StreamContext& ctx) {
            ctx.stream_iter(numbers(500)).write_text(folder.path() / "numbers");
            ctx.stream_iter(std::vector<int>()).write_text(folder.path() / "nothing");
            ctx.stream_iter(numbers(12))
                .group_by(last_digit)
                .fold(0.5, [](double& sum, int n) { sum += n; })
                .unkey()
                .write_text(folder.path() / "pairs");
            ctx.execute_blocking();
            return true;
        });
        REQUIRE(done.size() == layout.ranks);
        REQUIRE(read_file(folder.path() / "numbers") == lines_of_numbers(500));
        REQUIRE(read_file(folder.path() / "nothing").empty());
        const Text pairs = read_file(folder.path() / "pairs");
        REQUIRE(std::ranges::count(pairs, '\n') == 10);
        REQUIRE_THAT(pairs, ContainsSubstring("1\t12.5\n") && ContainsSubstring("9\t9.5\n"));
        REQUIRE(sorted(folder.names()) == std::vector<Text>{"nothing", "numbers", "pairs"});
    }
}

TEST_CASE("write_text replaces a file, also behind a symbolic link") {
    const TemporaryFolder folder;
    const auto file = folder.write("below/file", "old");
    const auto link = folder.path() / "link";
    std::filesystem::create_symlink(file, link);
    write_numbers(link, 100'000);
    REQUIRE(std::filesystem::is_symlink(link));
    REQUIRE(read_file(file) == lines_of_numbers(100'000));
}

TEST_CASE("write_text writes into a pipe or device instead of replacing it") {
    const TemporaryFolder folder;
    const auto pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    write_numbers(pipe, 100);
    REQUIRE(read_available(reader) == lines_of_numbers(100));
    ::close(reader);
    REQUIRE(std::filesystem::is_fifo(pipe));
    REQUIRE(folder.names() == std::vector<Text>{"pipe"});
}

TEST_CASE("a file that cannot be written is an error that names it") {
    const TemporaryFolder folder;
    const auto refused = [](const std::filesystem::path& path) -> Text {
        try {
            write_numbers(path, 10);
        } catch (const renoir::Error& error) {
            return error.kind() == renoir::ErrorKind::output ? error.what() : "another kind";
        }
        return "no error";
    };
    const auto missing = folder.path() / "missing" / "file";
    REQUIRE_THAT(refused(missing), ContainsSubstring(missing.string()));
    REQUIRE_THAT(refused(folder.path()), ContainsSubstring("is a directory"));
    REQUIRE_THAT(refused("/dev/full"), ContainsSubstring("/dev/full"));
    REQUIRE(std::filesystem::is_character_file("/dev/full"));
    REQUIRE(folder.names().empty());
}

TEST_CASE("write_text leaves nothing behind when the job fails") {
    for (const Layout& layout : few_layouts()) {
        INFO(layout.text());
        const TemporaryFolder folder;
        const auto old = folder.write("old", "as it was");
        const auto fail_at_the_end = [](int n) {
            if (n == 99'999) throw std::runtime_error("boom");
            return n;
        };
        const auto outcome = [&] {
            return renoir::testing::run(layout, [&](StreamContext& ctx) {
                ctx.stream_iter(numbers(100'000)).map(fail_at_the_end).write_text(old);
                ctx.stream_iter(numbers(10)).write_text(folder.path() / "new");
                ctx.execute_blocking();
                return true;
            });
        };
        REQUIRE_THROWS_WITH(outcome(), ContainsSubstring("boom"));
        REQUIRE(read_file(old) == "as it was");
        for (const Text& name : folder.names()) REQUIRE((name == "old" || name == "new"));
    }
}
