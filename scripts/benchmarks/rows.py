"""The rows of the table. Each function measures one and returns its lines."""

import os
import tempfile

from bench import Line


def wordcount_command(bench, variant, workers):
    return [bench.program("wordcount"), bench.text(), "--variant", variant,
            "--local", workers, "--json"]


def compare_wordcounts(bench, name, ours, theirs, most_ratio, most_memory_ratio=None):
    bench.require_same_output(ours, theirs)
    our_runs, their_runs = bench.interleaved(ours, theirs, same="items")
    lines = [Line(name, "s", [run.seconds for run in our_runs],
                  [run.seconds for run in their_runs], most_ratio=most_ratio)]
    if most_memory_ratio:
        lines.append(Line(f"{name}: peak memory", "MB", [run.peak_megabytes for run in our_runs],
                          [run.peak_megabytes for run in their_runs],
                          most_ratio=most_memory_ratio))
    return lines


def wordcount_by_hand(bench, variant, most_ratio):
    theirs = [bench.program("baseline_wordcount"), bench.text(), "--variant", "assoc",
              "--threads", bench.cores, "--json"]
    return compare_wordcounts(bench, f"word count, {variant}",
                              wordcount_command(bench, variant, bench.cores), theirs,
                              most_ratio, most_memory_ratio=1.5)


def wordcount_assoc(bench):
    """word count, counted locally before the exchange: time and peak memory"""
    return wordcount_by_hand(bench, "assoc", most_ratio=1.10)


def wordcount_fold(bench):
    """word count, every word exchanged, against the program that counts locally first"""
    return wordcount_by_hand(bench, "fold", most_ratio=1.35)


def oversubscribed(bench):
    """word count with four workers on each core, against one"""
    many = wordcount_command(bench, "assoc", 4 * bench.cores)
    few = wordcount_command(bench, "assoc", bench.cores)
    return compare_wordcounts(bench, f"{4 * bench.cores} workers on {bench.cores} cores", many, few,
                              most_ratio=1.25)


def per_record(bench, name, row, most):
    """Nanoseconds that one core spends on a record."""
    records = bench.sizes.records
    ours = [bench.program("microbench"), row, "--records", records,
            "--local", bench.cores, "--json"]
    theirs = [bench.program("baseline_microbench"), row, "--records", records,
              "--threads", bench.cores, "--json"]
    samples = [[run.seconds * bench.cores / records * 1e9 for run in runs]
               for runs in bench.interleaved(ours, theirs, same="result")]
    return [Line(name, "ns", *samples, most=most)]


def shuffle(bench):
    """16-byte records through a shuffle into a sum, per record and core"""
    return per_record(bench, "shuffle of 16-byte records", "shuffle", most=5)


def maps(bench):
    """ten maps into a sum, per record and core"""
    return per_record(bench, "ten maps", "maps", most=2)


def mixed(bench):
    """five maps and five filters in turn into a sum, per record and core"""
    return per_record(bench, "ten maps and filters", "mixed", most=6)


def join(bench):
    """hash join of 16-byte records with a tenth of as many, keys spread over 64 bits"""
    left = bench.sizes.records // 10
    right = left // 10
    ours = [bench.program("microbench"), "join", "--records", left, "--right-records", right,
            "--local", bench.cores, "--json"]
    theirs = [bench.program("baseline_join"), "--left", left, "--right", right,
              "--threads", bench.cores, "--json"]
    samples = [[run.seconds for run in runs]
               for runs in bench.interleaved(ours, theirs, same="result")]
    return [Line("hash join", "s", *samples, most_ratio=1.3)]


def both_sides(bench, program, *arguments):
    """Our program and the one by hand, with the same arguments."""
    return ([bench.program(program), *arguments, "--local", bench.cores, "--json"],
            [bench.program(f"baseline_{program}"), *arguments, "--threads", bench.cores, "--json"])


def time_by_hand(bench, name, sides, same, most_ratio):
    samples = [[run.seconds for run in runs] for runs in bench.interleaved(*sides, same=same)]
    return Line(name, "s", *samples, most_ratio=most_ratio)


def kmeans(bench):
    """k-means of 4 M points with 30 centroids, 20 rounds, with reading"""
    sides = both_sides(bench, "kmeans", 30, 20, bench.points())
    bench.require_same_output(*sides, close=True)
    return [time_by_hand(bench, "k-means", sides, same="items", most_ratio=1.2)]


def components(bench):
    """connected components of 1 M vertices and 10 M edges by label propagation, with reading"""
    sides = both_sides(bench, "connected_components", 100, bench.graph())
    bench.require_same_output(*sides)
    return [time_by_hand(bench, "connected components", sides, same="result", most_ratio=1.5)]


def pagerank(bench):
    """20 rounds of PageRank of the same graph, with reading"""
    sides = both_sides(bench, "pagerank", 20, bench.graph())
    bench.require_same_output(*sides, close=True)
    return [time_by_hand(bench, "PageRank", sides, same="items", most_ratio=1.6)]


def collatz(bench):
    """the number below 10 M with the most Collatz steps"""
    sides = both_sides(bench, "collatz", bench.sizes.numbers)
    return [time_by_hand(bench, "Collatz", sides, same="result", most_ratio=1.05)]


def require_same_windows(bench, *options):
    """Of fewer bids, since the files would be large. The number of windows is compared later."""
    bench.require_same_output(*both_sides(bench, "bids", bench.sizes.bids // 50, *options))


def windows(bench):
    """count and highest price per auction and window of event time, watermarks often and rarely"""
    require_same_windows(bench)
    lines = []
    for bids, text in ((1_000, "1 k"), (1_000_000, "1 M")):
        ours, theirs = both_sides(bench, "bids", bench.sizes.bids)
        sides = [*ours, "--watermark", bids], theirs
        lines.append(time_by_hand(bench, f"tumbling window, watermark every {text}", sides,
                                  same="result", most_ratio=1.25))
    return lines


def sliding(bench):
    """sliding windows of ten panes, against tumbling ones; results as by hand"""
    slide = ["--slide", 100]
    require_same_windows(bench, *slide)
    ours, theirs = both_sides(bench, "bids", bench.sizes.bids, *slide)
    bench.require_same_result(ours, theirs)
    tumbling, _ = both_sides(bench, "bids", bench.sizes.bids)
    return [time_by_hand(bench, "sliding window, against tumbling", (ours, tumbling),
                         same="items", most_ratio=1.5)]


def rounds(bench):
    """a round of a loop that has nothing to do, with a shuffle in its body"""
    count = max(1, bench.sizes.records // 100)
    runs = bench.alone([bench.program("microbench"), "rounds", "--rounds", count,
                        "--local", bench.cores, "--json"])
    return [Line("empty round of iterate", "us", [1e6 * run.seconds / count for run in runs],
                 most=30)]


def latency(bench):
    """a record through source, shuffle, sink at 10 k/s and 1 M/s, from when it was due"""
    lines = []
    for rate, text in ((10_000, "10 k/s"), (1_000_000, "1 M/s")):
        reports = [run.report for run in bench.alone(
            [bench.program("microbench"), "latency", "--rate", rate,
             "--duration", bench.sizes.seconds, "--local", bench.cores, "--json"])]
        lines += [Line(f"latency at {text}: median", "us",
                       [report["median_us"] for report in reports], most=10),
                  Line(f"latency at {text}: 99 %", "us",
                       [report["p99_us"] for report in reports], most=1000)]
    return lines


def idle(bench):
    """processor time of a job that waits on a quiet channel, in percent of one core"""
    runs = bench.alone([bench.program("microbench"), "idle", "--duration",
                        bench.sizes.idle_seconds, "--local", bench.cores, "--json"])
    return [Line("waiting on a channel", "% CPU", [100 * run.report["cores"] for run in runs],
                 most=1)]


def compile_time(bench, name, source, most):
    with tempfile.TemporaryDirectory() as folder:
        runs = bench.alone(["g++", "-std=c++20", "-O2", f"-I{bench.repository / 'include'}", "-c",
                            bench.repository / source, "-o", os.path.join(folder, "program.o")],
                           environment={"CCACHE_DISABLE": "1"})
    return [Line(name, "s", [run.wall_seconds for run in runs], most=most)]


def compile_wordcount(bench):
    """g++ -O2 of the word count of the README"""
    return compile_time(bench, "compiling the word count", "tests/consumer/program/wordcount.cpp",
                        most=4)


def compile_thirty(bench):
    """g++ -O2 of a program with thirty operators"""
    return compile_time(bench, "compiling thirty operators", "apps/bench/thirty_operators.cpp",
                        most=8)


ROWS = {
    "wordcount-assoc": wordcount_assoc,
    "wordcount-fold": wordcount_fold,
    "oversubscribed": oversubscribed,
    "shuffle": shuffle,
    "maps": maps,
    "mixed": mixed,
    "join": join,
    "kmeans": kmeans,
    "components": components,
    "pagerank": pagerank,
    "collatz": collatz,
    "windows": windows,
    "sliding": sliding,
    "rounds": rounds,
    "latency": latency,
    "idle": idle,
    "compile-wordcount": compile_wordcount,
    "compile-thirty": compile_thirty,
}
