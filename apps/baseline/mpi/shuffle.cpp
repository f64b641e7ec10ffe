/// Every rank sends its records to all ranks in turn and adds up what it receives, the yardstick
/// for `microbench shuffle` under mpirun.
///
///     mpirun -np 2 baseline_mpi_shuffle --records 100000000 --json

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "mpi/program.hpp"
#include "shared/share.hpp"

namespace {

using workload::Number;
using workload::Record;

constexpr Number records_in_parcel = 1024;
constexpr std::size_t parcels_under_way = 8;

struct Parcel {
    std::vector<Record> records = std::vector<Record>(records_in_parcel);
    MPI_Request request = MPI_REQUEST_NULL;
};

using Ring = std::array<Parcel, parcels_under_way>;

/// The parcels to one rank and from it. They are received in the order in which they were sent; one
/// without records is the last.
class Peer {
 public:
    explicit Peer(int rank) : rank_(rank) {
        for (Parcel& parcel : received_) post(parcel);
    }

    /// The parcel that is sent next, unless it is still on its way.
    [[nodiscard]] Parcel* free_parcel() {
        Parcel& parcel = sent_[next_sent_];
        int is_free = 0;
        MPI_Test(&parcel.request, &is_free, MPI_STATUS_IGNORE);
        return is_free != 0 ? &parcel : nullptr;
    }

    void send_parcel(Number size) {
        Parcel& parcel = sent_[next_sent_];
        MPI_Isend(parcel.records.data(), static_cast<int>(size * sizeof(Record)), MPI_BYTE, rank_,
                  0, MPI_COMM_WORLD, &parcel.request);
        next_sent_ = (next_sent_ + 1) % parcels_under_way;
    }

    /// The sum over the parcels that have arrived.
    [[nodiscard]] Number add_received() {
        Number sum = 0;
        while (!has_ended_) {
            Parcel& parcel = received_[next_received_];
            int has_arrived = 0;
            MPI_Status status;
            MPI_Test(&parcel.request, &has_arrived, &status);
            if (has_arrived == 0) break;
            int bytes = 0;
            MPI_Get_count(&status, MPI_BYTE, &bytes);
            const Number size = static_cast<Number>(bytes) / sizeof(Record);
            for (Number i = 0; i < size; ++i) sum += workload::digest_of(parcel.records[i]);
            has_ended_ = size == 0;
            post(parcel);
            next_received_ = (next_received_ + 1) % parcels_under_way;
        }
        return sum;
    }

    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

    /// When both sides have ended: nothing more comes for the receives that wait.
    void close() {
        for (Parcel& parcel : sent_) MPI_Wait(&parcel.request, MPI_STATUS_IGNORE);
        for (Parcel& parcel : received_) {
            MPI_Cancel(&parcel.request);
            MPI_Wait(&parcel.request, MPI_STATUS_IGNORE);
        }
    }

 private:
    void post(Parcel& parcel) {
        MPI_Irecv(parcel.records.data(), static_cast<int>(records_in_parcel * sizeof(Record)),
                  MPI_BYTE, rank_, 0, MPI_COMM_WORLD, &parcel.request);
    }

    int rank_;
    Ring sent_;
    Ring received_;
    std::size_t next_sent_ = 0;
    std::size_t next_received_ = 0;
    bool has_ended_ = false;
};

/// What one rank does: it fills parcels for all ranks in turn. Its own never leave it.
class Member {
 public:
    explicit Member(const baseline::Ranked& input) : ranks_(input.ranks), self_(input.rank) {
        for (int rank = 0; rank < ranks_; ++rank) {
            if (rank != self_) peers_.emplace_back(rank);
        }
    }

    [[nodiscard]] Number run(Number begin, Number end) {
        std::size_t turn = static_cast<std::size_t>(self_);
        while (begin != end) {
            const Number size = std::min(records_in_parcel, end - begin);
            turn = (turn + 1) % static_cast<std::size_t>(ranks_);
            if (turn == peers_.size()) {
                keep(begin, size);
            } else {
                send(peers_[turn], begin, size);
            }
            add_received();
            begin += size;
        }
        for (Peer& peer : peers_) send(peer, end, 0);
        while (!std::ranges::all_of(peers_, &Peer::has_ended)) add_received();
        for (Peer& peer : peers_) peer.close();
        return sum_;
    }

 private:
    void send(Peer& peer, Number begin, Number size) {
        Parcel* parcel = nullptr;
        while ((parcel = peer.free_parcel()) == nullptr) add_received();
        fill(*parcel, begin, size);
        peer.send_parcel(size);
    }

    void keep(Number begin, Number size) {
        fill(own_, begin, size);
        for (Number i = 0; i < size; ++i) sum_ += workload::digest_of(own_.records[i]);
    }

    static void fill(Parcel& parcel, Number begin, Number size) {
        for (Number i = 0; i < size; ++i) parcel.records[i] = workload::record_of(begin + i);
    }

    void add_received() {
        for (Peer& peer : peers_) sum_ += peer.add_received();
    }

    int ranks_;
    int self_;
    std::deque<Peer> peers_;
    Parcel own_;
    Number sum_ = 0;
};

Number sum_of_shuffled(const baseline::Ranked& input) {
    const auto begin_of = [&](int rank) {
        return input.first + baseline::share_begin(input.records, static_cast<Number>(rank),
                                                   static_cast<Number>(input.ranks));
    };
    Member member(input);
    const Number sum = member.run(begin_of(input.rank), begin_of(input.rank + 1));
    Number total = 0;
    MPI_Reduce(&sum, &total, 1, MPI_UINT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    return total;
}

}  // namespace

int main(int argc, char** argv) {
    return baseline::run_on_ranks(argc, argv, "baseline_mpi_shuffle", sum_of_shuffled);
}
