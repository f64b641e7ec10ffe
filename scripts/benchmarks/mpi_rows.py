"""The rows of programs whose workers are spread over ranks of mpirun."""

import shutil

from bench import Line
from programs import Failed
from rows import compare_wordcounts, wordcount_command

LAUNCHER = ["mpirun", "--oversubscribe", "--bind-to", "none"]
SHARED_MEMORY = ("shared memory", [])
TCP = ("TCP", ["--mca", "pml", "ob1", "--mca", "btl", "self,tcp"])
RANKS = 2


def require_mpirun():
    if shutil.which(LAUNCHER[0]) is None:
        raise Failed("there is no mpirun, which the rows mpi-... need; install openmpi-bin, or "
                     "name the rows that you want")


def on_ranks(ranks, command, transport=SHARED_MEMORY):
    return [*LAUNCHER, *transport[1], "-np", ranks, *command]


def workers_per_rank(bench):
    return max(1, bench.cores // RANKS)


def ranked_wordcount(bench, variant, transport=SHARED_MEMORY, oversubscription=1):
    """So many times as many ranks as usual, and so many times as many workers on each."""
    command = [bench.program("wordcount"), bench.text(), "--variant", variant, "--json",
               "--workers-per-rank", oversubscription * workers_per_rank(bench)]
    return on_ranks(oversubscription * RANKS, command, transport)


def against_one_rank(bench, variant, transport, most_ratio):
    workers = RANKS * workers_per_rank(bench)
    return compare_wordcounts(bench, f"word count, {variant}, {RANKS} ranks, {transport[0]}",
                              ranked_wordcount(bench, variant, transport),
                              wordcount_command(bench, variant, workers), most_ratio)


def wordcount_assoc(bench):
    """word count, counted before the exchange, in two ranks against one with as many workers"""
    return against_one_rank(bench, "assoc", SHARED_MEMORY, most_ratio=1.15)


def wordcount_fold(bench):
    """the same, every word exchanged, over shared memory and over TCP"""
    return [*against_one_rank(bench, "fold", SHARED_MEMORY, most_ratio=1.15),
            *against_one_rank(bench, "fold", TCP, most_ratio=2)]


def oversubscribed(bench):
    """word count, four ranks with twice as many workers each, against two ranks"""
    lines = []
    for variant in ("assoc", "fold"):
        name = f"word count, {variant}, {2 * RANKS} ranks x {2 * workers_per_rank(bench)} workers"
        lines += compare_wordcounts(bench, name,
                                    ranked_wordcount(bench, variant, oversubscription=2),
                                    ranked_wordcount(bench, variant), most_ratio=1.5)
    return lines


def microbench(bench, row, *arguments, workers=1, transport=SHARED_MEMORY):
    command = [bench.program("microbench"), row, *arguments, "--workers-per-rank", workers,
               "--json"]
    return on_ranks(RANKS, command, transport)


def large_records(bench):
    """How many of 1 KiB go from one rank to another."""
    return bench.sizes.records // 50


def stream(bench):
    """1 KiB records from one rank to another, over shared memory and over TCP"""
    records = large_records(bench)
    lines = []
    for transport in (SHARED_MEMORY, TCP):
        ours = microbench(bench, "stream", "--records", records, transport=transport)
        theirs = on_ranks(RANKS, [bench.program("baseline_mpi_stream"), "--records", records,
                                  "--json"], transport)
        samples = [[1024 * records / run.seconds / 1e9 for run in runs]
                   for runs in bench.interleaved(ours, theirs, same="result")]
        lines.append(Line(f"1 KiB records, {transport[0]}", "GB/s", *samples, least_ratio=0.9))
    return lines


def shuffle(bench):
    """16-byte records through a shuffle between two ranks into a sum, per record and core"""
    records = bench.sizes.records
    workers = workers_per_rank(bench)
    cores = RANKS * workers
    ours = microbench(bench, "shuffle", "--records", records, workers=workers)
    theirs = on_ranks(cores, [bench.program("baseline_mpi_shuffle"), "--records", records,
                              "--json"])
    samples = [[run.seconds * cores / records * 1e9 for run in runs]
               for runs in bench.interleaved(ours, theirs, same="result")]
    return [Line("shuffle of 16-byte records between ranks", "ns", *samples, most=8)]


def latency(bench):
    """a record from one rank to another at 10 k/s, over shared memory and over TCP"""
    lines = []
    for transport, most in ((SHARED_MEMORY, 50), (TCP, 300)):
        runs = bench.alone(microbench(bench, "far-latency", "--rate", 10_000, "--duration",
                                      bench.sizes.seconds, transport=transport))
        lines.append(Line(f"latency at 10 k/s, {transport[0]}: median", "us",
                          [run.report["median_us"] for run in runs], most=most))
    return lines


# What the slow consumer may keep waiting, in batches of 64 KB: eight in the ring of its sender,
# eight for which there are credits, and one each that is being filled, has found no room, waits for
# a credit, and is in the hands of the consumer.
MOST_QUEUED_KB = (8 + 8 + 4) * 64


def slow(bench):
    """1 KiB records beside a channel of the same ranks whose consumer is slow, against alone"""
    records = large_records(bench)
    lines = []
    for transport in (SHARED_MEMORY, TCP):
        beside, alone = (
            microbench(bench, "slow", "--records", records, *options, workers=2,
                       transport=transport)
            for options in ([], ["--slow-records", 0]))
        beside_runs, alone_runs = bench.interleaved(beside, alone, same="result")
        name = f"beside a slow channel, {transport[0]}"
        lines += [Line(name, "s", [run.seconds for run in beside_runs],
                       [run.seconds for run in alone_runs], most_ratio=1.10),
                  Line(f"{name}: queued", "KB",
                       [run.report["queued_kb"] for run in beside_runs], most=MOST_QUEUED_KB)]
    return lines


def start(bench):
    """mpirun with a word count of nothing, against one with a program that only starts MPI"""
    bench.data.mkdir(parents=True, exist_ok=True)
    nothing = bench.data / "empty.txt"
    nothing.touch()
    sides = bench.interleaved(on_ranks(RANKS, [bench.program("wordcount"), nothing]),
                              on_ranks(RANKS, [bench.program("baseline_mpi_start")]))
    samples = [[1000 * run.wall_seconds for run in runs] for runs in sides]
    return [Line("start and end under mpirun", "ms", *samples, most_more=100)]


def idle(bench):
    """processor time of a rank of a job that waits on a quiet channel, in percent of one core"""
    runs = bench.alone(microbench(bench, "idle", "--duration", bench.sizes.idle_seconds))
    return [Line("waiting on a channel, one of two ranks", "% CPU",
                 [100 * run.report["cores"] for run in runs], most=2)]


ROWS = {
    "mpi-wordcount-assoc": wordcount_assoc,
    "mpi-wordcount-fold": wordcount_fold,
    "mpi-oversubscribed": oversubscribed,
    "mpi-stream": stream,
    "mpi-shuffle": shuffle,
    "mpi-latency": latency,
    "mpi-slow": slow,
    "mpi-start": start,
    "mpi-idle": idle,
}
