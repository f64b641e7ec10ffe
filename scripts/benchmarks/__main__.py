"""Command line of scripts/bench: builds, measures, prints the table."""

import argparse
import pathlib
import sys

import command_line
import machine
import mpi_rows
import rows
import table
from bench import Bench, Sizes
from command_line import positive
from programs import Failed

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FULL = Sizes(text_bytes=500_000_000, records=100_000_000, points=4_000_000, edges=10_000_000,
             bids=100_000_000, numbers=10_000_000, seconds=2.0, idle_seconds=3.0)
QUICK = Sizes(text_bytes=20_000_000, records=5_000_000, points=200_000, edges=500_000,
              bids=5_000_000, numbers=500_000, seconds=0.3, idle_seconds=0.3)
ENOUGH_ROUNDS = 7
ROWS = {**rows.ROWS, **mpi_rows.ROWS}


def rows_of(word):
    """The row of this name, or those whose names begin with the word."""
    return [word] if word in ROWS else [name for name in ROWS if name.startswith(word + "-")]


def read_command_line():
    width = max(map(len, ROWS))
    listing = "\n".join(f"  {name:{width}}  {row.__doc__}" for name, row in ROWS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Builds the release preset and measures the library side by side with "
        "hand-written programs. The result is 0 unless a program fails or two results differ; "
        "slow is not an error.",
        epilog=f"rows:\n{listing}\n\nA first word, such as mpi, means all rows that begin with it. "
        "The method is in docs/performance.md.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", nargs="*", help="rows to measure, or the first word of several; all "
                        "of them if none is named")
    parser.add_argument("--rounds", type=positive, metavar="N",
                        help=f"times that each side runs ({ENOUGH_ROUNDS}, with --quick 1)")
    parser.add_argument("--quick", action="store_true",
                        help="small inputs: does it all work? The figures mean little")
    parser.add_argument("--cores", type=positive, metavar="N", default=2,
                        help="cores that everything runs on (2)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="write all samples to this file")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        default=REPOSITORY / "build" / "bench-data",
                        help="where the inputs are kept (build/bench-data)")
    parser.add_argument("--programs", type=pathlib.Path, metavar="DIR",
                        help="measure the programs in this folder instead of building")
    options = parser.parse_args()
    unknown = [word for word in options.row if not rows_of(word)]
    if unknown:
        parser.error(f"there is no row '{unknown[0]}'; choose from {', '.join(ROWS)}")
    chosen = [name for word in options.row for name in rows_of(word)]
    options.row = list(dict.fromkeys(chosen)) or list(ROWS)
    return options


def build():
    """Builds the programs that are measured and returns their folder."""
    programs = ["wordcount", "kmeans", "connected_components", "pagerank", "bids", "collatz"]
    targets = ["generate", "microbench", "baseline_microbench", "baseline_join", *programs,
               *(f"baseline_{name}" for name in programs),
               *(f"baseline_mpi_{name}" for name in ("shuffle", "start", "stream"))]
    return command_line.build(REPOSITORY, targets)


def measure(options):
    programs = options.programs.resolve() if options.programs else build()
    if not mpi_rows.ROWS.keys().isdisjoint(options.row):
        mpi_rows.require_mpirun()
    cores = machine.use_cores(options.cores)
    bench = Bench(repository=REPOSITORY,
                  programs=programs,
                  data=options.data,
                  rounds=options.rounds or (1 if options.quick else ENOUGH_ROUNDS),
                  cores=cores,
                  sizes=QUICK if options.quick else FULL)
    about = machine.describe(REPOSITORY, cores)
    lines = []
    for name in options.row:
        print(f"{name} ...", file=sys.stderr)
        lines += ROWS[name](bench)
    return bench, about, lines


def caveats(options, bench, about):
    if options.quick:
        yield "inputs are small (--quick)"
    if bench.rounds < ENOUGH_ROUNDS:
        yield f"only {bench.rounds} round(s), at least {ENOUGH_ROUNDS} make a measurement"
    if bench.cores < options.cores:
        yield f"only {bench.cores} core(s) to run on"
    if about["load"] > 0.5:
        yield f"something else was running at the start (load {about['load']})"


def main():
    options = read_command_line()
    try:
        bench, about, lines = measure(options)
    except Failed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    warnings = list(caveats(options, bench, about))
    table.show(about, bench.rounds, lines, warnings)
    if options.json:
        table.write_json(options.json, about, bench.rounds, lines, warnings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
