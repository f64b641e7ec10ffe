#include "transport/mpi_ranks.hpp"

#include "base/host_name.hpp"
#include "transport/mpi_link.hpp"
#include "transport/odd_rank.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <thread>

namespace renoir {

namespace {

using std::chrono::microseconds;

/// Tags of jobs; MPI guarantees tags up to 32767.
constexpr int most_tags = 32'000;

/// What a rank says of its host.
struct Host {
    std::array<char, 64> name{};
    std::array<char, 64> kernel{};  ///< an identifier of the running kernel, or again the name
};

template <std::size_t size>
void copy_into(std::array<char, size>& array, const std::string& text) {
    text.copy(array.data(), size - 1);
}

Host this_host() {
    Host host;
    copy_into(host.name, detail::host_name());
    std::string kernel;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> kernel;
    copy_into(host.kernel, kernel.empty() ? detail::host_name() : kernel);
    return host;
}

std::uint32_t size_of(MPI_Comm communicator) {
    int size = 0;
    check_mpi(MPI_Comm_size(communicator, &size), "MPI_Comm_size");
    return static_cast<std::uint32_t>(size);
}

std::uint32_t rank_in(MPI_Comm communicator) {
    int rank = 0;
    check_mpi(MPI_Comm_rank(communicator, &rank), "MPI_Comm_rank");
    return static_cast<std::uint32_t>(rank);
}

const char* text_of(Step step) {
    switch (step) {
        case Step::context:
            return " makes a context";
        case Step::job:
            return " starts a job";
        case Step::end:
            return " ends";
    }
    return "";
}

}  // namespace

MpiRanks::MpiRanks(MPI_Comm parent, MpiThreads threads) : threads_(threads) {
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Comm_idup(parent, &communicator_, &request), "MPI_Comm_idup");
    wait_for(request);
    check_mpi(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    rank_ = rank_in(communicator_);
    size_ = size_of(communicator_);
    find_hosts();
}

MpiRanks::~MpiRanks() {
    int is_finalized = 0;
    if (MPI_Finalized(&is_finalized) != MPI_SUCCESS || is_finalized != 0) return;
    MPI_Comm_free(&communicator_);
}

void MpiRanks::find_hosts() {
    const std::vector<Host> hosts = gather(this_host());
    for (std::uint32_t rank = 0; rank < size_; ++rank) {
        host_names_.emplace_back(hosts[rank].name.data());
        if (hosts[rank].kernel != hosts[rank_].kernel) continue;
        if (rank == rank_) rank_on_host_ = static_cast<std::uint32_t>(ranks_on_host_.size());
        ranks_on_host_.push_back(rank);
    }
}

std::string MpiRanks::name_of(std::uint32_t rank) const {
    return "rank " + std::to_string(rank) + " (" + host_names_.at(rank) + ')';
}

void MpiRanks::take(Step step) {
    const std::vector<Step> steps = gather(step);
    const auto found = find_odd_rank(steps);
    if (!found) return;
    throw common_error(ErrorKind::usage,
                       name_of(found->odd) + text_of(steps[found->odd]) + " where " +
                           name_of(found->usual) + text_of(steps[found->usual]) +
                           "; a program must run the same jobs on all ranks, and return from "
                           "main() behind them");
}

Error MpiRanks::common_error(ErrorKind kind, const std::string& text) const {
    const Error error(kind, text);
    return rank_ == 0 ? error : error.reported_by_root();
}

std::vector<std::string> MpiRanks::gather_texts(const std::string& text) {
    const std::vector<std::size_t> lengths = gather(text.size());
    const std::size_t longest = *std::ranges::max_element(lengths);
    std::string padded = text;
    padded.resize(longest);
    std::string all(longest * size_, '\0');
    gather_bytes(padded.data(), longest, all.data());
    std::vector<std::string> texts;
    for (std::size_t rank = 0; rank < size_; ++rank)
        texts.push_back(all.substr(rank * longest, lengths[rank]));
    return texts;
}

std::unique_ptr<Link> MpiRanks::connect() {
    const auto life = std::make_shared<const int>(0);
    link_ = life;
    const int tag = 1 + links_made_++ % most_tags;
    return make_mpi_link(*this, tag, life);
}

void MpiRanks::gather_bytes(const void* own, std::size_t size, void* all) {
    MPI_Request request = MPI_REQUEST_NULL;
    const int count = static_cast<int>(size);
    {
        const auto lock = turn();
        check_mpi(
            MPI_Iallgather(own, count, MPI_BYTE, all, count, MPI_BYTE, communicator_, &request),
            "MPI_Iallgather");
    }
    wait_for(request);
}

// Collective calls of MPI wait by polling; this one sleeps between two looks.
void MpiRanks::wait_for(MPI_Request& request) {
    constexpr microseconds longest_pause{1000};
    for (microseconds pause{10};; pause = std::min(2 * pause, longest_pause)) {
        int complete = 0;
        {
            const auto lock = turn();
            check_mpi(MPI_Test(&request, &complete, MPI_STATUS_IGNORE), "MPI_Test");
        }
        if (complete != 0) return;
        std::this_thread::sleep_for(pause);
    }
}

void check_mpi(int code, const char* what) {
    if (code == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    throw Error(ErrorKind::internal,
                std::string(what) +
                    " failed: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

}  // namespace renoir
