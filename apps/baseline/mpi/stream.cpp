/// Records of 1 KiB from rank 1 to rank 0 in messages of 64 KB, the yardstick for
/// `microbench stream`: every byte is written by the one and read by the other.
///
///     mpirun -np 2 baseline_mpi_stream --records 2000000 --json

#include <algorithm>
#include <vector>

#include "mpi/program.hpp"
#include "shared/failure.hpp"

namespace {

using workload::Kilobyte;
using workload::Number;

constexpr int receiver = 0;
constexpr int sender = 1;
constexpr Number records_in_message = 64;
constexpr Number messages_under_way = 8;

struct Message {
    std::vector<Kilobyte> records = std::vector<Kilobyte>(records_in_message);
    MPI_Request request = MPI_REQUEST_NULL;
};

Number send_all(const baseline::Ranked& input) {
    std::vector<Message> messages(messages_under_way);
    const Number end = input.first + input.records;
    Number turn = 0;
    for (Number next = input.first; next != end;) {
        Message& message = messages[turn++ % messages_under_way];
        MPI_Wait(&message.request, MPI_STATUS_IGNORE);
        const Number size = std::min(records_in_message, end - next);
        for (Number i = 0; i < size; ++i) workload::write_kilobyte(next + i, message.records[i]);
        MPI_Isend(message.records.data(), static_cast<int>(size * sizeof(Kilobyte)), MPI_BYTE,
                  receiver, 0, MPI_COMM_WORLD, &message.request);
        next += size;
    }
    for (Message& message : messages) MPI_Wait(&message.request, MPI_STATUS_IGNORE);
    return 0;
}

void post(Message& message) {
    MPI_Irecv(message.records.data(), static_cast<int>(records_in_message * sizeof(Kilobyte)),
              MPI_BYTE, sender, 0, MPI_COMM_WORLD, &message.request);
}

Number receive_all(const baseline::Ranked& input) {
    const Number count = (input.records + records_in_message - 1) / records_in_message;
    std::vector<Message> messages(std::min(messages_under_way, count));
    for (Message& message : messages) post(message);
    Number sum = 0;
    for (Number received = 0; received != count; ++received) {
        Message& message = messages[received % messages.size()];
        MPI_Wait(&message.request, MPI_STATUS_IGNORE);
        const Number size =
            std::min(records_in_message, input.records - received * records_in_message);
        for (Number i = 0; i < size; ++i) sum += workload::digest_of(message.records[i]);
        if (received + messages.size() < count) post(message);
    }
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    return baseline::run_on_ranks(argc, argv, "baseline_mpi_stream", [](const auto& input) {
        if (input.ranks != 2) throw baseline::Failure(2, "it takes two ranks: mpirun -np 2");
        return input.rank == receiver ? receive_all(input) : send_all(input);
    });
}
