#pragma once

/// Jobs inside an MPI program: a simulation that analyses its own output while it runs. Users
/// include renoir/mpi.hpp.
///
///     int provided = 0;
///     MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
///     {
///         renoir::StreamContext ctx(renoir::within_mpi(MPI_COMM_WORLD));
///         auto [sender, source] = renoir::channel_on_each_rank<Cell>(1024);
///         auto hottest = ctx.stream(std::move(source)).max_by(&Cell::heat).collect_vec();
///         auto job = ctx.execute();
///         for (int step = 0; step < steps; ++step) {
///             advance(field);                                // with MPI calls of its own
///             for (const Cell& cell : field) sender.send(cell);
///         }
///         sender.close();
///         job.wait();
///     }
///     MPI_Finalize();

#include <renoir/config/runtime_config.hpp>

#include <mpi.h>

namespace renoir {

/// The configuration of a job with `workers_per_rank` workers on every rank of `communicator`.
/// Collective: all its ranks call it, and then build and execute the same jobs in the same order.
/// The job talks over a duplicate of the communicator and never finalises MPI. The configuration,
/// its contexts and its jobs must be gone before MPI_Finalize.
///
/// What the job may do depends on the thread level that MPI was initialised with:
/// - MPI_THREAD_MULTIPLE: the workers send and receive by themselves.
/// - MPI_THREAD_FUNNELED or MPI_THREAD_SERIALIZED: the calling thread alone makes MPI calls, since
///   nobody else knows when the program makes its own. The job moves on what travels between ranks
///   while this thread is in JobHandle::wait(), JobHandle::progress() or a ChannelSender::send()
///   that waits for room; what the workers have for other ranks meanwhile is kept in memory. The
///   handle is waited for and destroyed by this thread.
///
/// Workers are not bound to cores, which belong to the program; `with_pinning` changes that.
///
/// Throws Error(usage) when MPI is not initialised, was finalised, or has MPI_THREAD_SINGLE (which
/// forbids any other thread); Error(configuration) for no worker.
[[nodiscard]] RuntimeConfig within_mpi(MPI_Comm communicator, std::size_t workers_per_rank = 1);

}  // namespace renoir
