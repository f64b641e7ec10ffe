/// Starts MPI, waits for all ranks and ends: what a program costs under mpirun that does nothing.
///
///     mpirun -np 2 baseline_mpi_start

#include <mpi.h>

int main(int argc, char** argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
}
