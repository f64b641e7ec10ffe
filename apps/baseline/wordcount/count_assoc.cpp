#include "counting.hpp"
#include "shared/thread_team.hpp"
#include "word_scanner.hpp"

namespace baseline {

namespace {

struct CountingSink {
    WordCounter& counter;

    void take(std::span<const Word> words) { counter.count(words); }
    void take_long(std::string_view word) { counter.count_long(word); }
};

/// What one thread counted of the words that another one owns.
struct Share {
    std::vector<std::pair<Word, std::uint64_t>> words;
    std::vector<std::pair<std::string, std::uint64_t>> long_words;
};

using Shares = std::vector<Share>;

Shares shares_of(const WordCounter& counter, unsigned threads) {
    Shares shares(threads);
    for (Share& share : shares) share.words.reserve(counter.distinct() / threads * 5 / 4);
    counter.for_each_short([&](const Word& word, std::uint64_t count) {
        shares[owner_of(hash_of(word), threads)].words.emplace_back(word, count);
    });
    counter.for_each_long([&](const std::string& word, std::uint64_t count) {
        shares[std::hash<std::string>{}(word) % threads].long_words.emplace_back(word, count);
    });
    return shares;
}

WordCounter merged(const std::vector<Shares>& shares, unsigned owner) {
    WordCounter counter;
    for (const Shares& of_thread : shares) {
        for (const auto& [word, count] : of_thread[owner].words) counter.add(word, count);
        for (const auto& [word, count] : of_thread[owner].long_words) {
            counter.add_long(word, count);
        }
    }
    return counter;
}

WordCounter count_range(const InputFile& file, unsigned thread, unsigned threads) {
    WordCounter counter;
    CountingSink sink{counter};
    WordScanner(file, sink)
        .scan(range_begin(file, thread, threads), range_begin(file, thread + 1, threads));
    return counter;
}

}  // namespace

Counts count_assoc(const InputFile& file, unsigned threads) {
    Counts counts(threads);
    if (threads == 1) {
        counts[0] = count_range(file, 0, 1);
        return counts;
    }
    std::vector<Shares> shares(threads);
    ThreadTeam(threads).run([&](unsigned thread) {
        shares[thread] = shares_of(count_range(file, thread, threads), threads);
    });
    ThreadTeam(threads).run([&](unsigned thread) { counts[thread] = merged(shares, thread); });
    return counts;
}

}  // namespace baseline
