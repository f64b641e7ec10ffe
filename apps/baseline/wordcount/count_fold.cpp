#include <memory>

#include "counting.hpp"
#include "shared/spsc_ring.hpp"
#include "shared/thread_team.hpp"
#include "word_scanner.hpp"

namespace baseline {

namespace {

/// Words on their way to their owner: 16 KB of short ones, and the few long ones.
struct Parcel {
    static constexpr std::size_t capacity = 1024;

    std::size_t size = 0;
    std::array<Word, capacity> words;
    std::vector<std::string> long_words;
};

using Ring = SpscRing<Parcel, 8>;

/// One ring for each pair of threads.
class Exchange {
 public:
    explicit Exchange(unsigned threads)
        : threads_(threads), rings_(std::make_unique<Ring[]>(std::size_t{threads} * threads)) {}

    [[nodiscard]] unsigned threads() const noexcept { return threads_; }

    [[nodiscard]] Ring& ring(unsigned from, unsigned to) const noexcept {
        return rings_[std::size_t{from} * threads_ + to];
    }

 private:
    unsigned threads_;
    std::unique_ptr<Ring[]> rings_;
};

/// What one thread does: it sorts its words by owner, and counts those that it owns whenever others
/// have sent some. It never only waits for room in a ring, so no two threads can block each other.
class Member {
 public:
    Member(const Exchange& exchange, const ThreadTeam& team, unsigned self)
        : exchange_(exchange), team_(team), self_(self), open_(exchange.threads()) {
        for (auto& parcel : open_) parcel = empty_parcel();
    }

    void take(std::span<const Word> words) {
        for (const Word& word : words) {
            const unsigned owner = owner_of(hash_of(word), exchange_.threads());
            Parcel& parcel = *open_[owner];
            parcel.words[parcel.size++] = word;
            if (parcel.size == Parcel::capacity) [[unlikely]]
                send(owner);
        }
        static_cast<void>(count_received());
    }

    void take_long(std::string_view word) {
        const auto owner =
            static_cast<unsigned>(std::hash<std::string_view>{}(word) % exchange_.threads());
        Parcel& parcel = *open_[owner];
        parcel.long_words.emplace_back(word);
        if (parcel.long_words.size() == Parcel::capacity) send(owner);
    }

    /// Sends the rest and counts until all others have done so.
    [[nodiscard]] WordCounter finish() {
        for (unsigned owner = 0; owner < exchange_.threads(); ++owner) {
            send(owner);
            exchange_.ring(self_, owner).close();
        }
        while (!all_received()) step_aside();
        return std::move(counter_);
    }

 private:
    void send(unsigned owner) {
        std::unique_ptr<Parcel>& parcel = open_[owner];
        if (owner == self_) {
            count(*parcel);
            return;
        }
        while (!exchange_.ring(self_, owner).try_push(parcel)) {
            if (team_.failed()) return;
            if (!count_received()) step_aside();
        }
        parcel = empty_parcel();
    }

    void count(Parcel& parcel) {
        counter_.count({parcel.words.data(), parcel.size});
        for (const std::string& word : parcel.long_words) counter_.count_long(word);
        parcel.size = 0;
        parcel.long_words.clear();
    }

    /// Whether there was something.
    bool count_received() {
        bool any = false;
        for (unsigned from = 0; from < exchange_.threads(); ++from) {
            while (auto parcel = exchange_.ring(from, self_).try_pop()) {
                count(*parcel);
                // Kept by the receiver: it is in this core's cache, not in the sender's.
                spare_.push_back(std::move(parcel));
                any = true;
            }
        }
        return any;
    }

    bool all_received() {
        bool all_closed = true;
        for (unsigned from = 0; from < exchange_.threads(); ++from) {
            all_closed = all_closed && exchange_.ring(from, self_).closed();
        }
        // In this order: what came before a ring was closed is counted now.
        static_cast<void>(count_received());
        return all_closed || team_.failed();
    }

    static void step_aside() { std::this_thread::yield(); }

    std::unique_ptr<Parcel> empty_parcel() {
        if (spare_.empty()) return std::make_unique_for_overwrite<Parcel>();
        std::unique_ptr<Parcel> parcel = std::move(spare_.back());
        spare_.pop_back();
        return parcel;
    }

    const Exchange& exchange_;
    const ThreadTeam& team_;
    unsigned self_;
    WordCounter counter_;
    std::vector<std::unique_ptr<Parcel>> open_;
    std::vector<std::unique_ptr<Parcel>> spare_;
};

}  // namespace

Counts count_fold(const InputFile& file, unsigned threads) {
    const Exchange exchange(threads);
    Counts counts(threads);
    ThreadTeam team(threads);
    team.run([&](unsigned thread) {
        Member member(exchange, team, thread);
        WordScanner(file, member)
            .scan(range_begin(file, thread, threads), range_begin(file, thread + 1, threads));
        counts[thread] = member.finish();
    });
    return counts;
}

}  // namespace baseline
