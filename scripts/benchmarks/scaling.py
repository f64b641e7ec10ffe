"""Command line of scripts/scaling: runs an exchange among simulated ranks, prints what it should
cost and what it did, and draws both."""

import argparse
import pathlib
import statistics
import sys
from dataclasses import dataclass

import machine
from command_line import build, positive
from programs import Failed, run
from scaling_model import KB, MB, Exchange, Layout, levels_of, posted_receives
from scaling_plot import COLORS, Panel, Series, decades, draw
from table import print_grid

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
RANKS = (1, 4, 16, 64, 256)
QUICK_RANKS = (1, 4)
WORKERS = (1, 2, 8)
MOST_THREADS = 512
RECORDS = 16_000_000
QUICK_RECORDS = 1_000_000
MANY_RECORDS = 10**9  # of each worker
CORES = 2


@dataclass(frozen=True)
class Figure:
    """One thing that is predicted and measured; `predicted` may be a bound, or missing."""

    heading: str
    measured: callable  # of the report of a run
    predicted: callable = None  # of an Exchange
    is_bound: bool = False


FIGURES = (
    Figure("channels", lambda report: report["channels_per_rank"],
           lambda exchange: exchange.layout.channels),
    Figure("frames", lambda report: report["frames_per_rank"], lambda exchange: exchange.frames),
    Figure("under way", lambda report: report["most_frames_under_way"],
           lambda exchange: exchange.most_under_way, is_bound=True),
    Figure("bytes a record", lambda report: report["bytes_per_record"],
           lambda exchange: exchange.bytes_per_record),
    Figure("KB before", lambda report: report["built_kb_per_rank"],
           lambda exchange: exchange.memory_before / KB),
    Figure("most MB", lambda report: report["peak_kb_per_rank"] / 1024,
           lambda exchange: exchange.most_memory / MB, is_bound=True),
    Figure("ms to build", lambda report: 1000 * report["build_processor_seconds"] /
           report["ranks"], lambda exchange: 1000 * exchange.seconds_to_build),
    Figure("s to exchange", lambda report: report["processor_seconds"]),
)
CHANNELS, _, _, BYTES, MEMORY, _, BUILD, _ = FIGURES


@dataclass(frozen=True)
class Row:
    """One layout and the reports of its runs."""

    exchange: Exchange
    reports: list

    def measured(self, figure):
        return statistics.median(map(figure.measured, self.reports))


def layouts(all_ranks):
    for workers in WORKERS:
        for ranks in all_ranks:
            for levels in (1, 2):
                has_levels = levels == 1 or (ranks > 1 and workers > 1)
                if has_levels and ranks * workers <= MOST_THREADS:
                    yield Layout(ranks, workers, levels)


def read_command_line():
    parser = argparse.ArgumentParser(
        prog="scripts/scaling",
        description="Runs an exchange among 1 to 256 simulated ranks in one process and compares "
        "what it costs with the model in docs/scaling.md.")
    parser.add_argument("--rounds", type=positive, default=5, metavar="N",
                        help="runs of each layout (5)")
    parser.add_argument("--quick", action="store_true", help="few ranks, few records, one round")
    parser.add_argument("--svg", type=pathlib.Path, metavar="FILE", help="draw a picture")
    parser.add_argument("--programs", type=pathlib.Path, metavar="DIR",
                        help="run the programs in this folder instead of building")
    parser.add_argument("--predict", type=positive, nargs=2, metavar=("RANKS", "WORKERS"),
                        help="run nothing; print what an exchange of many records costs each of so "
                        "many ranks with so many workers each")
    options = parser.parse_args()
    if options.svg and not options.svg.parent.is_dir():
        parser.error(f"there is no folder '{options.svg.parent}' for --svg")
    return options


def measure(programs, all_ranks, records, rounds):
    """The rows of all layouts, measured in turn in each round."""
    microbench = (programs / "microbench").resolve()
    exchanges = [Exchange(layout, records) for layout in layouts(all_ranks)]
    reports = [[] for _ in exchanges]
    for count in range(rounds):
        print(f"round {count + 1} of {rounds}", file=sys.stderr)
        for exchange, of_exchange in zip(exchanges, reports):
            layout = exchange.layout
            of_exchange.append(run([microbench, "ranks", "--ranks", layout.ranks, "--workers-per-rank",
                                    layout.workers, "--levels", layout.levels, "--records", records,
                                    "--json"]).report)
    return [Row(*both) for both in zip(exchanges, reports)]


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cell(row, figure):
    measured = number(row.measured(figure))
    if figure.predicted is None:
        return measured
    predicted = number(figure.predicted(row.exchange))
    return f"{'<= ' if figure.is_bound else ''}{predicted} / {measured}"


def show(rows):
    grid = [("ranks", "workers", "levels", *(figure.heading for figure in FIGURES))]
    for row in rows:
        layout = row.exchange.layout
        grid.append((str(layout.ranks), str(layout.workers), str(layout.levels),
                     *(cell(row, figure) for figure in FIGURES)))
    print_grid(grid)


def predict(ranks, workers):
    """Prints what both kinds of exchange cost, with so many records that credits bound them."""
    grid = [("levels", "channels", "under way", "MB before", "MB open", "most MB", "ms to build")]
    for levels in (1, 2) if ranks > 1 and workers > 1 else (1,):
        layout = Layout(ranks, workers, levels)
        exchange = Exchange(layout, MANY_RECORDS * layout.all_workers)
        figures = (layout.channels, exchange.most_under_way, exchange.memory_before / MB,
                   exchange.open_slabs / MB, exchange.most_memory / MB,
                   1000 * exchange.seconds_to_build)
        grid.append((str(levels), *map(number, figures)))
    print_grid(grid)
    print(f"\nlevels that the library takes: {levels_of(ranks, workers)}\n"
          f"receives posted over MPI: {number(posted_receives(ranks) / MB)} MB more")


def series_of(rows, figure):
    """One for each number of workers and levels."""
    kinds = dict.fromkeys((row.exchange.layout.workers, row.exchange.layout.levels) for row in rows)
    series = []
    for (workers, levels), color in zip(kinds, COLORS):
        chosen = [row for row in rows if (workers, levels) ==
                  (row.exchange.layout.workers, row.exchange.layout.levels)]
        series.append(Series(
            name=f"{workers} worker{'s' if workers > 1 else ''}" +
                 (f", {levels} level{'s' if levels > 1 else ''}" if workers > 1 else ""),
            color=color, hollow=levels == 2,
            predicted=[(row.exchange.layout.ranks, figure.predicted(row.exchange))
                       for row in chosen],
            measured=[(row.exchange.layout.ranks, row.measured(figure)) for row in chosen]))
    return series


def picture(rows):
    panels = []
    for title, figure in (("channels of a rank to others", CHANNELS),
                          ("KB of a rank before the first record", MEMORY),
                          ("ms of processor time of a rank to build", BUILD)):
        series = series_of(rows, figure)
        panels.append(Panel(title, series, ticks=decades(series)))
    panels.append(Panel("bytes that leave a rank, per record of 16 bytes",
                        series_of(rows, BYTES), logarithmic=False,
                        ticks=[0, 3, 6, 9, 12, 15, 18]))
    return draw(panels)


def main():
    options = read_command_line()
    if options.predict:
        predict(*options.predict)
        return 0
    all_ranks = QUICK_RANKS if options.quick else RANKS
    records = QUICK_RECORDS if options.quick else RECORDS
    rounds = 1 if options.quick else options.rounds
    try:
        programs = options.programs or build(REPOSITORY, ["microbench"])
        cores = machine.use_cores(CORES)
        rows = measure(programs, all_ranks, records, rounds)
    except Failed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    about = machine.describe(REPOSITORY, cores)
    print(f"{about['processor']}, {about['cores']} cores, {about['compiler']}; {records} records; "
          f"predicted / measured, medians of {rounds} rounds\n")
    show(rows)
    if options.svg:
        options.svg.write_text(picture(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
