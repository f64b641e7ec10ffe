// Links over MPI, run by mpirun: frames of every size in order, both ways at once, several links
// one after the other, and an end that no rank waits for in vain. Ends with 0 if all is well.

#include "transport/mpi_session.hpp"

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

using renoir::Link;

constexpr std::uint32_t frames_to_each = 400;

/// The frame that one rank sends to another: both know it without asking.
std::vector<std::byte> frame(std::uint32_t from, std::uint32_t to, std::uint32_t number) {
    std::mt19937 random(from * 7919 + to * 104729 + number);
    // Many small ones, which share messages, and some that need several.
    const std::size_t size = number % 40 == 7 ? random() % 300'000 : random() % 3000;
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

[[noreturn]] void fail(const std::string& what) {
    std::cerr << what << '\n';
    std::_Exit(1);
}

/// Sends and receives in turn, in an order of its own on every rank.
class Exchange {
 public:
    explicit Exchange(Link& link, std::uint32_t seed)
        : link_(link), random_(seed + link.rank()), sent_(link.ranks()), received_(link.ranks()) {}

    void run() {
        while (!all_sent() || !all_received()) {
            if (!all_sent() && random_() % 3 != 0) send_one();
            for (std::uint32_t i = 0; i < random_() % 4; ++i) receive_one();
        }
        link_.finish();
        while (!link_.finished()) receive_one();
    }

 private:
    void send_one() {
        const auto to = static_cast<std::uint32_t>(random_() % link_.ranks());
        if (to == link_.rank() || sent_[to] == frames_to_each) return;
        const auto bytes = frame(link_.rank(), to, sent_[to]++);
        const std::size_t half = bytes.size() / 2;
        const Link::Bytes all(bytes);
        link_.send(to, {all.first(half), all.subspan(half)});
    }

    void receive_one() {
        const auto arrived = link_.receive();
        if (!arrived) return;
        if (received_[arrived->from] == frames_to_each) fail("a frame too many arrived");
        const auto expected = frame(arrived->from, link_.rank(), received_[arrived->from]++);
        if (!std::equal(expected.begin(), expected.end(), arrived->bytes.begin(),
                        arrived->bytes.end())) {
            fail("frame " + std::to_string(received_[arrived->from] - 1) + " of rank " +
                 std::to_string(arrived->from) + " is not what was sent");
        }
    }

    [[nodiscard]] bool all_are(const std::vector<std::uint32_t>& counts) const {
        for (std::uint32_t rank = 0; rank < link_.ranks(); ++rank) {
            if (rank != link_.rank() && counts[rank] != frames_to_each) return false;
        }
        return true;
    }
    [[nodiscard]] bool all_sent() const { return all_are(sent_); }
    [[nodiscard]] bool all_received() const { return all_are(received_); }

    Link& link_;
    std::mt19937 random_;
    std::vector<std::uint32_t> sent_;
    std::vector<std::uint32_t> received_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) fail("usage: mpirun -np N test_mpi_link N");
    auto& ranks = renoir::launched_ranks(static_cast<std::uint32_t>(std::atoi(argv[1])),
                                         std::chrono::seconds(30));
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
        const auto link = ranks.connect();
        Exchange(*link, seed).run();
    }
    const auto gathered = ranks.gather(ranks.rank());
    const auto texts = ranks.gather_texts(std::string(ranks.rank() * 3, 'x'));
    for (std::uint32_t rank = 0; rank < ranks.size(); ++rank) {
        if (gathered[rank] != rank) fail("gather has another order than the ranks");
        if (texts[rank].size() != rank * 3) fail("a text was gathered with another length");
    }
}
