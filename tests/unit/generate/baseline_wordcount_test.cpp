#include <algorithm>
#include <cctype>
#include <map>
#include <random>

#include "catch.hpp"
#include "counting.hpp"
#include "program.hpp"
#include "report.hpp"
#include "word_borders.hpp"

using program_test::is_error_line;
using program_test::Outcome;
using program_test::read_file;
using program_test::TemporaryFolder;

namespace {

using WordCounts = std::map<std::string, std::uint64_t>;

/// The slow and obvious way.
WordCounts naive_counts(const std::string& text) {
    WordCounts counts;
    std::string word;
    for (const char character : text + "\n") {
        const auto code = static_cast<unsigned char>(character);
        if (code < 128 && std::isalpha(code) != 0) {
            word += static_cast<char>(std::tolower(code));
        } else if (!word.empty()) {
            ++counts[word];
            word.clear();
        }
    }
    return counts;
}

WordCounts counts_by_hand(const std::string& path, bool fold, unsigned threads) {
    const baseline::InputFile file(path);
    WordCounts counts;
    const auto parts =
        fold ? baseline::count_fold(file, threads) : baseline::count_assoc(file, threads);
    // A word in two parts would be a merge that failed, so it must not be added up here.
    std::size_t entries = 0;
    for (const auto& part : parts) {
        part.for_each_short([&](const baseline::Word& word, std::uint64_t count) {
            counts[baseline::letters_of(word)] = count;
            ++entries;
        });
        part.for_each_long([&](const std::string& word, std::uint64_t count) {
            counts[word] = count;
            ++entries;
        });
    }
    REQUIRE(entries == counts.size());
    return counts;
}

void check_counts(const std::string& text) {
    const TemporaryFolder folder;
    const std::string path = folder.file("text");
    program_test::write_file(path, text);
    const WordCounts expected = naive_counts(text);
    for (const bool fold : {false, true}) {
        for (const unsigned threads : {1U, 2U, 3U}) {
            CAPTURE(text.size(), fold, threads);
            // Not expanded on failure: the maps may be huge.
            CHECK((counts_by_hand(path, fold, threads) == expected));
        }
    }
}

/// Words of up to `longest` letters between bytes that are none.
std::string random_text(std::size_t bytes, std::size_t longest, unsigned seed) {
    static constexpr std::string_view separators{" \n\r\t.,'-0123456789@[`{\0\x80\xc3\xff", 26};
    std::mt19937 random(seed);
    const auto below = [&](std::size_t bound) { return random() % bound; };
    std::string text;
    while (text.size() < bytes) {
        for (std::size_t letters = below(longest + 1); letters > 0; --letters) {
            text += static_cast<char>((below(4) == 0 ? 'A' : 'a') + static_cast<int>(below(26)));
        }
        for (std::size_t gap = 1 + below(3); gap > 0; --gap) {
            text += separators[below(separators.size())];
        }
    }
    text.resize(bytes);
    return text;
}

Outcome run_baseline(const TemporaryFolder& folder, const std::string& arguments) {
    return program_test::run(folder, std::string(BASELINE_PROGRAM) + " " + arguments);
}

}  // namespace

TEST_CASE("each set of instructions finds the same word borders") {
    const std::size_t bytes = GENERATE(64U, 128U, 6400U);
    const std::size_t longest = GENERATE(1U, 6U, 40U, 200U);
    const bool in_word_before = GENERATE(false, true);
    const std::string text = random_text(bytes, longest, 3);

    std::vector<std::uint32_t> expected;
    bool before = in_word_before;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code = static_cast<unsigned char>(text[i]);
        const bool letter = code < 128 && std::isalpha(code) != 0;
        if (letter != before) expected.push_back(static_cast<std::uint32_t>(i));
        before = letter;
    }
    for (const baseline::FindBorders find_borders : baseline::usable_find_borders()) {
        std::vector<std::uint32_t> found(text.size() + baseline::border_slack);
        bool in_word = in_word_before;
        found.resize(find_borders(text.data(), 0, text.size(), in_word, found.data()));
        CHECK(found == expected);
        CHECK(in_word == before);
    }
}

TEST_CASE("every byte is a letter or not as in ASCII") {
    for (int code = 0; code < 256; ++code) {
        CAPTURE(code);
        CHECK(baseline::is_letter(static_cast<char>(code)) ==
              (code < 128 && std::isalpha(code) != 0));
    }
}

TEST_CASE("counts by hand agree with the obvious way on odd texts") {
    const auto text = GENERATE(values<std::string>({
        "",
        "\n",
        "a",
        "a\n",
        "word",
        "two words",
        "Case case CASE",
        "don't stop-me 4ever x86",
        std::string("nul\0inside\0\0twice", 17),
        "caf\xc3\xa9 na\xc3\xafve \xff\xfe",
        "sixteenletterssx sixteenletterssx seventeenletterss seventeenletterss",
        "[@`{ az AZ {`@[",
        std::string(100'000, 'x'),
        std::string(100'000, ' '),
        std::string(100'000, 'x') + " " + std::string(100'000, 'X'),
    }));
    check_counts(text);
}

TEST_CASE("counts by hand agree with the obvious way on random texts") {
    const unsigned seed = GENERATE(range(0U, 3U));
    const std::size_t longest = GENERATE(2U, 10U, 30U, 5'000U);
    check_counts(random_text(150'000 + seed * 37, longest, seed));
}

TEST_CASE("words at the borders of pieces, steps and ranges stay whole") {
    // Words end, begin or go on at the bytes around multiples of 64 up to those of 64 KB.
    const std::size_t shift = GENERATE(range(0U, 18U));
    std::string text(shift, 'q');
    while (text.size() < 200'000) text += " borderline words here";
    check_counts(text);
}

TEST_CASE("a table of many distinct words grows without loss") {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        for (int rest = i; rest > 0; rest /= 26) text += static_cast<char>('a' + rest % 26);
        text += i % 2 == 0 ? " " : " again again ";
    }
    check_counts(text);
}

TEST_CASE("a line and a word of many megabytes are counted") {
    std::string line;
    while (line.size() < 8'000'000) line += "some words without an end ";
    check_counts(line + std::string(5'000'000, 'W') + " end");
}

TEST_CASE("the program writes sorted counts and a line for programs") {
    const TemporaryFolder folder;
    const std::string variant = GENERATE(as<std::string>(), "assoc", "fold");
    program_test::write_file(folder.file("text"), "the cat The dog the\nextraordinarilylongwords");
    const Outcome outcome =
        run_baseline(folder, "text --threads 3 --output counts --json --variant " + variant);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.err.empty());
    CHECK(read_file(folder.file("counts")) ==
          "cat\t1\ndog\t1\nextraordinarilylongwords\t1\nthe\t3\n");
    CHECK(folder.names().size() == 2);

    const std::size_t json = outcome.out.find(R"({"app":"baseline_wordcount","seconds":0.)");
    REQUIRE(json != std::string::npos);
    CHECK(outcome.out.substr(outcome.out.find(R"(,"items")", json)) ==
          R"(,"items":6,"ranks":1,"workers":3})"
          "\n");
}

TEST_CASE("baseline_wordcount says what is wrong in one line") {
    struct Mistake {
        std::string arguments;
        std::string named;
    };
    const auto mistake = GENERATE(values<Mistake>({
        {"", "FILE"},
        {"missing", "missing"},
        {".", "regular file"},
        {"text --threads 0", "--threads"},
        {"text --threads two", "--threads"},
        {"text --variant quick", "--variant"},
        {"text --colour", "--colour"},
        {"text --output missing/counts", "missing/counts"},
        {"text --output .", "regular file"},
    }));
    const TemporaryFolder folder;
    program_test::write_file(folder.file("text"), "some words\n");
    const Outcome outcome = run_baseline(folder, mistake.arguments);
    CAPTURE(mistake.arguments, outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(is_error_line(outcome.err, mistake.named));
    CHECK(folder.names() == std::vector<std::string>{"text"});
}

TEST_CASE("counts that cannot be written leave nothing behind") {
    const TemporaryFolder folder;
    program_test::write_file(folder.file("text"), random_text(2'000'000, 12, 1));
    const Outcome outcome =
        program_test::run(folder, "trap '' XFSZ; ulimit -f 64; " + std::string(BASELINE_PROGRAM) +
                                      " text --output counts");
    CHECK(outcome.exit_code == 1);
    CHECK(is_error_line(outcome.err, "counts"));
    CHECK(folder.names() == std::vector<std::string>{"text"});
}
