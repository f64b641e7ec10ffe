#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "catch.hpp"
#include "kinds.hpp"
#include "random.hpp"

using generate::Text;
using generate::TextOptions;
using program_test::contents;
using program_test::is_near;
using program_test::lines_of;

namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

std::map<std::string, double> shares_of(const std::vector<std::string>& words) {
    std::map<std::string, double> shares;
    for (const std::string& word : words) shares[word] += 1.0 / static_cast<double>(words.size());
    return shares;
}

std::vector<double> sorted_shares(const std::vector<std::string>& words) {
    std::vector<double> shares;
    for (const auto& [word, share] : shares_of(words)) shares.push_back(share);
    std::sort(shares.rbegin(), shares.rend());
    return shares;
}

}  // namespace

TEST_CASE("mix is the finaliser of splitmix64") {
    // The first outputs of the published generator with seed 0.
    CHECK(generate::mix(0x9e3779b97f4a7c15) == 0xe220a8397b1dcdaf);
    CHECK(generate::mix(0x9e3779b97f4a7c15 * 2) == 0x6e789e6aa1b965f4);
}

TEST_CASE("random streams of one seed differ and repeat") {
    generate::Random first(42, 0);
    generate::Random again(42, 0);
    generate::Random other_stream(42, 1);
    generate::Random other_seed(43, 0);
    const std::uint64_t drawn = first.next();
    CHECK(drawn == again.next());
    CHECK(drawn != other_stream.next());
    CHECK(drawn != other_seed.next());
}

TEST_CASE("a Zipf distribution has the asked frequencies at any exponent") {
    constexpr int draws = 2'000'000;
    const double exponent = GENERATE(0.0, 0.5, 1.0, 2.0);
    constexpr std::uint32_t ranks = 50;
    const generate::Zipf zipf(ranks, exponent);
    generate::Random random(7, 7);
    std::vector<int> counts(ranks);
    for (int i = 0; i < draws; ++i) ++counts.at(zipf.rank(random.next()));

    double sum = 0;
    for (std::uint32_t rank = 1; rank <= ranks; ++rank) sum += std::pow(rank, -exponent);
    for (std::uint32_t rank = 1; rank <= ranks; ++rank) {
        const double expected = draws * std::pow(rank, -exponent) / sum;
        CAPTURE(exponent, rank);
        CHECK(std::abs(counts[rank - 1] - expected) < 6 * std::sqrt(expected));
    }
}

TEST_CASE("a Zipf distribution of one rank draws only that") {
    const generate::Zipf zipf(1, 1.0);
    CHECK(zipf.rank(0) == 0);
    CHECK(zipf.rank(~std::uint64_t{0}) == 0);
}

TEST_CASE("a vocabulary has as many distinct lower-case words as asked for") {
    const std::uint32_t words = GENERATE(1U, 30U, 1000U, 200'000U);
    const auto vocabulary = generate::make_vocabulary(words, 42);
    std::set<std::string> distinct;
    for (const auto& word : vocabulary) distinct.emplace(word.letters());
    CHECK(vocabulary.size() == words);
    CHECK(distinct.size() == words);
    CHECK(std::all_of(distinct.begin(), distinct.end(), [](const std::string& word) {
        return !word.empty() && word.size() <= generate::max_word_letters &&
               word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    }));
}

TEST_CASE("text looks like a language to a word count") {
    constexpr std::uint64_t bytes = 12'000'000;
    const std::string text = contents(Text({.bytes = bytes}));
    const auto words = words_of(text);
    const auto shares = sorted_shares(words);

    CHECK(text.size() == bytes);
    CHECK(text.back() == '\n');
    CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz \n") == std::string::npos);
    CHECK(text.find("  ") == std::string::npos);

    // The shares of Zipf's law: 1 / (rank * H) with H = 12.783, the harmonic number of 200,000.
    CHECK(is_near(shares.at(0), 1 / 12.783, 0.02));
    CHECK(is_near(shares.at(9), 1 / 127.83, 0.03));
    CHECK(is_near(shares.at(99), 1 / 1278.3, 0.1));
    CHECK(shares.size() > 150'000);
    CHECK(shares.size() <= 200'000);

    const auto count = static_cast<double>(words.size());
    CHECK(is_near(static_cast<double>(bytes) / count, 500.0 / 83.0, 0.02));
    CHECK(is_near(count / static_cast<double>(lines_of(text).size()), 10, 0.03));
}

TEST_CASE("the words of text are those of its vocabulary, to the last byte") {
    const std::uint64_t bytes = GENERATE(1U, 2U, 3U, 17U, 100U, 524'287U, 524'288U, 524'290U);
    constexpr std::uint32_t words = 500;
    std::set<std::string> vocabulary;
    for (const auto& word : generate::make_vocabulary(words, 9)) {
        vocabulary.emplace(word.letters());
    }
    const std::string text = contents(Text({.bytes = bytes, .words = words, .seed = 9}));
    const auto found = words_of(text);
    CAPTURE(bytes);
    CHECK(text.size() == bytes);
    CHECK(text.back() == '\n');
    CHECK(std::all_of(found.begin(), found.end(),
                      [&](const std::string& word) { return vocabulary.contains(word); }));
}

TEST_CASE("text of a vocabulary without a fitting word ends with empty lines") {
    const std::string word{generate::make_vocabulary(1, 42).front().letters()};
    const std::string text = contents(Text({.bytes = 2 * word.size() + 3, .words = 1}));
    CHECK(text == word + std::string(word.size() + 3, '\n'));
}

TEST_CASE("text depends on its seed") {
    CHECK(contents(Text({.bytes = 10'000, .seed = 1})) ==
          contents(Text({.bytes = 10'000, .seed = 1})));
    CHECK(contents(Text({.bytes = 10'000, .seed = 1})) !=
          contents(Text({.bytes = 10'000, .seed = 2})));
}
