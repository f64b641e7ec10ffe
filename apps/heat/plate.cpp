#include "heat/plate.hpp"

#include <algorithm>
#include <utility>

namespace heat {

namespace {

// Below a quarter the scheme is stable.
constexpr double diffusion = 0.2;
constexpr double hot = 100.0;

bool is_in_middle_third(std::size_t index, std::size_t count) {
    return index >= count / 3 && index < count - count / 3;
}

}  // namespace

Plate::Plate(MPI_Comm communicator, std::size_t rows, std::size_t columns)
    : communicator_(communicator), columns_(columns) {
    int rank = 0;
    int ranks = 1;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &ranks);
    const auto border = [&](int index) {
        return rows * static_cast<std::size_t>(index) / static_cast<std::size_t>(ranks);
    };
    const std::size_t first = border(rank);
    rows_ = border(rank + 1) - first;
    if (rank > 0) rank_above_ = rank - 1;
    if (rank + 1 < ranks) rank_below_ = rank + 1;
    now_.resize((rows_ + 2) * columns_);
    next_ = now_;
    for (std::size_t row = 0; row < rows_; ++row) {
        for (std::size_t column = 0; column < columns_; ++column) {
            if (is_in_middle_third(first + row, rows) && is_in_middle_third(column, columns_))
                now_[(row + 1) * columns_ + column] = hot;
        }
    }
}

void Plate::advance() {
    exchange_borders();
    for (std::size_t row = 1; row <= rows_; ++row) {
        for (std::size_t column = 0; column < columns_; ++column) {
            const std::size_t here = row * columns_ + column;
            const double left = column == 0 ? now_[here] : now_[here - 1];
            const double right = column + 1 == columns_ ? now_[here] : now_[here + 1];
            const double around = now_[here - columns_] + now_[here + columns_] + left + right;
            next_[here] = now_[here] + diffusion * (around - 4 * now_[here]);
        }
    }
    std::swap(now_, next_);
}

void Plate::exchange_borders() {
    const auto columns = static_cast<int>(columns_);
    double* const first = now_.data() + columns_;
    double* const last = now_.data() + rows_ * columns_;
    MPI_Sendrecv(first, columns, MPI_DOUBLE, rank_above_, 0, last + columns_, columns, MPI_DOUBLE,
                 rank_below_, 0, communicator_, MPI_STATUS_IGNORE);
    MPI_Sendrecv(last, columns, MPI_DOUBLE, rank_below_, 1, now_.data(), columns, MPI_DOUBLE,
                 rank_above_, 1, communicator_, MPI_STATUS_IGNORE);
    if (rank_above_ == MPI_PROC_NULL) copy_border(1, 0);
    if (rank_below_ == MPI_PROC_NULL) copy_border(rows_, rows_ + 1);
}

void Plate::copy_border(std::size_t from, std::size_t to) {
    std::copy_n(now_.begin() + static_cast<std::ptrdiff_t>(from * columns_), columns_,
                now_.begin() + static_cast<std::ptrdiff_t>(to * columns_));
}

}  // namespace heat
