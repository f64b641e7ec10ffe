#pragma once

// The ranks of an MPI communicator: what they tell each other, and the links of their jobs.

#include <renoir/base/error.hpp>
#include <renoir/transport/link.hpp>

#include <mpi.h>

#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

namespace renoir {

/// Who may call MPI in this process.
enum class MpiThreads {
    any,        ///< every thread, several at once
    in_turn,    ///< every thread, one at a time, and nobody but us does
    this_only,  ///< the thread that made the ranks
};

/// What the ranks do together, one step after the other.
enum class Step : std::uint32_t { context, job, end };

/// A duplicate of a communicator. It is made, asked and connected by one thread, the same on every
/// rank in the same order; waiting burns no core.
class MpiRanks {
 public:
    /// Collective.
    MpiRanks(MPI_Comm parent, MpiThreads threads);
    /// Not after MPI_Finalize.
    ~MpiRanks();
    MpiRanks(const MpiRanks&) = delete;
    MpiRanks& operator=(const MpiRanks&) = delete;

    [[nodiscard]] std::uint32_t rank() const noexcept { return rank_; }
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] MpiThreads threads() const noexcept { return threads_; }

    /// Index of this rank among those of its host.
    [[nodiscard]] std::uint32_t rank_on_host() const noexcept { return rank_on_host_; }

    /// For messages: `rank 2 (node3)`.
    [[nodiscard]] std::string name_of(std::uint32_t rank) const;

    /// Collective: says what this rank does next. Throws Error(usage) where another one does
    /// something else, as they would wait for each other in vain.
    void take(Step step);

    /// An error that all ranks have.
    [[nodiscard]] Error common_error(ErrorKind kind, const std::string& text) const;

    /// The values of all ranks, and of those on this host, by rank. A host is what has one kernel:
    /// names of hosts may be equal by mistake, and its containers share its cores.
    template <class T>
    [[nodiscard]] std::vector<T> gather(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        std::vector<T> values(size_);
        gather_bytes(&value, sizeof(T), values.data());
        return values;
    }
    template <class T>
    [[nodiscard]] std::vector<T> gather_on_host(const T& value) {
        const std::vector<T> all = gather(value);
        std::vector<T> values;
        for (const std::uint32_t rank : ranks_on_host_) values.push_back(all[rank]);
        return values;
    }

    [[nodiscard]] std::vector<std::string> gather_texts(const std::string& text);

    /// A link between all ranks for one job. Links of several jobs may be alive at once.
    [[nodiscard]] std::unique_ptr<Link> connect();

    /// Whether a job is running: the process must not end now, others wait for it.
    [[nodiscard]] bool is_connected() const noexcept { return !link_.expired(); }

    // For links.

    [[nodiscard]] MPI_Comm communicator() const noexcept { return communicator_; }

    /// To be held while MPI is called.
    [[nodiscard]] std::unique_lock<std::mutex> turn() { return std::unique_lock(mutex_); }

    /// Keeps memory that MPI may still use: of messages whose receiver has left.
    void keep(std::shared_ptr<void> memory) { kept_.push_back(std::move(memory)); }

 private:
    void find_hosts();
    void gather_bytes(const void* own, std::size_t size, void* all);
    void wait_for(MPI_Request& request);

    MPI_Comm communicator_ = MPI_COMM_NULL;
    MpiThreads threads_;
    std::uint32_t rank_ = 0;
    std::uint32_t size_ = 1;
    std::uint32_t rank_on_host_ = 0;
    std::vector<std::uint32_t> ranks_on_host_;
    std::vector<std::string> host_names_;
    std::mutex mutex_;
    int links_made_ = 0;
    std::weak_ptr<const void> link_;
    std::vector<std::shared_ptr<void>> kept_;
};

/// Throws Error(internal) with the text of MPI when a call has failed. Every return code comes
/// here.
void check_mpi(int code, const char* what);

}  // namespace renoir
