"""What every row needs: programs, inputs, rounds, and the lines that come out."""

import filecmp
import itertools
import math
import pathlib
import statistics
import sys
import tempfile
from dataclasses import dataclass, field

from programs import Failed, run


@dataclass(frozen=True)
class Sizes:
    text_bytes: int
    records: int
    points: int
    edges: int
    bids: int
    numbers: int  # for collatz
    seconds: float  # of a latency run
    idle_seconds: float


@dataclass(frozen=True)
class Line:
    """One line of the table. The target is for `ours`, or for the ratio or the difference to the
    other side where that has a limit."""

    name: str
    unit: str
    ours: list  # one sample for each round
    by_hand: list = field(default_factory=list)  # empty where there is nothing to compare with
    most: float = None  # limit of the median of `ours`
    most_ratio: float = None  # limits of the median of the ratios of the rounds
    least_ratio: float = None
    most_more: float = None  # limit of the median of the differences of the rounds

    @property
    def median(self):
        return statistics.median(self.ours)

    @property
    def median_by_hand(self):
        return statistics.median(self.by_hand) if self.by_hand else None

    @property
    def ratio(self):
        if not self.by_hand:
            return None
        return statistics.median(a / b for a, b in zip(self.ours, self.by_hand))

    @property
    def difference(self):
        return statistics.median(a - b for a, b in zip(self.ours, self.by_hand))

    @property
    def holds(self):
        if self.most_ratio:
            return self.ratio <= self.most_ratio
        if self.least_ratio:
            return self.ratio >= self.least_ratio
        if self.most_more:
            return self.difference <= self.most_more
        return self.median <= self.most


@dataclass(frozen=True)
class Bench:
    repository: pathlib.Path
    programs: pathlib.Path
    data: pathlib.Path
    rounds: int
    cores: int
    sizes: Sizes

    def program(self, name):
        return self.programs / name

    def text(self):
        """A file of words with Zipf frequencies."""
        return self.generated("text", f"text-{self.sizes.text_bytes}.txt",
                              "--bytes", self.sizes.text_bytes)

    def points(self):
        """A file of points around 30 centres."""
        return self.generated("points", f"points-{self.sizes.points}.csv",
                              "--points", self.sizes.points, "--clusters", 30)

    def graph(self):
        """A file of edges, ten for each vertex on average."""
        return self.generated("graph", f"graph-{self.sizes.edges}.csv",
                              "--vertices", self.sizes.edges // 10, "--edges", self.sizes.edges)

    def generated(self, kind, name, *options):
        """An input, made when it is not there yet."""
        path = self.data / name
        if not path.exists():
            print(f"  making {path}", file=sys.stderr)
            self.data.mkdir(parents=True, exist_ok=True)
            run([self.program("generate"), kind, path, *options])
        return path

    def alone(self, command, environment=None):
        """The runs of all rounds of one program."""
        runs = []
        for number in range(self.rounds):
            self.tell_round(number)
            runs.append(run(command, environment))
        return runs

    def interleaved(self, ours, theirs, same=None):
        """The runs of both programs, in turn and with changing order, so that a machine that
        becomes slower does so for both. `same` is the field of the reports that must be equal, if
        they have any."""
        both = [], []
        for number in range(self.rounds):
            self.tell_round(number)
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                both[side].append(run((ours, theirs)[side]))
            if same:
                require_same((ours, theirs), [runs[-1] for runs in both], same)
        return both

    def require_same_result(self, ours, theirs):
        """Both programs report the same result."""
        require_same((ours, theirs), [run(ours), run(theirs)], "result")

    def tell_round(self, number):
        print(f"  round {number + 1} of {self.rounds}", file=sys.stderr)

    def require_same_output(self, ours, theirs, close=False):
        """Both programs write the same file; with `close`, numbers in it may differ in the last
        digits. Also brings their input into the page cache."""
        self.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.data) as folder:
            files = [pathlib.Path(folder, name) for name in ("ours", "theirs")]
            for command, file in zip((ours, theirs), files):
                run([*command, "--output", file])
            same = same_numbers if close else lambda *both: filecmp.cmp(*both, shallow=False)
            if not same(*files):
                raise Failed(f"results differ: '{joined(ours)}' and '{joined(theirs)}'")


def require_same(commands, runs, field_name):
    ours, theirs = (done.report[field_name] for done in runs)
    if ours != theirs:
        raise Failed(f"results differ: '{joined(commands[0])}' has {field_name} {ours}, "
                     f"'{joined(commands[1])}' has {theirs}")


def same_numbers(*files):
    """Whether two files have the same rows of numbers, up to how sums of doubles are rounded."""
    with open(files[0], encoding="utf-8") as ours, open(files[1], encoding="utf-8") as theirs:
        return all(close_rows(*rows) for rows in itertools.zip_longest(ours, theirs, fillvalue=""))


def close_rows(ours, theirs):
    if ours == theirs:
        return True
    try:
        ours, theirs = ([float(field) for field in row.replace(",", "\t").split("\t")]
                        for row in (ours, theirs))
    except ValueError:
        return False
    return len(ours) == len(theirs) and all(
        math.isclose(a, b, rel_tol=1e-9) for a, b in zip(ours, theirs))


def joined(command):
    return " ".join(str(word) for word in command)
