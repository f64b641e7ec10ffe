/// Count and highest price per auction and window by hand, the yardstick for the library's. Bids
/// are made in the program. Every thread makes every N-th block of them, so that all threads have
/// bids of every window; each counts by pane and sends the result to the owners of the auctions.
///
///     baseline_bids 100000000 --threads 2 --json
///     baseline_bids 1000000 --window 1000 --slide 100 --output windows.tsv

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>

#include "shared/mix.hpp"
#include "shared/output_file.hpp"
#include "shared/program.hpp"
#include "shared/spsc_ring.hpp"
#include "shared/thread_team.hpp"
#include "window_merger.hpp"

namespace {

using namespace baseline;

constexpr std::uint64_t bids_per_ms = 100;
constexpr std::uint64_t block_bids = 1024;  // that one thread makes at a time
constexpr std::uint64_t hot_bids = 4096;    // for which the same auction is hot

struct Task {
    std::uint64_t bids = 0;
    Windows windows;
};

struct Row {
    std::int64_t start_ms;
    Bids bids;
};

/// What one thread has counted in one pane of the auctions of another.
struct Parcel {
    std::vector<Bids> bids;
};

using Ring = SpscRing<Parcel, 8>;

class Member {
 public:
    Member(const Task& task, Ring* rings, const ThreadTeam& team, unsigned self, unsigned threads)
        : task_(task),
          rings_(rings),
          team_(team),
          self_(self),
          threads_(threads),
          pane_bids_(static_cast<std::uint64_t>(task.windows.pane_ms()) * bids_per_ms),
          panes_((task.bids + pane_bids_ - 1) / pane_bids_),
          merger_(task.windows),
          arrived_(threads) {}

    /// Calls `take(start_ms, bids)` for each window of the auctions that this thread owns.
    void run(auto&& take) {
        for (std::uint64_t pane = 0; pane < panes_; ++pane) {
            count_pane(pane * pane_bids_, std::min((pane + 1) * pane_bids_, task_.bids));
            send_counted(take);
            static_cast<void>(merge_received(take));
        }
        while (merged_ < panes_ && !team_.failed()) {
            if (!merge_received(take)) std::this_thread::yield();
        }
        if (panes_ == 0) return;
        for (std::int64_t i = 1; i < task_.windows.panes(); ++i) merger_.end_pane(take);
    }

 private:
    [[nodiscard]] Ring& ring(unsigned from, unsigned to) const noexcept {
        return rings_[std::size_t{from} * threads_ + to];
    }

    /// Counts this thread's bids in [first, end).
    void count_pane(std::uint64_t first, std::uint64_t end) {
        for (std::uint64_t block = first / block_bids; block * block_bids < end; ++block) {
            if (block % threads_ != self_) continue;
            count_block(std::max(first, block * block_bids),
                        std::min(end, (block + 1) * block_bids));
        }
    }

    void count_block(std::uint64_t first, std::uint64_t end) {
        // Made first and counted then: the processor does several at a time if no table is between.
        std::array<Auction, block_bids> auctions;
        std::array<std::uint32_t, block_bids> prices;
        const auto hot = static_cast<Auction>(first / hot_bids % 997);
        const std::size_t bids = end - first;
        for (std::size_t i = 0; i < bids; ++i) {
            const std::uint64_t random = mix((first + i) * 0x9e3779b97f4a7c15 + 1);
            const auto cold = static_cast<Auction>(mix(random) % 10'000);
            auctions[i] = (random & 7) != 0 ? hot : cold;
            prices[i] = static_cast<std::uint32_t>(100 + (random >> 20) % 10'000);
        }
        for (std::size_t i = 0; i < bids; ++i) {
            const std::uint32_t number = index_.number_of(auctions[i]);
            if (number == counted_.size()) counted_.push_back({auctions[i], 0, 0});
            Bids& counted = counted_[number];
            ++counted.count;
            counted.highest = std::max(counted.highest, prices[i]);
        }
    }

    void send_counted(auto& take) {
        std::vector<std::unique_ptr<Parcel>> parcels(threads_);
        for (auto& parcel : parcels) parcel = empty_parcel();
        for (const Bids& bids : counted_) {
            const std::uint64_t owner = scaled(bids.auction * 0xd6e8feb86659fd93, threads_);
            parcels[owner]->bids.push_back(bids);
        }
        for (unsigned owner = 0; owner < threads_; ++owner) {
            while (!ring(self_, owner).try_push(parcels[owner])) {
                if (team_.failed()) return;
                if (!merge_received(take)) std::this_thread::yield();
            }
        }
        counted_.clear();
        index_.clear();
    }

    /// Whether there was something.
    bool merge_received(auto& take) {
        bool any = false;
        while (has_pane()) {
            for (std::unique_ptr<Parcel>& parcel : arrived_) {
                merger_.add(parcel->bids);
                parcel->bids.clear();
                // Kept by the receiver: it is in this core's cache, not in the sender's.
                spare_.push_back(std::move(parcel));
            }
            merger_.end_pane(take);
            ++merged_;
            any = true;
        }
        return any;
    }

    /// Whether the parcels of all threads for the next pane are here.
    [[nodiscard]] bool has_pane() {
        bool all = true;
        for (unsigned from = 0; from < threads_; ++from) {
            if (!arrived_[from]) arrived_[from] = ring(from, self_).try_pop();
            all = all && arrived_[from] != nullptr;
        }
        return all;
    }

    [[nodiscard]] std::unique_ptr<Parcel> empty_parcel() {
        if (spare_.empty()) return std::make_unique<Parcel>();
        std::unique_ptr<Parcel> parcel = std::move(spare_.back());
        spare_.pop_back();
        return parcel;
    }

    const Task& task_;
    Ring* rings_;
    const ThreadTeam& team_;
    unsigned self_;
    unsigned threads_;
    std::uint64_t pane_bids_;
    std::uint64_t panes_;
    AuctionIndex index_;
    std::vector<Bids> counted_;  ///< in this pane, for each number of the index
    WindowMerger merger_;
    std::uint64_t merged_ = 0;  ///< panes
    std::vector<std::unique_ptr<Parcel>> arrived_;
    std::vector<std::unique_ptr<Parcel>> spare_;
};

/// Counts the rows of all windows, and gives them too if they are wanted.
std::uint64_t run(const Task& task, unsigned threads, std::vector<Row>* wanted) {
    const auto rings = std::make_unique<Ring[]>(std::size_t{threads} * threads);
    std::vector<std::uint64_t> counts(threads);
    std::vector<std::vector<Row>> rows(threads);
    ThreadTeam team(threads);
    team.run([&](unsigned thread) {
        Member member(task, rings.get(), team, thread, threads);
        std::uint64_t count = 0;
        member.run([&](std::int64_t start_ms, std::span<const Bids> window) {
            count += window.size();
            if (wanted == nullptr) return;
            for (const Bids& bids : window) rows[thread].push_back({start_ms, bids});
        });
        counts[thread] = count;
    });
    for (const std::vector<Row>& of_thread : rows) {
        if (wanted != nullptr) wanted->insert(wanted->end(), of_thread.begin(), of_thread.end());
    }
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string lines_of(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return std::tie(a.start_ms, a.bids.auction) < std::tie(b.start_ms, b.bids.auction);
    });
    std::string lines;
    for (const Row& row : rows) {
        lines += std::to_string(row.start_ms) + '\t' + std::to_string(row.bids.auction) + '\t' +
                 std::to_string(row.bids.count) + '\t' + std::to_string(row.bids.highest) + '\n';
    }
    return lines;
}

Summary count_bids(const Task& task, const Request& request) {
    OutputFile output(request.output);
    std::vector<Row> rows;
    const Stopwatch stopwatch;
    const std::uint64_t count = run(task, request.threads, output.wanted() ? &rows : nullptr);
    const double seconds = stopwatch.seconds();

    if (output.wanted()) output.write(lines_of(rows));
    return {.text = std::to_string(task.bids) + " bids, " + std::to_string(count) + " rows",
            .seconds = seconds,
            .items = task.bids,
            .result = std::to_string(count)};
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::int64_t most_ms = 1'000'000'000;
    constexpr std::uint64_t most_bids = 1'000'000'000'000;
    Task task;
    task.windows.slide_ms = 0;
    Program program("baseline_bids", "Counts bids in windows by hand-written code.");
    program.arguments()
        .add_option("N", task.bids, "number of bids")
        ->required()
        ->check(CLI::Range(std::uint64_t{0}, most_bids));
    program.arguments()
        .add_option("--window", task.windows.size_ms, "length of a window in ms")
        ->check(CLI::Range(std::int64_t{1}, most_ms))
        ->capture_default_str();
    program.arguments()
        .add_option("--slide", task.windows.slide_ms, "time between windows in ms, or the length")
        ->check(CLI::Range(std::int64_t{1}, most_ms));
    program.describe_output("start<TAB>auction<TAB>count<TAB>highest lines, sorted");
    return program.run(argc, argv, [&](const Request& request) {
        if (task.windows.slide_ms == 0) task.windows.slide_ms = task.windows.size_ms;
        return count_bids(task, request);
    });
}
