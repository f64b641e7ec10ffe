// Sources of lines against a naive reader, in every layout.

#include "expectations.hpp"
#include "files.hpp"

#include <random>

namespace {

using namespace stream_test;

using Text = std::string;

/// Texts that are easy to get wrong.
std::vector<Text> tricky_texts() {
    using namespace std::string_literals;
    std::vector<Text> texts{
        "",
        "\n",
        "\n\n\n",
        "one line\n",
        "no newline at the end",
        "two\nlines without newline at the end",
        "carriage\r\nreturns\r\n",
        "a carriage return at the end of the file\r",
        "\r\n\r\n",
        "one \r in the middle\nand\r\r\ntwo\n",
        "an embedded \0 null\n\0\n"s,
        "\xff\xfe not UTF-8 \xc3\n\x80\n",
        "words über\xe2\x82\xac borders\n",
        "short\n" + Text(300'000, 'x') + "\nshort\n",
        Text(300'000, 'y'),
    };
    std::mt19937 random(3);
    Text many;
    for (int i = 0; i < 20'000; ++i)
        many += Text(random() % 60, 'l') + (random() % 5 == 0 ? "\r\n" : "\n");
    texts.push_back(many);
    return texts;
}

/// Lines as a naive reader sees them.
std::vector<Text> lines_of(std::string_view text) {
    std::vector<Text> lines;
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        Text line(text.substr(0, newline));
        if (!line.empty() && line.back() == '\r') line.pop_back();
        lines.push_back(std::move(line));
        text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
    }
    return lines;
}

std::vector<Text> concatenated(const std::vector<std::vector<Text>>& parts) {
    std::vector<Text> all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace

TEST_CASE("every line of a file comes once, without its end", "[ranks]") {
    const TemporaryFolder folder;
    // How a file is cut depends on the number of workers, not on the batches.
    const auto all = renoir::detail::under_sanitizer ? few_layouts() : layouts();
    for (const Text& text : tricky_texts()) {
        INFO(text.size() << " bytes: " << text.substr(0, 40));
        const auto file = folder.write("text", text);
        expect_in(all, [&](StreamContext& ctx, Expectations& expect) {
            expect.items("lines", ctx.stream_file(file), lines_of(text));
        });
    }
}

TEST_CASE("blocks are whole lines and together the text, byte for byte", "[ranks]") {
    const TemporaryFolder folder;
    Text text;
    for (const int n : numbers(20'000)) text += std::to_string(n) + (n % 3 == 0 ? "\r\n" : "\n");
    text += Text(100'000, 'x') + "\n" + "end without newline";
    const auto file = folder.write("text", text);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto is_cut = [](std::string_view block) {
            const bool at_end = block.ends_with("end without newline");
            return block.empty() || (!block.ends_with('\n') && !at_end) || block.size() > 120'000;
        };
        expect.items("cut", ctx.stream_blocks({file}).filter(is_cut), std::vector<Text>());
        expect.items("lines", ctx.stream_blocks({file}).flat_map([](std::string_view block) {
            return lines_of(Text(block));
        }),
                     lines_of(text));
    });
}

TEST_CASE("the lines of one replica come in order", "[ranks]") {
    const TemporaryFolder folder;
    Text text;
    for (const int n : numbers(50'000)) text += std::to_string(n) + "\n";
    const auto file = folder.write("numbers", text);
    expect_in(few_layouts(), [&](StreamContext& ctx, Expectations& expect) {
        // True where a number is not larger than the one before it in the replica.
        const auto out_of_order = [last = -1](std::string_view line) mutable {
            const int number = std::stoi(Text(line));
            return std::exchange(last, number) >= number;
        };
        expect.items("wrong", ctx.stream_file(file).filter(out_of_order), std::vector<Text>());
    });
}

TEST_CASE("several files, a folder and a pattern give the lines of all their files", "[ranks]") {
    const TemporaryFolder folder;
    const auto first = folder.write("a.txt", "first\nwithout newline");
    const auto second = folder.write("b.txt", "second\r\n");
    const auto empty = folder.write("c.txt", "");
    const auto other = folder.write("d.log", "other\n");
    folder.write("below/e.txt", "not seen\n");
    const std::vector<Text> texts{"first", "without newline", "second"};
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        expect.items("files", ctx.stream_files({first, second, empty, first}),
                     concatenated({texts, lines_of("first\nwithout newline")}));
        expect.items("folder", ctx.stream_folder(folder.path()), concatenated({texts, {"other"}}));
        expect.items("pattern", ctx.stream_glob((folder.path() / "*.txt").string()), texts);
    });
}

TEST_CASE("lines can be grouped, zipped and collected although they are views", "[ranks]") {
    const TemporaryFolder folder;
    Text text;
    for (const int n : numbers(5'000)) text += Text(static_cast<std::size_t>(n % 30), 'w') + "\n";
    const auto file = folder.write("words", text);
    std::vector<std::pair<Text, std::uint64_t>> counts;
    for (int length = 0; length < 30; ++length)
        counts.emplace_back(Text(static_cast<std::size_t>(length), 'w'), length < 20 ? 167 : 166);
    expect_in(layouts(), [&](StreamContext& ctx, Expectations& expect) {
        const auto itself = [](std::string_view line) { return line; };
        expect.items("count", ctx.stream_file(file).group_by(itself).count(), counts);
        expect.items("fold",
                     ctx.stream_file(file).group_by(itself).fold(
                         std::uint64_t{0}, [](std::uint64_t& n, std::string_view) { ++n; }),
                     counts);
        expect.items("longest",
                     ctx.stream_file(file).reduce_assoc(
                         [](std::string_view a, std::string_view b) { return std::max(a, b); }),
                     std::vector{Text(29, 'w')});
    });
}

TEST_CASE("a file that cannot be read is an error before anything runs") {
    using Catch::Matchers::ContainsSubstring;
    const TemporaryFolder folder;
    StreamContext ctx(renoir::RuntimeConfig::local(1));
    const auto missing = folder.path() / "missing";
    REQUIRE_THROWS_WITH(ctx.stream_file(missing), ContainsSubstring(missing.string()));
    REQUIRE_THROWS_WITH(ctx.stream_file(folder.path()),
                        ContainsSubstring("folder") || ContainsSubstring("directory"));
    REQUIRE_THROWS_WITH(ctx.stream_folder(missing), ContainsSubstring(missing.string()));
    REQUIRE_THROWS_WITH(ctx.stream_glob(missing.string() + "*"),
                        ContainsSubstring(missing.string()));
}
