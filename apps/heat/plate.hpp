#pragma once

// A plate of metal whose rows are divided among the ranks of a communicator: the simulation, which
// knows nothing of dataflow.

#include <mpi.h>

#include <cstddef>
#include <span>
#include <vector>

namespace heat {

/// Heat spreads from a hot square in the middle; the borders are insulated, so none is lost.
class Plate {
 public:
    /// The rows that belong to this rank of `communicator`, as equal shares as possible.
    Plate(MPI_Comm communicator, std::size_t rows, std::size_t columns);

    /// One step of the explicit scheme (forward in time, centred in space). Collective.
    void advance();

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    /// Temperatures of a row of this rank.
    [[nodiscard]] std::span<const double> row(std::size_t index) const noexcept {
        return {now_.data() + (index + 1) * columns_, columns_};
    }

 private:
    void exchange_borders();
    void copy_border(std::size_t from, std::size_t to);

    MPI_Comm communicator_;
    int rank_above_ = MPI_PROC_NULL;
    int rank_below_ = MPI_PROC_NULL;
    std::size_t rows_ = 0;
    std::size_t columns_;
    // With a row above and one below that belong to the neighbours.
    std::vector<double> now_;
    std::vector<double> next_;
};

}  // namespace heat
